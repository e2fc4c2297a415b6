"""Templates: Jinja2 with every value escaped, and a name that is missing is a fault."""

import json
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from stoa.storefront.assets import asset
from stoa.storefront.pictures import picture_url
from stoa.stores.models import StoreSettings

_JINJA = Environment(
    loader=PackageLoader("stoa.storefront"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(template: str, **words: Any) -> str:
    """The template with these words in it."""
    return _JINJA.get_template(template).render(words)


def data_block(value: Any) -> Markup:
    """JSON that may stand in a <script> of a data type: nothing in it can end the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704


def day(when: datetime, settings: StoreSettings) -> str:
    """The day in the shop's time zone, as its locale writes it."""
    return format_date(when.astimezone(ZoneInfo(settings.time_zone)), format="long", locale=_locale(settings))


def calendar_day(when: date, settings: StoreSettings) -> str:
    """A day of the calendar, as the shop's locale writes it."""
    return format_date(when, format="long", locale=_locale(settings))


def moment(when: datetime, settings: StoreSettings) -> str:
    """Day and time in the shop's time zone."""
    return format_datetime(
        when, format="d MMMM y, HH:mm", tzinfo=ZoneInfo(settings.time_zone), locale=_locale(settings)
    )


def clock(when: datetime, settings: StoreSettings) -> str:
    """The time of day in the shop's time zone, as its locale writes it."""
    return format_time(when, format="short", tzinfo=ZoneInfo(settings.time_zone), locale=_locale(settings))


def minutes(count: int) -> str:
    """So many minutes in words, as hours where they are whole ones."""
    number, unit = (count // 60, "hour") if count and count % 60 == 0 else (count, "minute")
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def _locale(settings: StoreSettings) -> str:
    return settings.locale.replace("-", "_")


_JINJA.globals |= {"asset": asset, "picture_url": picture_url}
_JINJA.filters |= {"data_block": data_block, "day": day, "moment": moment, "clock": clock, "minutes": minutes}
