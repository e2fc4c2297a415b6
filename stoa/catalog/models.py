"""What a store sells: categories, products, options, variants, prices and pictures."""

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from stoa.db.models import KeyText, StoreOwned, belongs_to, index_in_store, not_negative, one_of, unique_in_store


class Category(StoreOwned):
    """A shelf of the shop, possibly on another shelf."""

    __tablename__ = "categories"
    __table_args__ = (
        belongs_to("categories", "parent_id"),
        Index("categories_slug_key", "store_id", "slug", unique=True, postgresql_where="deleted_at IS NULL"),
    )

    parent_id: Mapped[UUID | None]
    slug: Mapped[str] = mapped_column(KeyText)
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    position: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class ProductState(StrEnum):
    """Whether shoppers see a product."""

    DRAFT = "draft"
    ACTIVE = "active"
    ARCHIVED = "archived"


class Product(StoreOwned):
    """What is shown as one thing and bought as one of its variants."""

    __tablename__ = "products"
    __table_args__ = (
        belongs_to("categories", "category_id"),
        one_of("state", ProductState),
        Index("products_slug_key", "store_id", "slug", unique=True, postgresql_where="deleted_at IS NULL"),
        # Lists (`listing.py`) take a page from each (state) or (category, state) they cover and merge the pages:
        # newest first, of the whole shop and of one category;
        index_in_store("products_newest_idx", "state", "id", postgresql_where="deleted_at IS NULL"),
        index_in_store(
            "products_newest_in_category_idx", "category_id", "state", "id", postgresql_where="deleted_at IS NULL"
        ),
        # by title, which is also how a title's beginning is found.
        index_in_store("products_by_title_idx", "state", "title_folded", "id", postgresql_where="deleted_at IS NULL"),
        index_in_store(
            "products_by_title_in_category_idx",
            "category_id",
            "state",
            "title_folded",
            "id",
            postgresql_where="deleted_at IS NULL",
        ),
        # What can still be restored.
        index_in_store("products_deleted_idx", "id", postgresql_where="deleted_at IS NOT NULL"),
    )

    slug: Mapped[str] = mapped_column(KeyText)
    title: Mapped[str]
    title_folded: Mapped[str] = mapped_column(KeyText, doc="casefolded, without accents: for sorting and prefixes")
    description: Mapped[str] = mapped_column(default="")
    category_id: Mapped[UUID | None]
    state: Mapped[str] = mapped_column(KeyText, default=ProductState.DRAFT)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class ProductOption(StoreOwned):
    """A way in which the variants of a product differ: size, colour."""

    __tablename__ = "product_options"
    __table_args__ = (
        belongs_to("products", "product_id", on_delete="CASCADE"),
        unique_in_store("name", "product_id", "name"),
    )

    product_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(KeyText)
    position: Mapped[int] = mapped_column(default=0)


class OptionValue(StoreOwned):
    """One of the values of an option: small, red."""

    __tablename__ = "option_values"
    __table_args__ = (
        belongs_to("product_options", "option_id", on_delete="CASCADE"),
        unique_in_store("value", "option_id", "value"),
    )

    option_id: Mapped[UUID]
    value: Mapped[str] = mapped_column(KeyText)
    position: Mapped[int] = mapped_column(default=0)


class BeyondStock(StrEnum):
    """What a shopper may order when none is left: nothing, what comes again, or what is still to come."""

    NONE = "none"
    BACKORDER = "backorder"
    PREORDER = "preorder"


class Variant(StoreOwned):
    """What is bought and counted: one product in one choice of its options. Taken out of sale, never deleted."""

    granted: ClassVar[str] = "SELECT, INSERT, UPDATE"

    __tablename__ = "variants"
    __table_args__ = (
        belongs_to("products", "product_id"),
        not_negative("weight_grams"),
        one_of("beyond_stock", BeyondStock),
        CheckConstraint("beyond_stock <> 'preorder' OR ships_on IS NOT NULL", name="preorder_has_day"),
        Index("variants_sku_key", "store_id", "sku", unique=True, postgresql_where="deleted_at IS NULL"),
        index_in_store("variants_product_id_idx", "product_id", "position"),
    )

    product_id: Mapped[UUID]
    sku: Mapped[str] = mapped_column(KeyText)
    title: Mapped[str] = mapped_column(default="", doc="the choice in words, such as “Small / Red”; empty where alone")
    barcode: Mapped[str | None] = mapped_column(KeyText)
    weight_grams: Mapped[int] = mapped_column(default=0)
    requires_shipping: Mapped[bool] = mapped_column(default=True)
    tracks_stock: Mapped[bool] = mapped_column(default=True)
    # What is promised beyond stock, up to the limit that its back-order level has, and the day it is sent.
    beyond_stock: Mapped[str] = mapped_column(default=BeyondStock.NONE)
    ships_on: Mapped[date | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class VariantOption(StoreOwned):
    """The value that a variant has of one option: one each."""

    __tablename__ = "variant_options"
    __table_args__ = (
        belongs_to("variants", "variant_id", on_delete="CASCADE"),
        belongs_to("product_options", "option_id", on_delete="CASCADE"),
        belongs_to("option_values", "value_id", on_delete="CASCADE"),
        unique_in_store("option", "variant_id", "option_id"),
    )

    variant_id: Mapped[UUID]
    option_id: Mapped[UUID]
    value_id: Mapped[UUID]


class Price(StoreOwned):
    """What a variant costs in one currency, in minor units, tax as the store's setting says."""

    __tablename__ = "prices"
    __table_args__ = (
        belongs_to("variants", "variant_id", on_delete="CASCADE"),
        unique_in_store("variant", "variant_id", "currency"),
        not_negative("amount", "compare_at_amount"),
    )

    variant_id: Mapped[UUID]
    currency: Mapped[str] = mapped_column(KeyText)
    amount: Mapped[int]
    compare_at_amount: Mapped[int | None] = mapped_column(doc="what it cost before, shown struck through")


class Picture(StoreOwned):
    """A product's picture, drawn by code from a motif and a palette."""

    __tablename__ = "pictures"
    __table_args__ = (
        belongs_to("products", "product_id", on_delete="CASCADE"),
        belongs_to("variants", "variant_id", on_delete="CASCADE"),
        index_in_store("pictures_product_id_idx", "product_id", "position"),
    )

    product_id: Mapped[UUID]
    variant_id: Mapped[UUID | None]
    motif: Mapped[str]
    palette: Mapped[str]
    alt: Mapped[str]
    position: Mapped[int] = mapped_column(default=0)
