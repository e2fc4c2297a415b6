"""What a worker's process does, side by side until it is told to stop: relay events, run jobs, send webhooks."""

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol, cast
from uuid import UUID

import structlog
from procrastinate.exceptions import ConnectorException
from psycopg_pool import PoolTimeout

from stoa.db.transaction import Database
from stoa.events.relay import Relay
from stoa.jobs.app import app, connector
from stoa.jobs.queue import take_up_stalled

CONCURRENCY = 8
# The queue's own connections: each job's, the one that listens, and one to spare.
QUEUE_CONNECTIONS = CONCURRENCY + 2

# Jobs are given so long to end when the process is to stop; what is not done by then is done later.
STOP_SECONDS = 10.0

log = structlog.get_logger(__name__)


class Courier(Protocol):
    """Something that runs beside, and is woken when the relay has written something for a store's listeners."""

    def wake(self, store_id: UUID) -> None:
        """There may be something to do in this store. Returns at once."""

    async def run(self) -> None:
        """Until cancelled."""


async def work(
    server_url: str, surroundings: Mapping[str, Any], stop: asyncio.Event, *, courier: Courier | None = None
) -> None:
    """Relay and run jobs until `stop` is set, then end in order. PostgreSQL may go away and come back meanwhile.

    `surroundings` is what jobs find in their context; `database` is always among it.
    """
    async with asyncio.TaskGroup() as group:
        told = courier.wake if courier is not None else None
        tasks = [
            group.create_task(Relay(server_url, told=told).run(), name="relay"),
            group.create_task(_run_jobs(server_url, surroundings), name="jobs"),
        ]
        if courier is not None:
            tasks.append(group.create_task(courier.run(), name="courier"))
        await stop.wait()
        for task in tasks:
            task.cancel()


async def run_waiting_jobs(server_url: str, surroundings: Mapping[str, Any]) -> None:
    """Run the jobs that wait now, one after another, and return. For tests and for a look at a queue that stands."""
    with app.replace_connector(connector(server_url, connections=3)):
        async with app.open_async():
            await app.run_worker_async(**_options(surroundings), concurrency=1, wait=False, listen_notify=False)


async def _run_jobs(server_url: str, surroundings: Mapping[str, Any]) -> None:
    """Procrastinate's worker ends when it loses PostgreSQL; it is started again until we are cancelled."""
    app.perform_import_paths()  # type: ignore[no-untyped-call]
    pause = 0.5
    while True:
        try:
            with app.replace_connector(connector(server_url, connections=QUEUE_CONNECTIONS)):
                async with app.open_async():
                    await take_up_stalled(app)
                    pause = 0.5
                    await app.run_worker_async(**_options(surroundings), concurrency=CONCURRENCY)
            log.warning("worker_ended", again_in_seconds=pause)
        except (ConnectorException, PoolTimeout, OSError) as error:
            log.warning("worker_lost_the_database", error=type(error).__name__, again_in_seconds=pause)
            # The jobs' own connections went the same way; the next job shall not find a dead one.
            await cast(Database, surroundings["database"]).server.dispose()
        await asyncio.sleep(pause)
        pause = min(2 * pause, 5.0)


def _options(surroundings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "additional_context": dict(surroundings),
        # The queue holds what is to be done; what was done stands in the domains' own rows.
        "delete_jobs": "successful",
        "install_signal_handlers": False,
        "shutdown_graceful_timeout": STOP_SECONDS,
    }
