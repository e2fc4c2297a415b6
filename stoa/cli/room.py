"""Whether PostgreSQL has room for all the connections that the processes of a server may open."""

import psycopg

from stoa.db.server_check import explain_connection

_ROOM = """
SELECT current_setting('max_connections')::int, current_setting('superuser_reserved_connections')::int
    + current_setting('reserved_connections')::int
"""


def needed(workers: int) -> int:
    """The connections that so many web processes and the worker of the jobs open at most."""
    from stoa.edge import house  # FastAPI is loaded by those who serve
    from stoa.jobs import worker

    return workers * house.CONNECTIONS + worker.CONNECTIONS


def too_little_room(url: str, workers: int) -> str | None:
    """What to tell who starts so many web processes over this PostgreSQL; None where it has room for them.

    It goes on with fewer: who finds no connection waits for one of their process's own, and is told to come again after
    a while. Raises what `explain_connection` raises.
    """
    with explain_connection(url), psycopg.connect(url, connect_timeout=5) as connection:
        row = connection.execute(_ROOM).fetchone()
    assert row is not None, "settings have values"
    most, reserved = row
    wanted, room = needed(workers), most - reserved
    if wanted <= room:
        return None
    fitting = (room - needed(0)) // (needed(1) - needed(0))
    fewer = f"start fewer web processes (--workers {fitting}), or " if 0 < fitting < workers else ""
    return (
        f"Under load {workers} web processes and the worker of the jobs open up to {wanted} connections, and "
        f"PostgreSQL has room for {room}: {fewer}set its max_connections to {wanted + reserved} or more."
    )
