"""Our own processes on a machine whose clock somebody moves: the file that STOA_TEST_CLOCK names holds the seconds.

`tests.faults.moved:create_app` serves, `python -m tests.faults.moved` works. PostgreSQL's clock stays where it is, as
where it runs on another machine.
"""

import os
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

from starlette.types import ASGIApp

from stoa import app
from stoa.jobs import worker
from stoa.kernel import clock

VARIABLE = "STOA_TEST_CLOCK"


class _Moved(datetime):
    """The present instant as the moved clock shows it."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        """So many seconds before or after the real one."""
        return datetime.now(tz) + timedelta(seconds=int(Path(os.environ[VARIABLE]).read_text() or 0))


def _move() -> None:
    """Everything of ours takes the time from `stoa.kernel.clock`, and that from here."""
    vars(clock)["datetime"] = _Moved


def create_app() -> ASGIApp:
    """The server, as `stoa.app` makes it."""
    _move()
    return app.create_app()


if __name__ == "__main__":
    _move()
    worker.main()
