"""Shapes that several resources share."""

from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from stoa.customers.postal import PostalAddress

T = TypeVar("T")

Amount = Annotated[int, Field(description="minor units of the currency beside it", examples=[1250])]
Currency = Annotated[str, Field(description="ISO 4217", examples=["GBP"])]
Text = Annotated[str, Field(max_length=10_000)]


class Act(BaseModel):
    """What a client sends. A member that is not known is a mistake, and said so."""

    model_config = ConfigDict(extra="forbid", str_max_length=20_000)


class View(BaseModel):
    """What a client gets."""

    model_config = ConfigDict(from_attributes=True)


class Page(View, Generic[T]):
    """Some rows of a list, and the cursor for those after them (null at the end)."""

    items: list[T]
    next: str | None = Field(default=None, description="`cursor` of the next page; null on the last")


class AddressAct(Act):
    """A postal address."""

    name: str = Field(examples=["Ada Byron"])
    company: str = ""
    line1: str = Field(examples=["12 St James's Square"])
    line2: str = ""
    city: str = Field(examples=["London"])
    region: str = ""
    postal_code: str = Field(default="", examples=["SW1Y 4JH"])
    country: str = Field(description="ISO 3166-1 alpha-2", examples=["GB"])
    phone: str = ""

    def address(self) -> PostalAddress:
        """As the domains take it."""
        return PostalAddress(**self.model_dump())
