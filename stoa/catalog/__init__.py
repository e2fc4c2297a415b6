"""What a store sells: categories, products, variants, prices, and the lists in which they are found."""

from stoa.catalog.categories import (
    CategoryNode,
    category_tree,
    create_category,
    delete_category,
    move_category,
    restore_category,
    update_category,
)
from stoa.catalog.choices import NewOption, NewPicture, NewVariant
from stoa.catalog.editing import archive, delete_product, publish, restore_product, update_product
from stoa.catalog.listing import Order, PictureView, ProductCard, deleted_products, shop_products, staff_products
from stoa.catalog.models import ProductState
from stoa.catalog.pages import (
    OptionView,
    ProductPage,
    VariantForSale,
    VariantView,
    product_page,
    shop_product,
    staff_product,
    variants_for_sale,
)
from stoa.catalog.prices import set_price
from stoa.catalog.products import CreatedProduct, NewProduct, create_product, create_products
from stoa.catalog.variants import add_option_value, add_variant, deactivate_variant, update_variant, variant_by_sku

__all__ = [
    "CategoryNode",
    "CreatedProduct",
    "NewOption",
    "NewPicture",
    "NewProduct",
    "NewVariant",
    "OptionView",
    "Order",
    "PictureView",
    "ProductCard",
    "ProductPage",
    "ProductState",
    "VariantForSale",
    "VariantView",
    "add_option_value",
    "add_variant",
    "archive",
    "category_tree",
    "create_category",
    "create_product",
    "create_products",
    "deactivate_variant",
    "delete_category",
    "delete_product",
    "deleted_products",
    "move_category",
    "product_page",
    "publish",
    "restore_category",
    "restore_product",
    "set_price",
    "shop_product",
    "shop_products",
    "staff_product",
    "staff_products",
    "update_category",
    "update_product",
    "update_variant",
    "variant_by_sku",
    "variants_for_sale",
]
