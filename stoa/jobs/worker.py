"""The worker's process: `python -m stoa.jobs.worker`. It puts everything together, as `stoa.app` does for the server.

It ends in order on SIGTERM and SIGINT: the batch that is being relayed is finished, running jobs get a few seconds.
"""

import asyncio
import logging
import signal
import sys

from stoa.adapters.mail import mailer_for
from stoa.config import Config
from stoa.db.transaction import Database
from stoa.jobs.running import CONCURRENCY, QUEUE_CONNECTIONS, work
from stoa.kernel.logs import log_plainly
from stoa.kernel.refusals import Refusal
from stoa.notices import Letterhead
from stoa.payments.providers import Providers
from stoa.webhooks.courier import CONNECTIONS as COURIER_CONNECTIONS
from stoa.webhooks.courier import Courier
from stoa.webhooks.sending import Sender

# Calls of jobs at a time, and looks past one store (`Database.reader`).
LINES, READERS = 2, 2
# The most that the process opens: those, its jobs' own, the queue's, the courier's, and the relay's.
CONNECTIONS = CONCURRENCY + LINES + READERS + QUEUE_CONNECTIONS + COURIER_CONNECTIONS + 1


def main() -> None:
    """Work until told to stop, for the installation that the STOA_* variables describe."""
    log_plainly()
    _log_to_stderr()
    try:
        config = Config.from_environment()
    except Refusal as refusal:
        sys.exit(refusal.sentence)
    asyncio.run(_run(config))


async def _run(config: Config) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    database = Database(config.server_url, config.reader_url, pool_size=CONCURRENCY, lines=LINES)
    for_webhooks = Database(config.server_url, pool_size=COURIER_CONNECTIONS)
    try:
        surroundings = {
            "database": database,
            "providers": Providers(database, config.secret_key, config.payment_apis),
            "mailer": mailer_for(config.mail),
            "letterhead": Letterhead(config.secret_key, config.mail.sender, config.address_of("{host}")),
        }
        courier = Courier(for_webhooks, Sender(config.webhooks), config.secret_key)
        await work(config.server_url, surroundings, stop, courier=courier)
    finally:
        await database.close()
        await for_webhooks.close()


def _log_to_stderr() -> None:
    """Warnings, and jobs that failed with where. That PostgreSQL is away we say ourselves, once and in one line."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
    logging.getLogger("procrastinate.utils").setLevel(logging.CRITICAL)
    for handler in logging.getLogger().handlers:
        handler.addFilter(lambda record: getattr(record, "action", "") != "side_task_failed")


if __name__ == "__main__":
    main()
