"""Carts by the thousand that could be bought at once: one is filled and quoted by the real operations, and copied.

Filling each over HTTP would take longer than what a test wants to see of the buying.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from stoa import carts
from stoa.carts.models import Cart
from stoa.customers.postal import PostalAddress
from stoa.db.transaction import Database
from stoa.kernel.ids import child_id, hash_token

ADDRESS = PostalAddress(
    name="Ada Byron", line1="12 St James's Square", city="London", postal_code="SW1Y 4JH", country="GB"
)


@dataclass(frozen=True)
class ReadyCart:
    """A guest's cart: what completing it takes."""

    id: UUID
    quote_id: UUID
    token: str
    units: int

    @property
    def path(self) -> str:
        """Where it is bought."""
        return f"/carts/{self.id}/complete"

    def body(self, method: str = "test") -> dict[str, Any]:
        """What is sent there."""
        return {"quote_id": str(self.quote_id), "payment_method": method}


async def ready_carts(
    database: Database,
    store_id: UUID,
    *wanted: tuple[UUID, int],
    count: int,
    secret_key: bytes,
    code: str | None = None,
) -> list[ReadyCart]:
    """So many carts, each with these units (and this code), quoted."""
    async with database.store(store_id) as tx:
        cart = await carts.open_cart(tx, secret_key=secret_key)
        holder = carts.Holder.of_token(carts.cart_token(secret_key, cart.id))
        lines = [carts.Wanted(variant_id, units) for variant_id, units in wanted]
        await carts.add_lines(tx, cart_id=cart.id, holder=holder, wanted=lines)
        await carts.set_contact(tx, cart_id=cart.id, holder=holder, email="ada@example.com", shipping=ADDRESS)
        if code is not None:
            await carts.apply_code(tx, cart_id=cart.id, holder=holder, code=code)
        quote = await carts.quote(tx, cart_id=cart.id, holder=holder)
        made = []
        for n in range(1, count + 1):
            cart_id = child_id(cart.id, n)
            token = carts.cart_token(secret_key, cart_id)
            made.append(ReadyCart(cart_id, child_id(quote.id, n), token, sum(units for _, units in wanted)))
        values = {
            "store": store_id,
            "cart": cart.id,
            "quote": quote.id,
            "contact": await tx.one_or_none(select(Cart.contact_id).where(Cart.id == cart.id)),
            "tokens": [hash_token(one.token) for one in made],
        }
        await tx.flush()
        for copy in _COPIES:
            await tx.execute(text(copy), values)
    return made


_TOKENS = "unnest(CAST(:tokens AS bytea[])) WITH ORDINALITY AS c(hash, n)"


def _copy(table: str, changes: str, which: str) -> str:
    """The row as it is, whatever columns it has, with these changed."""
    return (
        f"INSERT INTO {table} SELECT (jsonb_populate_record(r, jsonb_build_object({changes}))).*"
        f" FROM {table} r, {_TOKENS} WHERE r.store_id = :store AND {which}"
    )


_COPIES = (
    _copy("order_contacts", "'id', stoa.child_id(r.id, n)", "r.id = :contact"),
    _copy(
        "carts",
        "'id', stoa.child_id(r.id, n), 'token_hash', c.hash, 'contact_id', stoa.child_id(CAST(:contact AS uuid), n),"
        " 'quote_id', stoa.child_id(CAST(:quote AS uuid), n)",
        "r.id = :cart",
    ),
    _copy("cart_lines", "'id', stoa.child_id(r.id, n), 'cart_id', stoa.child_id(r.cart_id, n)", "r.cart_id = :cart"),
    _copy("quotes", "'id', stoa.child_id(r.id, n), 'cart_id', stoa.child_id(r.cart_id, n)", "r.id = :quote"),
)
