"""Products as both APIs show them."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from stoa.api.views import Amount, Currency, View

State = Literal["draft", "active", "archived"]


class PictureView(View):
    """A picture: a drawing by name, and what it shows in words."""

    motif: str
    palette: str
    alt: str
    variant_id: UUID | None


class CardView(View):
    """A product as a list shows it; amounts are those of its cheapest variant."""

    id: UUID
    slug: str
    title: str
    currency: Currency
    from_price: Amount | None
    compare_at: Amount | None
    price_varies: bool
    variants: int
    only_variant_id: UUID | None
    available: bool
    picture: PictureView | None


class StaffCardView(CardView):
    """A product as staff see it in a list."""

    state: State
    revision: int
    updated_at: datetime


class OptionView(View):
    """A way in which the variants differ."""

    id: UUID
    name: str
    values: list[str]


class VariantView(View):
    """What is bought. `units` are those in stock; null where none are counted. `later` are those that may be ordered
    beyond stock: they are sent on `ships_on`, or when they are there."""

    id: UUID
    sku: str
    title: str
    choice: dict[str, str]
    price: Amount | None
    compare_at: Amount | None
    units: int | None
    available: bool
    later: int
    beyond_stock: Literal["none", "backorder", "preorder"]
    ships_on: date | None
    requires_shipping: bool
    weight_grams: int


class StaffVariantView(VariantView):
    """A variant as staff see it."""

    is_active: bool
    barcode: str | None


class ProductView(View):
    """A product with what of it can be bought."""

    id: UUID
    slug: str
    title: str
    description: str
    category_id: UUID | None
    category_slug: str | None
    category_name: str | None
    currency: Currency
    options: list[OptionView]
    variants: list[VariantView]
    pictures: list[PictureView]
    updated_at: datetime


class StaffProductView(View):
    """A product as staff see it; the revision is in its ETag too."""

    id: UUID
    slug: str
    title: str
    description: str
    state: State
    revision: int
    category_id: UUID | None
    category_slug: str | None
    category_name: str | None
    currency: Currency
    options: list[OptionView]
    variants: list[StaffVariantView]
    pictures: list[PictureView]
    created_at: datetime
    updated_at: datetime


class CategoryView(View):
    """A category and those in it, in the order they are shown."""

    id: UUID
    slug: str
    name: str
    description: str
    children: list["CategoryView"]


class StaffCategoryView(View):
    """A category as staff see it: inactive ones too."""

    id: UUID
    slug: str
    name: str
    description: str
    is_active: bool
    children: list["StaffCategoryView"]
