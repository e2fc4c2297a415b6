"""The queue's own upkeep: jobs that a killed worker left half done are taken up again, and dead ones are cleared."""

from datetime import UTC, datetime

import structlog
from procrastinate import App
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status

# A worker says every 10 seconds that it lives.
SILENT_SECONDS = 45

# A job that brings its worker down every time is given up after so many tries.
MOST_ATTEMPTS = 10

DAYS_FAILED_KEPT = 30

log = structlog.get_logger(__name__)


async def take_up_stalled(app: App, *, silent_seconds: float = SILENT_SECONDS) -> int:
    """Give the jobs of workers that have been silent so long back to the queue; how many those were.

    Safe to run beside itself. A job with which that fails (another worker was quicker) stays as it is, and keeps none
    of the others waiting.
    """
    await app.job_manager.prune_stalled_workers(silent_seconds)
    stalled = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=silent_seconds))
    taken_up = 0
    for job in stalled:
        try:
            await _take_up(app, job)
            taken_up += 1
        except ConnectorException:
            log.warning("job_not_taken_up", job=job.task_name, id=job.id, exc_info=True)
    return taken_up


async def _take_up(app: App, job: Job) -> None:
    """Let it wait again; where its successor waits already, which does the same and is kept back by it, it is over."""
    if job.attempts >= MOST_ATTEMPTS:
        log.error("job_given_up", job=job.task_name, id=job.id, attempts=job.attempts)
        await app.job_manager.finish_job(job=job, status=Status.FAILED, delete_job=False)
        return
    try:
        await app.job_manager.retry_job(job=job, retry_at=datetime.now(UTC))
        log.warning("job_taken_up_again", job=job.task_name, id=job.id, attempts=job.attempts)
    except UniqueViolation:
        log.warning("job_left_to_its_successor", job=job.task_name, id=job.id)
        await app.job_manager.finish_job(job=job, status=Status.FAILED, delete_job=False)


async def clear_finished(app: App) -> None:
    """Delete jobs that ended badly a month ago. Those that ended well are deleted as they end."""
    await app.job_manager.delete_old_jobs(
        nb_hours=24 * DAYS_FAILED_KEPT, include_failed=True, include_cancelled=True, include_aborted=True
    )
