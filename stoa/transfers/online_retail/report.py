"""What a replay found, as one JSON document. Amounts are text, in pounds: to the penny, or as exact as the file's."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from stoa.transfers.online_retail.countries import STAND_INS
from stoa.transfers.online_retail.invoices import SERVICES
from stoa.transfers.online_retail.reconciling import Balance, Part, Reconciliation
from stoa.transfers.online_retail.replaying import Replayed


def as_json(replayed: Replayed) -> dict[str, Any]:
    """The document that `stoa replay --json` prints."""
    result, survey, sold = replayed.reconciliation, replayed.survey, replayed.sold
    return {
        "closes": result.closes,
        "mistakes": result.mistakes,
        "seconds": round(replayed.seconds, 2),
        "selling_seconds": round(replayed.selling_seconds, 2),
        "orders_per_second": round(replayed.orders_per_second, 1),
        "placed_now": sold.placed,
        "placed_before": sold.placed_before,
        "invoices": _invoices(result),
        "amounts": {"currency": "GBP"} | _balance(result.whole),
        "months": {month: _balance(balance) for month, balance in result.months.items()},
        "orders": {
            "count": result.whole.invoices_placed,
            "lines": result.order_lines,
            "units": result.units,
            "goods": pounds(result.goods),
            "shipping": pounds(result.shipping),
        },
        "rows": {
            "read": result.rows_read,
            "by_kind": {str(kind): _figures(figures) for kind, figures in survey.by_row.items()},
            "charges": {code: {"name": SERVICES[code]} | _figures(figures) for code, figures in survey.charges.items()},
            "rounded": survey.rounded_rows,
        },
        "stock": {
            "received": replayed.stock.received,
            "corrected": replayed.stock.corrected,
            "committed": replayed.stock.committed,
            "on_hand": replayed.stock.on_hand,
            "free": replayed.stock.free,
            "corrections": len(survey.notes),
        },
        "found": {
            "customers": len(survey.customers),
            "stock_codes": len(survey.articles),
            "variants": len(replayed.shop.variants),
            "invoices_with_two_times": survey.two_times,
            "largest_order_rows": survey.largest_order,
            "largest_quantity": survey.largest_quantity,
            "countries_without_a_code": {
                name: {"invoices": count, "stand_in": STAND_INS.get(name, "GB")}
                for name, count in survey.stand_ins.items()
            },
        },
        "refused": {number: refusal.sentence for number, refusal in sold.refused.items()},
    }


def pounds(amount: Decimal) -> str:
    """The amount with two decimals, or with all it has."""
    to_the_penny = round(amount, 2)
    return str(to_the_penny if to_the_penny == amount else amount.normalize())


def _invoices(result: Reconciliation) -> dict[str, Any]:
    return {
        "read": result.invoices_read,
        "placed": result.whole.invoices_placed,
        "not_placed": _parts(result.not_placed),
        "left_for_returns": _parts(result.returns),
    }


def _parts(parts: Mapping[str, Part]) -> dict[str, Any]:
    return {
        reason: {"invoices": part.invoices, "rows": part.rows, "amount": pounds(part.amount)}
        for reason, part in parts.items()
    }


def _balance(balance: Balance) -> dict[str, Any]:
    return {
        "orders": balance.invoices_placed,
        "read": pounds(balance.read),
        "placed": pounds(balance.placed),
        "rounding": pounds(balance.rounding),
        "not_placed": pounds(balance.not_placed),
        "left_for_returns": pounds(balance.returns),
        "difference": pounds(balance.difference),
    }


def _figures(figures: Any) -> dict[str, Any]:
    return {"rows": figures.rows, "amount": pounds(figures.amount)}
