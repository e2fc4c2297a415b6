"""A store's settings: read, checked, changed."""

import re
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from sqlalchemy import select

from stoa.db.transaction import Tx
from stoa.kernel.countries import COUNTRIES
from stoa.kernel.money import LARGEST_AMOUNT, exponent
from stoa.kernel.refusals import Refusal
from stoa.stores.errors import BadSetting, SettingsChanged
from stoa.stores.models import (
    OFFERED,
    Allocation,
    Capture,
    CardProvider,
    PaymentMethod,
    Rounding,
    StoreSettings,
    TaxDisplay,
)

_ORIGIN = re.compile(r"https?://[^/\s]+")


async def settings_of(tx: Tx) -> StoreSettings:
    """The settings of the store entered."""
    settings = await tx.one_or_none(select(StoreSettings))
    assert settings is not None, "a store is opened together with its settings"
    return settings


async def change_settings(tx: Tx, *, revision: int | None = None, **changes: Any) -> StoreSettings:
    """Change some settings; with `revision`, only if they are still the ones that were read.

    Raises BadSetting, SettingsChanged.
    """
    # As they are now: what was read before in this transaction was read without a lock.
    locked = select(StoreSettings).with_for_update().execution_options(populate_existing=True)
    settings = await tx.one_or_none(locked)
    assert settings is not None, "a store is opened together with its settings"
    if revision is not None and revision != settings.revision:
        raise SettingsChanged()
    for name, value in changes.items():
        setattr(settings, name, value)
    check_settings(settings)
    settings.revision += 1
    await tx.flush()
    return settings


def check_settings(settings: StoreSettings) -> None:
    """Refuse what no store can have.

    Raises BadSetting, which names the setting, its value and what would be right.
    """
    _known("currency", settings.currency, exponent, "an ISO 4217 code such as EUR is meant")
    _known("locale", settings.locale or "en-GB", _locale, "a language tag such as en-GB or de is meant")
    _known("time_zone", settings.time_zone or "UTC", _zone, "an IANA name such as Europe/London is meant")
    _among("tax_display", settings.tax_display or TaxDisplay.INCLUSIVE, [*TaxDisplay])
    _among("rounding", settings.rounding or Rounding.TOTAL, [*Rounding])
    for method in settings.payment_methods or []:
        _among("payment_methods", method, [*OFFERED])
    if settings.card_provider is not None:
        _among("card_provider", settings.card_provider, [*CardProvider])
    elif PaymentMethod.CARD in (settings.payment_methods or []):
        raise BadSetting(setting="payment_methods", value="card", reason="a card_provider is needed to take cards")
    _among("card_capture", settings.card_capture or Capture.AUTOMATIC, [*Capture])
    _among("allocation", settings.allocation or Allocation.PRIORITY, [*Allocation])
    _range("hold_minutes", 15 if settings.hold_minutes is None else settings.hold_minutes, 1440, smallest=1)
    _range("tax_rate_ppm", settings.tax_rate_ppm or 0, 1_000_000)
    _range("shipping_amount", settings.shipping_amount or 0, LARGEST_AMOUNT)
    _range("free_shipping_from", settings.free_shipping_from or 0, LARGEST_AMOUNT)
    for country in settings.ships_to or []:
        if country not in COUNTRIES:
            raise BadSetting(setting="ships_to", value=country, reason="a code of ISO 3166-1 such as GB is meant")
    for origin in settings.cors_origins or []:
        _matches("cors_origins", origin, _ORIGIN, "an origin such as https://shop.example is meant, without a path")


def _locale(tag: str) -> None:
    Locale.parse(tag, sep="-")


def _zone(name: str) -> None:
    ZoneInfo(name)


def _known(setting: str, value: str, look_up: Any, reason: str) -> None:
    try:
        look_up(value)
    except (Refusal, UnknownLocaleError, ZoneInfoNotFoundError, ValueError, OSError):
        raise BadSetting(setting=setting, value=value, reason=reason) from None


def _among(setting: str, value: str, known: list[Any]) -> None:
    if value not in known:
        raise BadSetting(setting=setting, value=value, reason=f"one of {', '.join(known)} is meant")


def _range(setting: str, value: int, largest: int, *, smallest: int = 0) -> None:
    if not smallest <= value <= largest:
        reason = f"a whole number from {smallest} to {largest} is meant"
        raise BadSetting(setting=setting, value=str(value), reason=reason)


def _matches(setting: str, value: str, pattern: re.Pattern[str], reason: str) -> None:
    if not pattern.fullmatch(value):
        raise BadSetting(setting=setting, value=value, reason=reason)
