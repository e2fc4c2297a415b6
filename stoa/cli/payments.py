"""`stoa payments reconcile`: what the providers' books and ours do not agree about."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import typer
from sqlalchemy import select

from stoa.cli.installation import Data, using_installation
from stoa.config import Config
from stoa.db.transaction import Database
from stoa.kernel.clock import utc_now
from stoa.kernel.money import format_money
from stoa.kernel.refusals import NotFound, Unavailable
from stoa.payments.errors import NoAccount
from stoa.payments.provider import ProviderUnreachable
from stoa.payments.providers import Providers
from stoa.payments.reconciling import Amounts, Difference, What, reconcile
from stoa.stores.models import Store

app = typer.Typer(add_completion=False, no_args_is_help=True)

_SAYS = {
    What.ONLY_THEIRS: "The provider has it, and we do not",
    What.ONLY_OURS: "We have it, and the provider does not",
    What.AMOUNTS: "The amounts differ",
    What.UNSETTLED: "Asked, and not answered for good",
}


class NoSuchStore(NotFound):
    """No store has this short name."""

    code = "cli.no_such_store"
    says = "No store is called {slug}."

    slug: str


class NotCompared(Unavailable):
    """A provider did not answer, so nothing is known of its books."""

    code = "cli.not_compared"
    says = "The books of {store} could not be compared: {reason}."

    store: str
    reason: str


@app.callback()
def payments() -> None:
    """Look after the money that others hold."""


@app.command("reconcile")
def reconcile_books(
    store: Annotated[str | None, typer.Option(help="One store's short name; without it, all stores.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="From this day on (UTC); without it, a week.")
    ] = None,
    data: Data = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """List payments that a provider has and we have not, the reverse, and amounts that differ. Status 1 if any does."""
    now = utc_now()
    start = since.replace(tzinfo=UTC) if since else now - timedelta(days=7)
    with using_installation(data, must_exist=True) as config:
        found = asyncio.run(_reconcile(config, store, start, now))
    if as_json:
        print(json.dumps({"differences": [_document(*each) for each in found]}, indent=2))
    else:
        for each in found:
            print(_line(*each))
        print(f"{len(found)} differences." if found else "The books agree.")
    if found:
        raise typer.Exit(1)


async def _reconcile(config: Config, slug: str | None, since: datetime, now: datetime) -> list[tuple[str, Difference]]:
    database = Database(config.server_url)
    providers = Providers(database, config.secret_key, config.payment_apis)
    try:
        found = []
        for store_id, name in await _stores(database, slug):
            try:
                differences = await reconcile(database, providers, store_id, since=since, now=now)
            except (ProviderUnreachable, NoAccount) as error:
                raise NotCompared(store=name, reason=str(error).rstrip(".")) from error
            found += [(name, each) for each in differences]
        return found
    finally:
        await database.close()


async def _stores(database: Database, slug: str | None) -> list[tuple[UUID, str]]:
    wanted = [Store.deleted_at.is_(None)] + ([Store.slug == slug] if slug else [])
    async with database.platform() as tx:
        found = [(row.id, row.slug) for row in await tx.scalars(select(Store).where(*wanted).order_by(Store.slug))]
    if slug and not found:
        raise NoSuchStore(slug=slug)
    return found


def _line(store: str, each: Difference) -> str:
    theirs = f"theirs {_amounts(each.theirs, each.currency)}" if each.theirs else ""
    ours = f"ours {_amounts(each.ours, each.currency)}" if each.ours else ""
    asked = f"asked: {', '.join(each.asked)}" if each.asked else ""
    order = f"order {each.order_id}" if each.order_id else ""
    facts = "; ".join(filter(None, [order, theirs, ours, asked]))
    return f"{store}  {each.provider}  {each.reference or each.payment_id}  {_SAYS[each.what]}: {facts}"


def _amounts(amounts: Amounts, currency: str) -> str:
    words = {"promised": amounts.authorized, "taken": amounts.captured, "given back": amounts.refunded}
    said = [f"{format_money(amount, currency, 'en-GB')} {word}" for word, amount in words.items() if amount]
    return ", ".join(said) or "nothing"


def _document(store: str, each: Difference) -> dict[str, Any]:
    return {
        "store": store,
        "what": each.what,
        "provider": each.provider,
        "reference": each.reference,
        "payment_id": str(each.payment_id) if each.payment_id else None,
        "order_id": str(each.order_id) if each.order_id else None,
        "currency": each.currency,
        "theirs": vars(each.theirs) if each.theirs else None,
        "ours": vars(each.ours) if each.ours else None,
        "asked": list(each.asked),
    }
