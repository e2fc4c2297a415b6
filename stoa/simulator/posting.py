"""The worker's queue: what events called for is run, and mails go out."""

from email.message import EmailMessage

from sqlalchemy import text

from stoa.edge.paying import providers_of
from stoa.jobs.running import run_waiting_jobs
from stoa.notices import Letterhead
from stoa.notices.mailer import MailRefused
from stoa.simulator.acts import Doing, Scene, kind
from stoa.simulator.inspecting import Broken, Connection
from stoa.simulator.world import World

# What failed waits for a while before it is tried again; a job that was put off is not looked at before.
_WAITING = text("SELECT count(*) FROM jobs.procrastinate_jobs WHERE status = 'todo'")


class Postbox:
    """Takes every mail, but for one in twenty, to be brought again, and one in a hundred, which it never takes."""

    def __init__(self) -> None:
        self.seen = 0

    async def send(self, message: EmailMessage) -> None:  # noqa: ARG002
        """Raises MailRefused, or OSError where it should be tried again."""
        self.seen += 1
        if self.seen % 100 == 99:
            raise MailRefused("no such mailbox")
        if self.seen % 20 == 9:
            raise OSError("the post is late")


@kind("run jobs", role="job", weight=0.4, alone=True)
def run_jobs(at: Scene) -> Doing | None:
    """Those that wait now, of all stores."""

    async def do() -> str:
        async with at.house.database.platform() as tx:
            waiting = (await tx.execute(_WAITING)).scalar_one()
        await run_the_queue(at.world)
        return str(waiting)

    return Doing(do)


async def run_the_queue(world: World) -> None:
    """Run what waits, one job after another."""
    house = world.houses[0]
    surroundings = {
        "database": house.database,
        "providers": providers_of(house),
        "mailer": POSTBOX,
        "letterhead": Letterhead(house.secret_key, "shop@example.com"),
    }
    await run_waiting_jobs(house.config.server_url, surroundings)


async def nobody_was_forgotten(world: World, reader: Connection) -> None:
    """Every order that goes ahead was confirmed by mail, or a job is about to; while a provider is still to promise its
    money, nobody is told yet. Raises Broken.
    """
    orders = {str(row["id"]) for row in await reader.fetch(_TO_BE_TOLD)}
    told = {str(row["subject_id"]) for row in await reader.fetch("SELECT subject_id FROM notices")}
    async with world.database.platform() as tx:
        queued = {str(subject) for subject in (await tx.execute(_MAILS)).scalars()}
    forgotten = sorted(orders - told - queued)
    if forgotten:
        raise Broken("every order is confirmed by mail", forgotten[:20])


POSTBOX = Postbox()

_TO_BE_TOLD = """
    SELECT o.id FROM orders o
    WHERE o.state = 'confirmed' OR NOT EXISTS (
        SELECT FROM payments p WHERE p.store_id = o.store_id AND p.order_id = o.id AND p.method = 'card')
"""

_MAILS = text("""
    SELECT args ->> 'subject_id' FROM jobs.procrastinate_jobs WHERE task_name = 'notices.send_order_confirmation'
""")
