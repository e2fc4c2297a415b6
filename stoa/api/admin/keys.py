"""API keys: what programs show to act in this store."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from stoa import people
from stoa.api.admin.who import Asked, StaffTx
from stoa.api.views import Act, Cursor, Instant, Limit, Name, Page, View, cut_page, id_after, page_of
from stoa.edge.asking import Asking
from stoa.edge.problems import refusals
from stoa.edge.routes import StaffRoute, needs, rederives
from stoa.kernel.cursors import BadCursor
from stoa.kernel.text import TextMissing
from stoa.people.errors import KeyExpiresInThePast, ScopeBeyondYours, TooManyKeys, UnknownKey, UnknownScope

router = APIRouter(route_class=StaffRoute, tags=["keys"])


class KeyView(View):
    """A key as the list shows it; its plain form is nowhere any more."""

    id: UUID
    name: str
    scopes: list[str]
    created_by: UUID | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class MakeKey(Act):
    """A key may do nothing that its maker may not."""

    name: Name = Field(examples=["The till"])
    scopes: list[str] = Field(min_length=1, max_length=50, examples=[["orders.read"]])
    expires_at: Instant | None = None


class KeyMade(View):
    """A new key. It is shown this once."""

    id: UUID
    key: str = Field(
        description="send it as “Authorization: Bearer …”",
        examples=["stoa_01990000000070008000000000000000_3vZ0yq4mQ2S1l0d8bYk0pA"],
    )


def _plain(asking: Asking, answer: dict[str, Any]) -> str:
    return people.plain_key(asking.house.secret_key, asking.store.id, UUID(answer["id"]))


@router.get("/keys", summary="List keys", responses=refusals(BadCursor))
@needs("keys.manage")
async def list_keys(tx: StaffTx, cursor: Cursor = None, limit: Limit = 50) -> Page[KeyView]:
    """Newest first, revoked ones too."""
    rows = await people.keys_of_store(tx, limit=limit + 1, before=id_after(cursor))
    return page_of(KeyView, cut_page(rows, limit, lambda key: key.id))


@router.post(
    "/keys",
    status_code=201,
    summary="Make a key",
    responses=refusals(UnknownScope, ScopeBeyondYours, KeyExpiresInThePast, TooManyKeys, TextMissing),
)
@needs("keys.manage")
@rederives(key=_plain)
async def make_key(body: MakeKey, tx: StaffTx, asking: Asked) -> KeyMade:
    """The key itself is in this answer and nowhere else."""
    made, plain = await people.create_key(
        tx, name=body.name, scopes=body.scopes, secret_key=asking.house.secret_key, expires_at=body.expires_at
    )
    return KeyMade(id=made.id, key=plain)


@router.delete("/keys/{key_id}", status_code=204, summary="Revoke a key", responses=refusals(UnknownKey))
@needs("keys.manage")
async def revoke_key(key_id: UUID, tx: StaffTx) -> None:
    """It opens nothing from now on."""
    await people.revoke_key(tx, key_id=key_id)
