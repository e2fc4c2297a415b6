"""Jobs that send messages. Each follows an event, by the name in `events/subscriptions.py`."""

from uuid import UUID

from procrastinate import JobContext

from stoa.jobs.app import PATIENT, app, database_of, given
from stoa.notices.order_confirmation import send_order_confirmation


@app.task(name="notices.send_order_confirmation", pass_context=True, retry=PATIENT)
async def confirm_order(context: JobContext, *, store_id: str, subject_id: str, event_id: str) -> None:  # noqa: ARG001
    """Mail the confirmation of a placed order; again for a day and a half where the mail server is not there."""
    await send_order_confirmation(
        database_of(context),
        given(context, "mailer"),
        given(context, "letterhead"),
        store_id=UUID(store_id),
        order_id=UUID(subject_id),
    )
