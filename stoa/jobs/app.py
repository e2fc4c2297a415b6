"""The Procrastinate app: every job of the house is a function of some domain's `jobs.py`, under a name `domain.verb`.

Its tables live in the schema `jobs`. What a job needs of the process it runs in (connections, the mailer, the
installation) it takes from its context by the keys below.
"""

from typing import Any, cast

from procrastinate import App, JobContext, PsycopgConnector, RetryStrategy

from stoa.db.transaction import Database

# Modules with jobs, by name: they belong to domains above this one, which import it.
MODULES = (
    "stoa.jobs.housekeeping",
    "stoa.people.jobs",
    "stoa.customers.jobs",
    "stoa.inventory.jobs",
    "stoa.carts.jobs",
    "stoa.orders.jobs",
    "stoa.notices.jobs",
    "stoa.webhooks.jobs",
    "stoa.laws.jobs",
)

# A periodic job whose time came while nobody was at work, an hour or a day ago, is run when somebody is again.
_LATEST_SECONDS = 25 * 60 * 60

# 4 s, 16 s, a minute, and so on up to 18 hours: a day and a half in which a server out there may come back.
PATIENT = RetryStrategy(max_attempts=8, exponential_wait=4)

app = App(
    connector=PsycopgConnector(),  # replaced by the worker, which knows the address
    import_paths=MODULES,
    periodic_defaults={"max_delay": _LATEST_SECONDS},
)


def connector(server_url: str, *, connections: int) -> PsycopgConnector:
    """Connections to the job tables, as the server role."""
    return PsycopgConnector(
        conninfo=server_url,
        # Procrastinate's functions name their tables without a schema. Which job was begun or is done need not be on
        # disk at once: what a crash forgets of it is run again, as every job may be. (What is to be done is the relay's
        # to write, and that is durable.)
        kwargs={
            "options": "-c search_path=jobs,public -c synchronous_commit=off",
            "application_name": "stoa jobs",
        },
        min_size=1,
        max_size=connections,
        timeout=2,
        reconnect_timeout=60,
    )


def database_of(context: JobContext) -> Database:
    """The engines of the process that runs the job."""
    return cast(Database, given(context, "database"))


def given(context: JobContext, name: str) -> Any:
    """What the worker was started with under this name."""
    return context.additional_context[name]
