"""Who buys is told so once, in words and figures that are the order's, and by a mail nothing can be slipped into."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from stoa import stores
from stoa.adapters.mail import FolderMailer, MailPutOff, SmtpMailer
from stoa.carts.models import OrderContact
from stoa.db.engine import connect
from stoa.db.transaction import Database
from stoa.events.relay import relay_store
from stoa.jobs.running import run_waiting_jobs
from stoa.kernel.clock import utc_now
from stoa.notices import Letterhead, send_order_confirmation
from stoa.notices.models import Notice
from stoa.notices.once import BeingSent
from stoa.stores.models import PaymentMethod
from tests.conftest import SECRET_KEY, open_a_store
from tests.make import MadeStore
from tests.make.selling import MadeOrder, placed_order
from tests.notices.mail_server import MailServer, mail_server

LETTERHEAD = Letterhead(SECRET_KEY, "shop@example.com", "https://{host}")


@pytest.fixture
def post() -> Iterator[MailServer]:
    """A mail server."""
    with mail_server() as post:
        yield post


async def test_the_confirmation_says_what_the_order_says(
    database: Database, store: MadeStore, post: MailServer
) -> None:
    order = await placed_order(database, store)

    assert await send(database, store, order, post) is True

    [message] = post.messages
    assert post.envelopes == [("shop@example.com", ["ada@example.com"])]
    assert message["From"] == "The Test Shop <shop@example.com>"
    assert message["To"] == "Ada Lovelace <ada@example.com>"
    assert message["Subject"] == f"Your order {order.number} at The Test Shop"
    plain, html = bodies(message)
    for part in (plain, html):
        for shown in ("A mug", "£25.00", "£3.95", "£28.95", str(order.number), "London SW1Y 4JH"):
            assert shown in part
    assert "2 x A mug: £25.00\n" in plain
    assert "It is paid." in plain
    assert f"https://{store.host}/orders/{order.id}?token={order.token}\n" in plain
    assert f'href="https://{store.host}/orders/{order.id}?token={order.token}"' in html


async def test_it_is_sent_once_though_its_job_runs_twice(
    database: Database, store: MadeStore, post: MailServer
) -> None:
    order = await placed_order(database, store)

    first = await send(database, store, order, post)
    second = await send(database, store, order, post)

    assert (first, second) == (True, False)
    assert len(post.messages) == 1
    [notice] = await notices_of(database, store)
    assert notice.subject_id == order.id
    assert notice.sent_at is not None


async def test_it_is_sent_once_though_two_send_it_at_the_same_time(
    database: Database, store: MadeStore, post: MailServer
) -> None:
    order = await placed_order(database, store)

    outcomes = await asyncio.gather(*(send(database, store, order, post) for _ in range(5)), return_exceptions=True)

    assert outcomes.count(True) == 1
    assert all(outcome is False or isinstance(outcome, BeingSent) for outcome in outcomes if outcome is not True)
    assert len(post.messages) == 1


async def test_from_order_to_mailbox_through_relay_and_queue(
    database: Database, store: MadeStore, post: MailServer
) -> None:
    order = await placed_order(database, store, email="grace@example.com")
    connection = await connect(database.server_url)
    await relay_store(connection, store.id)

    await run_waiting_jobs(
        database.server_url,
        {"database": database, "mailer": SmtpMailer(post.url), "letterhead": LETTERHEAD},
    )

    assert [to for _, to in post.envelopes if to == ["grace@example.com"]] == [["grace@example.com"]]
    assert (
        await connection.fetchval(
            "SELECT count(*) FROM jobs.procrastinate_jobs WHERE args ->> 'subject_id' = $1", str(order.id)
        )
        == 0
    )
    await connection.close()


async def test_a_mail_server_that_is_busy_gets_it_later(database: Database, store: MadeStore, post: MailServer) -> None:
    order = await placed_order(database, store)
    post.answers = ["451 ada@example.com has too much mail, come back later"]

    with pytest.raises(MailPutOff, match="451") as put_off:
        await send(database, store, order, post)
    assert "ada" not in str(put_off.value)
    assert (await notices_of(database, store))[0].sent_at is None

    assert await send(database, store, order, post) is True
    assert len(post.messages) == 1


async def test_an_address_refused_for_good_is_not_tried_again(
    database: Database, store: MadeStore, post: MailServer
) -> None:
    order = await placed_order(database, store)
    post.answers = ["550 no such mailbox"]

    assert await send(database, store, order, post) is False

    assert post.messages == []
    assert (await notices_of(database, store))[0].sent_at is None


async def test_a_sender_that_died_over_it_is_followed_by_another_with_the_same_message_id(
    database: Database, store: MadeStore, post: MailServer
) -> None:
    order = await placed_order(database, store)
    # The first died after the message was handed over and before it was marked.
    await send(database, store, order, post)
    async with database.store(store.id) as tx:
        await tx.execute(update(Notice).values(sent_at=None))

    with pytest.raises(BeingSent):
        await send(database, store, order, post)
    assert await send(database, store, order, post, later=timedelta(minutes=6)) is True

    assert len(post.messages) == 2
    assert len({message["Message-ID"] for message in post.messages}) == 1


async def test_names_with_line_breaks_add_no_headers_and_no_markup(
    database: Database, store: MadeStore, post: MailServer
) -> None:
    order = await placed_order(database, store)
    async with database.store(store.id) as tx:
        await tx.execute(
            update(OrderContact).values(name="Ada\r\nBcc: evil@example.com\r\n\r\n<script>alert(1)</script>")
        )
        await tx.execute(
            text("UPDATE stores SET name = :name WHERE id = :store"),
            {"name": "Shop\nX-Evil: 1\n\n<b>bold</b>", "store": store.id},
        )

    await send(database, store, order, post)

    [message] = post.messages
    assert post.envelopes == [("shop@example.com", ["ada@example.com"])]
    assert {name.lower() for name in message} & {"bcc", "x-evil"} == set()
    assert message["Subject"] == f"Your order {order.number} at Shop X-Evil: 1 <b>bold</b>"
    [to] = message["To"].addresses
    assert to.addr_spec == "ada@example.com"
    _, html = bodies(message)
    assert "<script>" not in html
    assert "<b>bold" not in html


async def test_an_address_in_another_script_is_written_to(
    database: Database, store: MadeStore, post: MailServer
) -> None:
    order = await placed_order(database, store, email="żółw@example.com")

    await send(database, store, order, post)

    assert post.envelopes == [("shop@example.com", ["żółw@example.com"])]


async def test_who_pays_by_bank_transfer_is_told_where_to(database: Database, post: MailServer) -> None:
    store = await open_a_store(
        database,
        currency="EUR",
        locale="de-DE",
        bank_details="IBAN DE02 1203 0000 0000 2020 51\nOne Bank",
        mail_from="Der Laden <laden@example.de>",
    )
    order = await placed_order(database, store, method=PaymentMethod.BANK_TRANSFER)

    await send(database, store, order, post)

    [message] = post.messages
    assert message["From"] == "Der Laden <laden@example.de>"
    plain, html = bodies(message)
    assert f"Please transfer 28,95 € and name order {order.number} in the reference." in plain.replace("\xa0", " ")
    assert "IBAN DE02 1203 0000 0000 2020 51\nOne Bank" in plain
    assert "IBAN DE02 1203 0000 0000 2020 51" in html


async def test_who_pays_on_delivery_is_told_how_much(database: Database, store: MadeStore, post: MailServer) -> None:
    order = await placed_order(database, store, method=PaymentMethod.CASH_ON_DELIVERY)

    await send(database, store, order, post)

    assert "Please have £28.95 ready: it is paid in cash on delivery." in bodies(post.messages[0])[0]


async def test_the_figures_of_a_mail_add_up_with_discount_and_tax_on_top(database: Database, post: MailServer) -> None:
    store = await open_a_store(database, tax_display="exclusive", tax_rate_ppm=200_000, shipping_title="By van")
    order = await placed_order(database, store)

    await send(database, store, order, post)

    plain, _ = bodies(post.messages[0])
    assert "Goods: £25.00\nBy van: £3.95\nTax: £5.79\nTotal: £34.74\n" in plain


async def test_a_store_that_sends_no_mails_sends_none(database: Database, store: MadeStore, post: MailServer) -> None:
    order = await placed_order(database, store)
    async with database.store(store.id) as tx:
        await stores.change_settings(tx, mails_enabled=False)

    assert await send(database, store, order, post) is False

    assert post.messages == []
    assert await notices_of(database, store) == []


async def test_an_erased_person_gets_no_mail(database: Database, store: MadeStore, post: MailServer) -> None:
    order = await placed_order(database, store)
    async with database.store(store.id) as tx:
        await tx.execute(update(OrderContact).values(email="", email_folded="", name="", erased_at=tx.now))

    assert await send(database, store, order, post) is False
    assert post.messages == []


async def test_another_stores_order_is_not_confirmed(
    database: Database, store: MadeStore, other_store: MadeStore, post: MailServer
) -> None:
    order = await placed_order(database, store)

    assert await send(database, other_store, order, post) is False

    assert post.messages == []
    assert await notices_of(database, other_store) == []


async def test_a_folder_gets_one_file_however_often_it_is_written(
    database: Database, store: MadeStore, tmp_path: Path
) -> None:
    order = await placed_order(database, store)
    mailer = FolderMailer(tmp_path / "mail")
    for _ in range(2):
        async with database.store(store.id) as tx:
            await tx.execute(update(Notice).values(sent_at=None, claimed_at=None))
        await send_order_confirmation(database, mailer, LETTERHEAD, store_id=store.id, order_id=order.id)

    [file] = (tmp_path / "mail").iterdir()

    assert file.suffix == ".eml"
    assert f"Subject: Your order {order.number} at The Test Shop" in file.read_text()


async def send(
    database: Database,
    store: MadeStore,
    order: MadeOrder,
    post: MailServer,
    *,
    later: timedelta = timedelta(0),
) -> bool:
    """What the job does."""
    return await send_order_confirmation(
        database,
        SmtpMailer(post.url),
        LETTERHEAD,
        store_id=store.id,
        order_id=order.id,
        clock=lambda: utc_now() + later,
    )


async def notices_of(database: Database, store: MadeStore) -> list[Notice]:
    """The store's notices."""
    async with database.store(store.id) as tx:
        return list(await tx.scalars(select(Notice)))


def bodies(message: EmailMessage) -> tuple[str, str]:
    """The plain text and the HTML of a message."""
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    return plain.get_content().replace("\r\n", "\n"), html.get_content()
