"""What nobody waits for is done by jobs: providers are asked, orders without money end, mails go at the right time."""

from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from stoa import orders
from stoa.adapters.mail import FolderMailer
from stoa.db.engine import connect
from stoa.db.transaction import Database
from stoa.db.urls import Urls
from stoa.events.relay import relay_store
from stoa.jobs.running import run_waiting_jobs
from stoa.kernel.clock import utc_now
from stoa.notices import Letterhead
from stoa.orders.charging import CardGiven, begin_payments
from stoa.orders.jobs import expire, look_again, purge_provider_messages
from stoa.orders.models import CancellationReason
from stoa.payments.models import ProviderMessage
from stoa.payments.providers import Providers
from stoa.stores.models import PaymentMethod
from tests.conftest import SECRET_KEY
from tests.make import MadeStore
from tests.make.selling import placed_order
from tests.payments.till import Till


class Worker:
    """A worker that does what waits, as if it were so much later."""

    def __init__(self, urls: Urls, folder: Path, later: timedelta = timedelta(0)) -> None:
        self.folder = folder
        self.database = Database(urls.server, clock=lambda: utc_now() + later)
        self.surroundings: dict[str, Any] = {
            "database": self.database,
            "providers": Providers(self.database, SECRET_KEY),
            "mailer": FolderMailer(folder),
            "letterhead": Letterhead(SECRET_KEY, "shop@example.com"),
        }

    async def works(self, till: Till) -> None:
        """Relay the store's events and run the jobs they call for."""
        connection = await connect(self.database.server_url)
        try:
            await relay_store(connection, till.store.id)
        finally:
            await connection.close()
        await run_waiting_jobs(self.database.server_url, self.surroundings)


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


async def begun(till: Till) -> dict[str, Any]:
    """An order whose attempt was committed, and then the server died."""
    order = await placed_order(till.database, till.store, method=PaymentMethod.CARD, wanted={await till.mug(): 1})
    async with till.database.store(till.store.id) as tx:
        await begin_payments(tx, order_id=order.id, cards={1: CardGiven("test_ok")})
    return {"id": str(order.id), "number": order.number}


def context_of(worker: Worker) -> Any:
    """What a job is given."""

    class Context:
        additional_context = worker.surroundings

    return Context()
