"""Opening a store: its row, the names it is reached by, its settings and where its order numbers begin."""

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from stoa.db.transaction import Tx
from stoa.kernel.ids import child_id
from stoa.kernel.refusals import Invalid
from stoa.stores.errors import HostTaken, SlugTaken
from stoa.stores.models import Store, StoreHost, StoreSettings
from stoa.stores.settings import check_settings

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


class BadSlug(Invalid):
    """A short name that could not be part of a host name."""

    code = "stores.bad_slug"
    says = "“{slug}” cannot be a store's short name: use 1 to 63 small letters, digits and inner hyphens."

    slug: str


async def open_store(
    tx: Tx, *, slug: str, name: str, currency: str, hosts: Sequence[str] = (), **settings: Any
) -> Store:
    """Make a store and enter it. `tx` is a platform transaction; `settings` are columns of StoreSettings.

    Raises BadSlug, SlugTaken, HostTaken, BadSetting.
    """
    if not _SLUG.fullmatch(slug):
        raise BadSlug(slug=slug)
    if await tx.one_or_none(select(Store).where(Store.slug == slug, Store.deleted_at.is_(None))):
        raise SlugTaken(slug=slug)
    store = tx.add(Store(slug=slug, name=name, created_at=tx.now))
    await tx.flush()
    for n, host in enumerate(hosts, 1):
        # Ids in the order given: the first is the one that mails lead to.
        await add_host(tx, store_id=store.id, host=host, host_id=child_id(store.id, n))
    await tx.enter(store.id)
    row = StoreSettings(currency=currency, **settings)
    check_settings(row)
    tx.add(row)
    await tx.flush()
    return store


async def add_host(tx: Tx, *, store_id: UUID, host: str, host_id: UUID | None = None) -> None:
    """Let a host name (without port) lead to the store.

    Raises HostTaken.
    """
    folded = host.strip().lower().rstrip(".")
    taken = await tx.one_or_none(select(StoreHost).where(StoreHost.host == folded))
    if taken is not None and taken.store_id != store_id:
        raise HostTaken(host=folded)
    if taken is None:
        tx.add(StoreHost(id=host_id or tx.new_id(), host=folded, store_id=store_id))
        await tx.flush()
