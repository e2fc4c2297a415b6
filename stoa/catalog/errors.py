"""What is refused about categories, products, variants and prices."""

from uuid import UUID

from stoa.kernel.refusals import Conflict, Invalid, NotFound, PreconditionFailed


class UnknownCategory(NotFound):
    """There is no such category in this store."""

    code = "catalog.unknown_category"
    says = "There is no category {category} in this store."

    category: UUID | str


class UnknownProduct(NotFound):
    """There is no such product in this store, or it is not shown to whoever asks."""

    code = "catalog.unknown_product"
    says = "There is no product {product} in this store."

    product: UUID | str


class UnknownVariant(NotFound):
    """There is no such variant in this store."""

    code = "catalog.unknown_variant"
    says = "There is no variant {variant} in this store."

    variant: UUID | str


class ProductChanged(PreconditionFailed):
    """Somebody else saved the product since it was read."""

    code = "catalog.product_changed"
    says = "The product was changed since you read it (revision {revision} now, {read} then); read it again."

    revision: int
    read: int


class BadSlug(Invalid):
    """A slug that cannot stand in an address."""

    code = "catalog.bad_slug"
    says = "“{slug}” cannot be part of an address: use small letters, digits and single hyphens, at most {longest}."

    slug: str
    longest: int


class SlugTaken(Conflict):
    """Another product or category of the store has the slug."""

    code = "catalog.slug_taken"
    says = "The address “{slug}” is taken in this store; choose another slug."

    slug: str


class SkuTaken(Conflict):
    """Another variant of the store has the SKU."""

    code = "catalog.sku_taken"
    says = "The SKU “{sku}” is taken in this store; choose another."

    sku: str


class BadOptions(Invalid):
    """The options of a product contradict themselves, or are too many."""

    code = "catalog.bad_options"
    says = "These options will not do: {reason}."

    reason: str


class BadChoice(Invalid):
    """A variant does not choose exactly one known value of each option."""

    code = "catalog.bad_choice"
    says = "Variant {sku} must choose one value of each option: {reason}."

    sku: str
    reason: str


class SameChoice(Conflict):
    """Two variants of a product would be the same to a shopper."""

    code = "catalog.same_choice"
    says = "Variants {sku} and {other} make the same choice; a shopper could not tell them apart."

    sku: str
    other: str


class BadFigure(Invalid):
    """A number outside what it may be."""

    code = "catalog.bad_figure"
    says = "{field} must be a whole number from {smallest} to {largest}; {given} is not."

    field: str
    given: int
    smallest: int
    largest: int


class BadCompareAt(Invalid):
    """A price before that is not above the price."""

    code = "catalog.bad_compare_at"
    says = "A price before ({compare_at}) is shown struck through, so it must be above the price ({price})."

    compare_at: int
    price: int


class NothingToSell(Conflict):
    """A product without anything that could be bought is not shown to shoppers."""

    code = "catalog.nothing_to_sell"
    says = "The product has no active variant with a price; add one before publishing it."


class CategoryInUse(Conflict):
    """A category that still holds something stays."""

    code = "catalog.category_in_use"
    says = "{products} products and {categories} categories are still in “{name}”; move them first."

    name: str
    products: int
    categories: int


class CategoryInItself(Conflict):
    """A category cannot be moved below itself."""

    code = "catalog.category_in_itself"
    says = "“{name}” cannot be put into itself, nor into a category below it."

    name: str


class CategoryTooDeep(Invalid):
    """Categories are nested deeper than a menu can show."""

    code = "catalog.category_too_deep"
    says = "Categories can be nested {deepest} levels deep, not deeper."

    deepest: int
