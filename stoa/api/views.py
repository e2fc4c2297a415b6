"""Shapes that several resources share: what is sent (`Act`), what is got (`View`), pages, amounts, addresses.

Whole numbers are bounded in the schema, so that none is larger than the database counts; texts are bounded too.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, Self, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from stoa.customers.postal import PostalAddress
from stoa.kernel import cursors
from stoa.kernel.money import LARGEST_AMOUNT
from stoa.kernel.pages import Page as DomainPage
from stoa.kernel.spots import Spot

T = TypeVar("T")
V = TypeVar("V", bound="View")
R = TypeVar("R")

LARGEST_PAGE = 100

Amount = Annotated[int, Field(description="minor units of the currency beside it", examples=[1250])]
Currency = Annotated[str, Field(description="ISO 4217", examples=["GBP"])]

# What is sent. A number is a number: "2" and true are refused.
Flag = Annotated[bool, Field(strict=True)]
AmountGiven = Annotated[
    int, Field(strict=True, ge=0, le=LARGEST_AMOUNT, description="minor units of the store's currency", examples=[1250])
]
Position = Annotated[int, Field(strict=True, ge=0, le=1_000_000, examples=[0])]
Units = Annotated[int, Field(strict=True, ge=0, le=10_000_000, description="units", examples=[10])]
Name = Annotated[str, AfterValidator(lambda text: _one_line(text)), Field(max_length=200)]
Line = Annotated[str, AfterValidator(lambda text: _one_line(text)), Field(max_length=500)]
Paragraphs = Annotated[str, Field(max_length=10_000)]
Slug = Annotated[str, Field(max_length=80, examples=["blue-mug"])]
Email = Annotated[str, Field(max_length=254, examples=["ada@example.com"])]
Password = Annotated[str, Field(min_length=1, max_length=1000, examples=["a few plain words"])]

Cursor = Annotated[str | None, Query(description="`next` of the page before", max_length=1000)]
Limit = Annotated[int, Query(description="rows of a page", ge=1, le=LARGEST_PAGE)]


def _one_line(text: str) -> str:
    if any(character in text for character in "\r\n\t\u2028\u2029"):
        raise ValueError("this is one line, and has a line break or a tab in it")
    return text


def _only_text(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("an instant is text, such as 2026-05-04T12:00:00Z")
    return value


def _in_our_times(value: datetime) -> datetime:
    if not 1970 < value.year < 2500:
        raise ValueError("a year from 1971 to 2499 is meant")
    return value.astimezone(UTC)


Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_only_text),
    AfterValidator(_in_our_times),
    Field(description="RFC 3339, with its time zone", examples=["2026-05-04T12:00:00Z"]),
]


def may_stay(**how: Any) -> Any:
    """A field of a change that may be left out: then what it names stays as it is. (`null` is not leaving out.)"""
    return Field(default=None, json_schema_extra=lambda schema: _without_default(schema), **how)


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


class Act(BaseModel):
    """What a client sends. A member that is not known is a mistake, and said so."""

    model_config = ConfigDict(extra="forbid", str_max_length=20_000)

    def given(self) -> dict[str, Any]:
        """What was sent, by name; what was left out is not in it."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class View(BaseModel):
    """What a client gets."""

    model_config = ConfigDict(from_attributes=True)

    @classmethod
    def of(cls, what: Any) -> Self:
        """From a row or a domain's view that has these attributes."""
        return cls.model_validate(what)


class Made(View):
    """What was made or changed."""

    id: UUID


class Page(View, Generic[T]):
    """Some rows of a list, and the cursor for those after them (null at the end)."""

    items: list[T]
    next: str | None = Field(description="`cursor` of the next page; null on the last")


def page_of(view: type[V], page: DomainPage[Any]) -> Page[V]:
    """A domain's page as the API gives it."""
    return Page(items=[view.of(each) for each in page.items], next=page.next)


def whole_list(view: type[V], rows: Iterable[Any]) -> Page[V]:
    """A list that is short by its nature, as its only page."""
    return Page(items=[view.of(each) for each in rows], next=None)


def cut_page(rows: list[R], limit: int, id_of: Callable[[R], UUID]) -> DomainPage[R]:
    """A page of rows that were read newest first, one more than asked; `next` is the last one's id."""
    last = rows[limit - 1] if len(rows) > limit else None
    return DomainPage(tuple(rows[:limit]), None if last is None else cursors.encode([str(id_of(last))]))


def id_after(cursor: str | None) -> UUID | None:
    """The id that a `cut_page` ended with. Raises BadCursor."""
    if cursor is None:
        return None
    try:
        return UUID(cursors.decode(cursor, (str,))[0])
    except ValueError:
        raise cursors.BadCursor() from None


Degrees = Annotated[str, Field(max_length=20, description="decimal degrees as text, with at most six decimals")]


class SpotAct(Act):
    """Where something is on the globe."""

    latitude: Degrees = Field(examples=["51.507351"])
    longitude: Degrees = Field(examples=["-0.127758"])

    def spot(self) -> Spot:
        """As the domains take it. Raises BadSpot."""
        return Spot.read(self.latitude, self.longitude)


class SpotView(View):
    """Where something is on the globe, in decimal degrees."""

    latitude: str = Field(examples=["51.507351"])
    longitude: str = Field(examples=["-0.127758"])


class AddressAct(Act):
    """A postal address."""

    name: str = Field(max_length=200, examples=["Ada Byron"])
    company: Name = ""
    line1: str = Field(max_length=200, examples=["12 St James's Square"])
    line2: Name = ""
    city: str = Field(max_length=100, examples=["London"])
    region: str = Field(default="", max_length=100)
    postal_code: str = Field(default="", max_length=20, examples=["SW1Y 4JH"])
    country: str = Field(description="ISO 3166-1 alpha-2", max_length=10, examples=["GB"])
    phone: str = Field(default="", max_length=40)

    def address(self) -> PostalAddress:
        """As the domains take it."""
        return PostalAddress(**self.model_dump())


class AddressView(View):
    """An address that is kept."""

    id: UUID
    name: str
    company: str
    line1: str
    line2: str
    city: str
    region: str
    postal_code: str
    country: str
    phone: str
