"""A cart as it stands: read in one call with all that its price and its changes depend on."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from stoa.carts.errors import CartCompleted, CartNotFound
from stoa.carts.facts import VariantFacts, facts_of
from stoa.carts.filled import CartCode, Line, Terms
from stoa.carts.holding import Holder
from stoa.carts.models import CartState
from stoa.db.calls import Calls, Row
from stoa.inventory.reservations import Hold, hold_of
from stoa.stores.models import TaxDisplay


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingCart:
    """A cart at one instant. `facts` are of the variants in it and of those that were asked about; `hold` is what it
    holds for a while, where that has not run out."""

    id: UUID
    revision: int
    customer_id: UUID | None
    contact_id: UUID | None
    state: str
    currency: str
    quote_id: UUID | None
    reservation_id: UUID | None
    shipping_override: int | None
    code: CartCode | None
    # Whom it is for and how the store sells, where that was asked for.
    email: str
    country: str
    terms: Terms | None
    lines: tuple[Line, ...]
    facts: Mapping[UUID, VariantFacts]
    hold: Hold | None


async def standing_cart(
    tx: Calls, *, cart_id: UUID, holder: Holder, also: Collection[UUID] = (), priced: bool = False
) -> StandingCart:
    """The cart now, and the facts of its variants and of `also`; with `priced` what its price depends on beside.

    Raises CartNotFound, also where it belongs to somebody else or has expired.
    """
    rows = await tx.call("read_cart", cart_id, [*also], priced)
    if not rows or not holder.opens(rows[0]["token_hash"], rows[0]["customer_id"]):
        raise CartNotFound()
    if rows[0]["state"] == CartState.OPEN and rows[0]["expires_at"] <= tx.now:
        raise CartNotFound()
    return _standing(cart_id, rows, await _hold(tx, rows[0]["reservation_id"]))


def refuse_completed(cart: StandingCart) -> None:
    """Refuse a cart that has become an order. Raises CartCompleted."""
    if cart.state != CartState.OPEN:
        raise CartCompleted()


async def _hold(tx: Calls, reservation_id: UUID | None) -> Hold | None:
    """What is held under this id. What ran out and was not given back yet is not told as held."""
    if reservation_id is None:
        return None
    async with tx.together() as whole:
        hold = await hold_of(whole, reservation_id)
    return hold if hold is not None and hold.expires_at > tx.now else None


def _standing(cart_id: UUID, rows: Sequence[Row], hold: Hold | None) -> StandingCart:
    """What `stoa.read_cart` answered: every row tells of the cart, and of a line or of a variant asked about."""
    row = rows[0]
    return StandingCart(
        id=cart_id,
        revision=row["revision"],
        customer_id=row["customer_id"],
        contact_id=row["contact_id"],
        state=row["state"],
        currency=row["currency"],
        quote_id=row["quote_id"],
        reservation_id=row["reservation_id"],
        shipping_override=row["shipping_override"],
        code=_code(row),
        email=row["email"] or "",
        country=row["country"] or "",
        terms=_terms(row),
        lines=tuple(_line(row) for row in rows if row["line_id"] is not None),
        facts={row["variant_id"]: facts_of(row) for row in rows if row["sku"] is not None},
        hold=hold,
    )


def _code(row: Row) -> CartCode | None:
    if row["code"] is None:
        return None
    return CartCode(row["code"], row["code_amount"], row["code_budget"], row["code_starts_at"], row["code_ends_at"])


def _terms(row: Row) -> Terms | None:
    if row["rounding"] is None:
        return None
    return Terms(
        tax_included=row["tax_display"] == TaxDisplay.INCLUSIVE,
        tax_rate_ppm=row["tax_rate_ppm"],
        rounding=row["rounding"],
        shipping_title=row["shipping_title"],
        shipping_amount=row["shipping_amount"],
        free_shipping_from=row["free_shipping_from"],
    )


def _line(row: Row) -> Line:
    return Line(
        row["line_id"],
        row["position"],
        row["variant_id"],
        row["quantity"],
        row["seen_unit_price"],
        row["override_amount"],
        row["override_reason"],
        row["override_by"],
    )
