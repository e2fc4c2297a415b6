"""The nightly look at every law."""

import structlog
from procrastinate import JobContext

from stoa.db.engine import connect
from stoa.jobs.app import app, database_of
from stoa.laws.checking import check

log = structlog.get_logger(__name__)


class LawBroken(Exception):
    """What was promised does not hold. `stoa laws` shows the rows."""


@app.periodic(cron="45 3 * * *")
@app.task(name="laws.check", queueing_lock="laws.check", lock="laws.check", pass_context=True)
async def check_laws(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
    """Nightly: every law, as the reader. A law that is broken is logged, and the job has failed.

    Where the installation does not know the reader's address nothing is looked at, and that is logged too.
    """
    reader_url = database_of(context).reader_url
    if reader_url is None:
        log.warning("laws_not_checked", needs="STOA_READER_URL")
        return
    broken = await _broken(reader_url)
    if broken:
        raise LawBroken(", ".join(broken))


async def _broken(reader_url: str) -> list[str]:
    """The names of the laws that do not hold."""
    connection = await connect(reader_url)
    names = []
    try:
        async for finding in check(connection):
            if not finding.holds:
                log.error("law_broken", law=finding.law.name, rows=finding.rows)
                names.append(finding.law.name)
    finally:
        await connection.close()
    return names
