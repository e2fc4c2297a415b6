"""What a provider has not answered is looked at again, ever less often, and keeps nothing else waiting."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from stoa.db.transaction import Database
from stoa.db.urls import Urls
from stoa.kernel.clock import utc_now
from stoa.orders import jobs
from stoa.orders.jobs import look_again
from stoa.payments.provider import Account, Provider, ProviderUnreachable
from stoa.payments.providers import Providers
from tests.conftest import SECRET_KEY, open_a_store
from tests.make import MadeStore
from tests.payments.conftest import CARDS
from tests.payments.till import Till
from tests.payments.worker import Worker, begun, context_of


class Some(Providers):
    """The providers of these stores alone: those of the stores of other tests are silent, those in `broken` fail."""

    stores: tuple[UUID, ...] = ()
    broken: tuple[UUID, ...] = ()
    asked: list[UUID]

    def of(self, account: Account) -> Provider:
        """As it is asked."""
        if account.store_id in self.broken:
            raise LookupError("no provider of payments is called so")
        if account.store_id not in self.stores:
            raise ProviderUnreachable("another test's")
        self.asked.append(account.store_id)
        return super().of(account)


@pytest.fixture
async def other(database: Database, app: Any) -> AsyncIterator[Till]:
    """The till of another store, which is looked at later."""
    async with Till.of(database, await open_a_store(database, **CARDS), app) as till:
        yield till


def a_worker(urls: Urls, folder: Path, *stores: MadeStore, later: timedelta, broken: tuple[UUID, ...] = ()) -> Worker:
    """One that comes so much later, to these stores."""
    worker = Worker(urls, folder, later)
    some = Some(worker.database, SECRET_KEY)
    for name, value in (("stores", tuple(store.id for store in stores)), ("broken", broken), ("asked", [])):
        object.__setattr__(some, name, value)
    worker.surroundings["providers"] = some
    return worker


async def test_what_never_ends_does_not_keep_newer_attempts_from_being_looked_at(
    till: Till, urls: Urls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "OF_EACH_STORE", 1)
    silent, heard = await begun(till, "test_down"), await begun(till)
    worker = a_worker(urls, tmp_path, till.store, later=timedelta(minutes=3))

    await look_again(context_of(worker), 0)
    assert await till.attempts(heard) == [("authorize", "open", 2895)]
    await look_again(context_of(worker), 0)

    assert await till.attempts(silent) == [("authorize", "open", 2895)]
    assert (await till.order(heard)).order.state == "confirmed"


async def test_a_store_whose_attempts_fail_keeps_no_other_from_its_own(
    till: Till, other: Till, urls: Urls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "AT_ONCE", 1)
    await begun(till), await begun(till)
    theirs = await begun(other)
    worker = a_worker(urls, tmp_path, other.store, later=timedelta(minutes=3), broken=(till.store.id,))

    with pytest.raises(LookupError):
        await look_again(context_of(worker), 0)

    assert (await other.order(theirs)).order.state == "confirmed"


async def test_what_is_open_for_hours_is_looked_at_ever_less_often(till: Till, urls: Urls, tmp_path: Path) -> None:
    order = await begun(till, "test_down")
    placed = utc_now()

    async def looks(*minutes: int) -> list[int]:
        """After which of so many minutes it is asked about."""
        asked = []
        for minute in minutes:
            worker = a_worker(urls, tmp_path, till.store, later=placed - utc_now() + timedelta(minutes=minute))
            await look_again(context_of(worker), 0)
            asked += [minute] * len(worker.surroundings["providers"].asked)
        return asked

    assert await looks(1, 3, 4, 5, 60) == [3, 4, 5, 60]
    assert await looks(300, 301, 323, 328) == [300, 328]
    assert await looks(10_000, 10_059, 10_061) == [10_000, 10_061]
    assert await till.attempts(order) == [("authorize", "open", 2895)]
