"""A worker, and what it finds: orders whose server died while their provider was about to be asked."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from stoa.adapters.mail import FolderMailer
from stoa.db.engine import connect
from stoa.db.transaction import Database
from stoa.db.urls import Urls
from stoa.events.relay import relay_store
from stoa.jobs.running import run_waiting_jobs
from stoa.kernel.clock import utc_now
from stoa.notices import Letterhead
from stoa.orders.charging import CardGiven, begin_payments
from stoa.payments.providers import Providers
from stoa.stores.models import PaymentMethod
from tests.conftest import SECRET_KEY
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


async def begun(till: Till, token: str = "test_ok") -> dict[str, Any]:
    """An order whose attempt was committed, and then the server died."""
    order = await placed_order(till.database, till.store, method=PaymentMethod.CARD, wanted={await till.mug(): 1})
    async with till.database.store(till.store.id) as tx:
        await begin_payments(tx, order_id=order.id, cards={1: CardGiven(token)})
    return {"id": str(order.id), "number": order.number}


def context_of(worker: Worker) -> Any:
    """What a job is given."""

    class Context:
        additional_context = worker.surroundings

    return Context()
