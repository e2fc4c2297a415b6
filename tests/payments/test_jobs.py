"""What nobody waits for is done by jobs: providers are asked, orders without money end, mails go at the right time."""

from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from stoa import orders
from stoa.db.urls import Urls
from stoa.kernel.clock import utc_now
from stoa.orders.jobs import expire, look_again, purge_provider_messages
from stoa.orders.models import CancellationReason
from stoa.payments.models import ProviderMessage
from tests.make import MadeStore
from tests.payments.till import Till
from tests.payments.worker import Worker, begun, context_of


async def test_the_mail_goes_when_the_order_is_confirmed_and_not_while_a_card_is_pending(
    till: Till, urls: Urls, tmp_path: Path
) -> None:
    worker = Worker(urls, tmp_path)
    order = await till.buys("test_declined")
    await worker.works(till)
    assert mails_to(tmp_path, order) == 0

    await till.pays_again(order, "test_ok")
    await worker.works(till)

    assert mails_to(tmp_path, order) == 1


def mails_to(folder: Path, order: dict[str, Any]) -> int:
    """Mails that lead to the order: numbers are the same in other tests' stores, whose mails the worker sends, too."""
    mails = (message_from_bytes(mail.read_bytes(), policy=default) for mail in folder.iterdir())
    return sum(order["id"] in part.get_content() for mail in mails if (part := mail.get_body(("plain",))) is not None)


async def test_a_refund_is_asked_for_by_a_job(till: Till, urls: Urls, tmp_path: Path) -> None:
    order = await till.buys("test_ok")
    async with till.database.store(till.store.id) as tx:
        await orders.cancel_order(tx, order_id=UUID(order["id"]), reason=CancellationReason.STAFF)
    assert await till.payments(order) == [("captured", 0, 2895, 0, 2895)]

    await Worker(urls, tmp_path).works(till)

    assert await till.payments(order) == [("captured", 0, 2895, 2895, 0)]
    assert await till.charges() == [("captured", 2895, 2895)]


async def test_who_placed_the_order_is_left_the_time_to_ask(till: Till, urls: Urls, tmp_path: Path) -> None:
    order = await begun(till)

    await Worker(urls, tmp_path).works(till)
    assert await till.attempts(order) == [("authorize", "open", 2895)]

    await Worker(urls, tmp_path, later=timedelta(seconds=20)).works(till)
    assert await till.attempts(order) == [("authorize", "open", 2895)], "the job waits in the queue for its time"


async def test_what_was_left_open_is_looked_at_every_minute(till: Till, urls: Urls, tmp_path: Path) -> None:
    order = await begun(till)
    worker = Worker(urls, tmp_path, later=timedelta(minutes=3))

    await look_again(context_of(worker), 0)

    assert (await till.order(order)).order.state == "confirmed"


async def test_orders_whose_money_did_not_come_end_every_minute(till: Till, urls: Urls, tmp_path: Path) -> None:
    order = await till.buys("test_declined")

    await expire(context_of(Worker(urls, tmp_path)), 0)
    assert (await till.order(order)).order.state == "pending"

    await expire(context_of(Worker(urls, tmp_path, later=timedelta(minutes=16))), 0)
    assert (await till.order(order)).order.state == "cancelled"


async def test_what_providers_told_is_kept_for_ninety_days(
    till: Till, other_store: MadeStore, urls: Urls, tmp_path: Path
) -> None:
    now = utc_now()
    for store in (till.store, other_store):
        for name, age in (("old", timedelta(days=90, hours=1)), ("young", timedelta(days=89, hours=23))):
            async with till.database.store(store.id, now=now - age) as tx:
                tx.add(ProviderMessage(provider="test", message_id=name, kind=name, received_at=tx.now))

    await purge_provider_messages(context_of(Worker(urls, tmp_path)), 0)

    for store in (till.store, other_store):
        async with till.database.store(store.id) as tx:
            assert await tx.scalars(select(ProviderMessage.kind)) == ["young"]
