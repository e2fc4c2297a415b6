"""The hooks, version 1: `POST /api/hooks/v1/{store}/payments/{provider}`."""

from fastapi import APIRouter, FastAPI, Request
from sqlalchemy import select
from starlette.responses import Response

from stoa.db.transaction import Database
from stoa.edge.apps import new_app
from stoa.edge.house import House, house_of
from stoa.edge.paying import providers_of
from stoa.edge.problems import refuses_with_problems
from stoa.kernel.refusals import Invalid, NotFound
from stoa.orders.provider_messages import receive
from stoa.payments.accounts import account_of
from stoa.payments.provider import Account, NotTheirs
from stoa.payments.providers import factory
from stoa.stores.models import Store

router = APIRouter()


class NotAHook(NotFound):
    """No store of that name, or no such provider."""

    code = "hooks.not_found"
    says = "No store and provider are reached at this address; take it from the store's payment settings."


class NotBelieved(Invalid):
    """A message without the provider's signature."""

    status = 400
    code = "hooks.not_believed"
    says = "The message is not signed as the provider signs for this store: {reason}."

    reason: str


def hooks_api(house: House | None = None) -> FastAPI:
    """The app that answers under /api/hooks/v1."""
    app = new_app(
        house,
        title="Stoa hooks",
        version="1",
        description="What providers of payments call.",
    )
    refuses_with_problems(app)
    app.include_router(router)
    return app


@router.post("/{store}/payments/{provider}")
async def take_in(store: str, provider: str, request: Request) -> Response:
    """Take in a message, once, however often it is sent. A store that is shut still hears of its money."""
    house = house_of(request)
    body = await request.body()
    account = await _account(house.database, store, provider, house.secret_key)
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        told = providers_of(house).of(account).read_webhook(headers, body)
    except NotTheirs as error:
        raise NotBelieved(reason=str(error)) from error
    came_of_it = await receive(house.database, account.store_id, provider, told, clock=house.clock)
    house.bell.ring(account.store_id)
    return Response(f'{{"received":"{came_of_it}"}}', media_type="application/json")


async def _account(database: Database, slug: str, provider: str, secret_key: bytes) -> Account:
    try:
        factory(provider)
    except LookupError:
        raise NotAHook() from None
    async with database.platform() as tx:
        store_id = await tx.one_or_none(select(Store.id).where(Store.slug == slug, Store.deleted_at.is_(None)))
        if store_id is None:
            raise NotAHook()
        await tx.enter(store_id)
        return await account_of(tx, provider=provider, secret_key=secret_key)
