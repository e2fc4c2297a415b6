"""What a provider's books and ours do not agree about is found, whichever side knows less."""

import json
from datetime import timedelta
from uuid import UUID

from sqlalchemy import update

from stoa.db.transaction import Database
from stoa.db.urls import Urls
from stoa.kernel.clock import utc_now
from stoa.kernel.ids import uuid7
from stoa.payments.models import Payment, PretendCharge
from stoa.payments.providers import Providers
from stoa.payments.reconciling import Amounts, Difference, reconcile
from tests.conftest import SECRET_KEY
from tests.payments.till import Till
from tests.somebody import stoa

WEEK = timedelta(days=7)
SOON = timedelta(minutes=15)


async def differences(till: Till, providers: Providers) -> list[Difference]:
    """As they are seen a quarter of an hour from now."""
    now = utc_now() + SOON
    return await reconcile(till.database, providers, till.store.id, since=now - WEEK, now=now)


async def test_books_that_agree_differ_in_nothing(till: Till, providers: Providers) -> None:
    await till.buys("test_ok")
    await till.buys("test_declined")

    assert await differences(till, providers) == []


async def test_what_only_the_provider_has_is_found(till: Till, providers: Providers) -> None:
    async with till.database.store(till.store.id) as tx:
        tx.add(
            PretendCharge(
                reference="test_strange", status="captured", amount=500, captured=500, refunded=0, currency="GBP",
                answers={"told": {"payment_id": str(uuid7(tx.now))}}, created_at=tx.now,
            )
        )  # fmt: skip

    [found] = await differences(till, providers)

    assert (found.what, found.reference, found.theirs, found.ours) == (
        "only_theirs",
        "test_strange",
        Amounts(0, 500, 0),
        None,
    )


async def test_what_only_we_have_is_found(till: Till, providers: Providers) -> None:
    order = await till.buys("test_ok")
    async with till.database.store(till.store.id) as tx:
        await tx.execute(update(PretendCharge).values(created_at=tx.now - 2 * WEEK))

    [found] = await differences(till, providers)

    assert (found.what, str(found.order_id), found.ours) == ("only_ours", order["id"], Amounts(0, 2895, 0))


async def test_other_amounts_are_found(till: Till, providers: Providers) -> None:
    order = await till.buys("test_ok")
    async with till.database.store(till.store.id) as tx:
        await tx.execute(update(PretendCharge).values(refunded=100))

    [found] = await differences(till, providers)

    assert (found.what, found.theirs, found.ours) == ("amounts", Amounts(0, 2895, 100), Amounts(0, 2895, 0))
    assert found.payment_id == (await till.order(order)).payments[0].id


async def test_what_was_asked_long_ago_and_never_answered_is_found(till: Till, providers: Providers) -> None:
    await till.buys("test_lost")
    await till.buys("test_down")

    found = await differences(till, providers)

    assert sorted((each.what, each.asked, each.theirs is None) for each in found) == [
        ("unsettled", ("authorize",), False),
        ("unsettled", ("authorize",), True),
    ]


async def test_the_command_lists_them_and_ends_with_1(till: Till, urls: Urls, database: Database) -> None:
    order = await till.buys("test_ok")
    agree = _command(urls, till)
    async with database.store(till.store.id) as tx:
        await tx.execute(update(PretendCharge).values(refunded=100, created_at=tx.now - timedelta(hours=1)))
        await tx.execute(
            update(Payment).where(Payment.order_id == UUID(order["id"])).values(created_at=tx.now - timedelta(hours=1))
        )

    differ = _command(urls, till)

    assert (agree[0], agree[1]) == (0, [])
    assert (differ[0], [each["what"] for each in differ[1]]) == (1, ["amounts"])


def test_an_unknown_store_is_one_sentence(urls: Urls) -> None:
    done = stoa(
        "payments", "reconcile", "--store", "nobody", STOA_DATABASE_URL=urls.server, STOA_SECRET_KEY=SECRET_KEY.hex()
    )

    assert (done.returncode, done.stdout, done.stderr) == (1, "", "No store is called nobody.\n")


def _command(urls: Urls, till: Till) -> tuple[int, list[dict[str, object]]]:
    done = stoa(
        "payments", "reconcile", "--store", till.store.slug, "--json",
        STOA_DATABASE_URL=urls.server, STOA_SECRET_KEY=SECRET_KEY.hex(),
    )  # fmt: skip
    return done.returncode, json.loads(done.stdout)["differences"]
