"""From accepted quotes to orders: the Python face of `sql/place_orders.sql`, the only way an order comes to be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self, TypeAlias
from uuid import UUID

import asyncpg

from stoa.carts.errors import CartNotFound
from stoa.carts.holding import Holder
from stoa.checkout.errors import (
    BalanceShort,
    CheckoutIncomplete,
    CodeSpent,
    KeyReused,
    OutOfStock,
    QuoteChanged,
    TendersUnequal,
)
from stoa.inventory.errors import NotTogether
from stoa.kernel.ids import hash_token, token, uuid7
from stoa.kernel.refusals import Refusal
from stoa.payments.methods import Tender

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

Answer = Literal[
    "placed",
    "already_placed",
    "cart_not_found",
    "cart_expired",
    "key_reused",
    "quote_changed",
    "incomplete",
    "tenders_unequal",
    "out_of_stock",
    "not_together",
    "code_spent",
    "balance_short",
]


@dataclass(frozen=True)
class Key:
    """An idempotency key: whose, on which route, and the SHA-256 of what was asked under it."""

    owner: str
    route: str
    key: str
    request_hash: bytes


@dataclass(frozen=True)
class Submission:
    """One cart, handed in to become an order. The order's id is made before; its number comes from a lease.

    With `hold_until` its stock is reserved until then, for an order that waits for its money; without, it is committed.
    Of the tenders, at least one, at most one has no amount.
    """

    cart_id: UUID
    quote_id: UUID
    holder: Holder
    tenders: Sequence[Tender]
    at: datetime
    order_id: UUID
    order_token_hash: bytes
    actor: str
    hold_until: datetime | None = None
    key: Key | None = None

    @classmethod
    def new(
        cls,
        *,
        cart_id: UUID,
        quote_id: UUID,
        holder: Holder,
        tenders: Sequence[Tender],
        at: datetime,
        secret_key: bytes,
        actor: str,
        hold_until: datetime | None = None,
        key: Key | None = None,
    ) -> Self:
        """A submission with a new order id, which opens by `order_token(secret_key, order_id)`."""
        order_id = uuid7(at)
        opens = hash_token(order_token(secret_key, order_id))
        return cls(cart_id, quote_id, holder, tenders, at, order_id, opens, actor, hold_until, key)


@dataclass(frozen=True)
class Placed:
    """The order a cart became; `anew` is False where it had become one before."""

    order_id: UUID
    number: int
    state: str
    payment_state: str
    total: int
    currency: str
    anew: bool


Outcome = Placed | Refusal


def order_token(secret_key: bytes, order_id: UUID) -> str:
    """The token that opens an order to whoever bought it as a guest."""
    return token(secret_key, "order", order_id)


async def place_orders(
    connection: Connection, store_id: UUID, submissions: Sequence[Submission], numbers: Sequence[int]
) -> list[Outcome]:
    """Place a batch in one transaction, and answer each in turn. A single order is a batch of one.

    The answers are exactly those of placing them one after another. A refusal is an answer here, not an exception;
    what is raised is the database's own (`asyncpg.PostgresError`, or a lost connection), and then none was placed,
    except where the connection was lost at COMMIT: then placing the same submissions again tells.
    """
    # The call is its own transaction: one message there, and the answer comes when it is committed.
    rows = await connection.fetch(_PLACE, store_id, *_columns(submissions, numbers))
    return [_outcome(submission, row) for submission, row in zip(submissions, rows, strict=True)]


_PLACE = (
    "SELECT * FROM stoa.place_orders($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,"
    "$19,$20,$21,$22,$23)"
)


def _columns(submissions: Sequence[Submission], numbers: Sequence[int]) -> list[list[Any]]:
    """The arrays in the order of the function's arguments."""
    tenders = [(n, tender) for n, one in enumerate(submissions, start=1) for tender in one.tenders]
    keys = [one.key for one in submissions]
    return [
        [one.at for one in submissions],
        [one.cart_id for one in submissions],
        [one.quote_id for one in submissions],
        [one.holder.token_hash for one in submissions],
        [one.holder.customer_id for one in submissions],
        [one.holder.staff for one in submissions],
        [one.actor for one in submissions],
        [one.order_id for one in submissions],
        list(numbers),
        [one.order_token_hash for one in submissions],
        [all(tender.terms.captured for tender in one.tenders) for one in submissions],
        [all(tender.terms.confirmed for tender in one.tenders) for one in submissions],
        [one.hold_until for one in submissions],
        [key and key.owner for key in keys],
        [key and key.route for key in keys],
        [key and key.key for key in keys],
        [key and key.request_hash for key in keys],
        [n for n, _ in tenders],
        [tender.method.value for _, tender in tenders],
        [tender.provider.value for _, tender in tenders],
        [tender.amount for _, tender in tenders],
        [tender.terms.captured for _, tender in tenders],
    ]


def _outcome(submission: Submission, row: asyncpg.Record) -> Outcome:
    answer: Answer = row["answer"]
    if answer in ("placed", "already_placed"):
        return Placed(
            order_id=row["order_id"],
            number=row["number"],
            state=row["state"],
            payment_state=row["payment_state"],
            total=row["total"],
            currency=row["currency"],
            # A batch that is placed again after a lost connection finds its own order.
            anew=row["order_id"] == submission.order_id,
        )
    return _refusal(answer, row["detail"])


def _refusal(answer: Answer, detail: Any) -> Refusal:
    match answer:
        case "cart_not_found" | "cart_expired":
            return CartNotFound()
        case "key_reused":
            return KeyReused()
        case "incomplete":
            return CheckoutIncomplete(wanted=", ".join(_WORDS[name] for name in detail), missing=detail)
        case "out_of_stock":
            short = next(claim for claim in detail if claim["kind"] == "stock")
            return OutOfStock(variant_id=UUID(short["id"]), asked=short["asked"], free=short["free"])
        case "tenders_unequal":
            return TendersUnequal(total=detail)
        case "not_together":
            return NotTogether()
        case "code_spent":
            return CodeSpent()
        case "balance_short":
            return BalanceShort(asked=detail[0]["asked"], free=detail[0]["free"])
        case _:
            assert answer == "quote_changed", f"place_orders answered {answer}"
            return QuoteChanged()


_WORDS = {"email": "an e-mail address", "shipping": "a delivery address"}
