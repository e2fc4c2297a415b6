"""Variants: what is bought, and what it costs."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from stoa import catalog
from stoa.api.admin.who import StaffTx
from stoa.api.views import Act, AmountGiven, Flag, Made, Position, View, may_stay
from stoa.catalog.errors import (
    BadChoice,
    BadCompareAt,
    BadFigure,
    BadOptions,
    SameChoice,
    SkuTaken,
    UnknownProduct,
    UnknownVariant,
)
from stoa.catalog.figures import LARGEST_WEIGHT_GRAMS
from stoa.edge.problems import refusals
from stoa.edge.routes import StaffRoute, needs
from stoa.kernel.text import TextMissing

router = APIRouter(route_class=StaffRoute, tags=["products"])

Sku = Annotated[str, Field(max_length=64, examples=["MUG-BLUE-S"])]
Grams = Annotated[int, Field(strict=True, ge=0, le=LARGEST_WEIGHT_GRAMS, examples=[350])]
Word = Annotated[str, Field(max_length=60)]


class MakeVariant(Act):
    """A variant: one value of each option of its product, and a price."""

    sku: Sku
    price: AmountGiven
    compare_at: AmountGiven | None = None
    choice: dict[Word, Word] = Field(default={}, max_length=5, examples=[{"Size": "Small"}])
    weight_grams: Grams = 0
    barcode: str | None = Field(default=None, max_length=64)
    tracks_stock: Flag = True
    requires_shipping: Flag = True

    def new(self) -> catalog.NewVariant:
        """As the catalog takes it."""
        return catalog.NewVariant(**self.model_dump())


class ChangeVariant(Act):
    """What is left out stays; `barcode: null` takes it away."""

    sku: Sku = may_stay()
    barcode: Annotated[str, Field(max_length=64)] | None = may_stay()
    weight_grams: Grams = may_stay()
    position: Position = may_stay()
    requires_shipping: Flag = may_stay()
    tracks_stock: Flag = may_stay()
    is_active: Flag = may_stay()


class SetPrice(Act):
    """What it costs from now on; `compare_at` is what it cost before, shown struck through."""

    amount: AmountGiven
    compare_at: AmountGiven | None = None


class AddOptionValue(Act):
    """One more value of an option that the product has."""

    option: Word = Field(examples=["Size"])
    value: Word = Field(examples=["Large"])


class VariantSaved(Made):
    """The variant, and the SKU it has."""

    sku: str


class PriceSet(View):
    """What it costs now."""

    variant_id: UUID
    amount: int


@router.post(
    "/products/{product_id}/variants",
    status_code=201,
    summary="Add a variant",
    responses=refusals(
        UnknownProduct, BadChoice, SameChoice, SkuTaken, BadFigure, BadCompareAt, BadOptions, TextMissing
    ),
)
@needs("catalog.write")
async def add_variant(product_id: UUID, body: MakeVariant, tx: StaffTx) -> VariantSaved:
    """Behind the others."""
    return VariantSaved.of(await catalog.add_variant(tx, product_id=product_id, variant=body.new()))


@router.post(
    "/products/{product_id}/option-values",
    status_code=204,
    summary="Add a value to an option",
    responses=refusals(UnknownProduct, BadOptions, TextMissing),
)
@needs("catalog.write")
async def add_option_value(product_id: UUID, body: AddOptionValue, tx: StaffTx) -> None:
    """Behind the others; one it has already is left as it is."""
    await catalog.add_option_value(tx, product_id=product_id, option=body.option, value=body.value)


@router.patch(
    "/variants/{variant_id}",
    summary="Change a variant",
    responses=refusals(UnknownVariant, SkuTaken, BadFigure, TextMissing),
)
@needs("catalog.write")
async def change_variant(variant_id: UUID, body: ChangeVariant, tx: StaffTx) -> VariantSaved:
    """An inactive variant is not sold; its stock and history stay."""
    return VariantSaved.of(await catalog.update_variant(tx, variant_id=variant_id, **body.given()))


@router.put(
    "/variants/{variant_id}/price",
    summary="Set the price",
    responses=refusals(UnknownVariant, BadFigure, BadCompareAt),
)
@needs("catalog.write")
async def set_price(variant_id: UUID, body: SetPrice, tx: StaffTx) -> PriceSet:
    """From now on. A quote that was made at another price can no longer be bought."""
    await catalog.set_price(tx, variant_id=variant_id, amount=body.amount, compare_at=body.compare_at)
    return PriceSet(variant_id=variant_id, amount=body.amount)
