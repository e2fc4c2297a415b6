"""Who asks, as the routes of the store API take it."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Request

from stoa import carts
from stoa.db.calls import Calls
from stoa.db.transaction import Tx
from stoa.edge.asking import Asking
from stoa.edge.routes import asking_of, calls_of, signed_in, store_calls, store_tx

StoreCalls = Annotated[Calls, Depends(store_calls)]
StoreTx = Annotated[Tx, Depends(store_tx)]
Asked = Annotated[Asking, Depends(asking_of)]
CustomerId = Annotated[UUID, Depends(signed_in)]

CartToken = Annotated[str | None, Header(description="the token that came with the cart", max_length=200)]
OrderToken = Annotated[str | None, Header(description="the token that came with the order", max_length=200)]


async def holder(request: Request, cart_token: CartToken = None) -> carts.Holder:
    """Whoever asks for a cart: by its token, or signed in as its customer."""
    return holder_of(cart_token, calls_of(request).actor.id)


def holder_of(cart_token: str | None, customer_id: UUID | None) -> carts.Holder:
    """Whoever sends this token, or is this customer, or both."""
    token_hash = carts.Holder.of_token(cart_token).token_hash if cart_token else None
    return carts.Holder(token_hash=token_hash, customer_id=customer_id)


CartHolder = Annotated[carts.Holder, Depends(holder)]
