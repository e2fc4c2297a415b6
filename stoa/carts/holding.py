"""Whose cart it is: a cart opens to whoever holds its token, to its customer, and to staff who may."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from stoa.carts.errors import CartCompleted, CartNotFound
from stoa.carts.models import Cart, CartState
from stoa.db.calls import Calls
from stoa.db.transaction import Tx
from stoa.kernel.ids import hash_token, token

CART_DAYS = 30


@dataclass(frozen=True)
class Holder:
    """Who asks for a cart: by its token, as its customer, or both; or staff."""

    token_hash: bytes | None = None
    customer_id: UUID | None = None
    staff: bool = False

    @staticmethod
    def of_token(given: str) -> "Holder":
        """Whoever sends this cart token."""
        return Holder(token_hash=hash_token(given))

    def opens(self, token_hash: bytes, customer_id: UUID | None) -> bool:
        """Whether a cart with this token's hash, of this customer, opens to them."""
        return (
            self.staff
            or (self.token_hash is not None and self.token_hash == token_hash)
            or (self.customer_id is not None and self.customer_id == customer_id)
        )


@dataclass(frozen=True, slots=True)
class OpenedCart:
    """A cart that was begun."""

    id: UUID
    currency: str


STAFF = Holder(staff=True)


async def open_cart(
    tx: Calls,
    *,
    secret_key: bytes,
    customer_id: UUID | None = None,
    cart_id: UUID | None = None,
    source: str = "shop",
    reference: str | None = None,
) -> OpenedCart:
    """Begin a cart in the store's currency; it lives 30 days. It opens by `cart_token(secret_key, cart.id)`."""
    made = cart_id or tx.new_id()
    opens = hash_token(cart_token(secret_key, made))
    expires_at = tx.now + timedelta(days=CART_DAYS)
    [row] = await tx.call("open_cart", made, opens, customer_id, source, reference, tx.now, expires_at)
    return OpenedCart(made, row["currency"])


def cart_token(secret_key: bytes, cart_id: UUID) -> str:
    """The token that opens a cart."""
    return token(secret_key, "cart", cart_id)


async def find_cart(tx: Tx, *, cart_id: UUID, holder: Holder) -> Cart:
    """The cart, to be read.

    Raises CartNotFound, also where it belongs to somebody else or has expired.
    """
    found = select(Cart).where(Cart.id == cart_id).execution_options(populate_existing=True)
    return _opened(await tx.one_or_none(found), tx, holder)


async def lock_open_cart(tx: Tx, *, cart_id: UUID, holder: Holder) -> Cart:
    """The cart as it is now, to be changed: locked, one revision on, and the quote it had no longer stands.

    Raises CartNotFound, CartCompleted.
    """
    cart = await lock_as_quoted(tx, cart_id=cart_id, holder=holder)
    cart.quote_id = None
    cart.revision += 1
    return cart


async def lock_as_quoted(tx: Tx, *, cart_id: UUID, holder: Holder) -> Cart:
    """The cart as it is now, locked, for what does not change what it costs: its quote stands.

    Read anew, since whoever looked at it before in this transaction looked without a lock: it may be an order by now.
    Raises CartNotFound, CartCompleted.
    """
    locked = select(Cart).where(Cart.id == cart_id).with_for_update().execution_options(populate_existing=True)
    cart = _opened(await tx.one_or_none(locked), tx, holder)
    if cart.state != CartState.OPEN:
        raise CartCompleted()
    return cart


def _opened(cart: Cart | None, tx: Tx, holder: Holder) -> Cart:
    if cart is None or not holder.opens(cart.token_hash, cart.customer_id):
        raise CartNotFound()
    if cart.state == CartState.OPEN and cart.expires_at <= tx.now:
        raise CartNotFound()
    return cart
