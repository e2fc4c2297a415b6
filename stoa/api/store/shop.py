"""The shop itself: what it is called, what money it takes, where it sends to."""

import functools
from typing import Literal

from fastapi import APIRouter

from stoa.api.store.who import Asked, StoreTx
from stoa.api.views import Currency, View
from stoa.edge.routes import StoreRoute
from stoa.kernel.countries import COUNTRIES, country_name
from stoa.stores import settings_of

router = APIRouter(route_class=StoreRoute, tags=["store"])


class CountryView(View):
    """A country and its name in the store's language."""

    code: str
    name: str


class StoreView(View):
    """What a shop front has to know before it shows anything."""

    name: str
    currency: Currency
    locale: str
    time_zone: str
    tax_display: Literal["inclusive", "exclusive"]
    payment_methods: list[str]
    countries: list[CountryView]


@router.get("/store", summary="Read the store")
async def read_store(asking: Asked, tx: StoreTx) -> StoreView:
    """Its name, its money, how it can be paid, and the countries it delivers to."""
    settings = await settings_of(tx)
    return StoreView(
        name=asking.store.name,
        currency=settings.currency,
        locale=settings.locale,
        time_zone=settings.time_zone,
        tax_display=settings.tax_display,  # type: ignore[arg-type]
        payment_methods=list(settings.payment_methods),
        countries=list(_countries(tuple(settings.ships_to), settings.locale)),
    )


@functools.lru_cache(maxsize=1_000)
def _countries(codes: tuple[str, ...], locale: str) -> tuple[CountryView, ...]:
    """These countries, or all, by the name the language gives them: the same for as long as the process lives."""
    named = [CountryView(code=code, name=country_name(code, locale)) for code in codes or COUNTRIES]
    return tuple(sorted(named, key=lambda country: (country.name, country.code)))
