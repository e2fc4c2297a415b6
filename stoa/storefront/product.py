"""A product's page, and the form on it that puts it in the cart."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from stoa import carts, catalog
from stoa.carts.errors import BadQuantity, CartNotFound
from stoa.catalog import ProductPage, VariantView
from stoa.catalog.models import BeyondStock
from stoa.kernel.money import decimal_amount
from stoa.kernel.refusals import Refusal
from stoa.storefront.choice import choices, variant_asked
from stoa.storefront.cookies import Pass, keep_cart
from stoa.storefront.gallery import gallery
from stoa.storefront.pictures import picture_url
from stoa.storefront.routes import PageRoute, drawn_again_by
from stoa.storefront.shelves import path_to
from stoa.storefront.visit import Here, Visit, see_other
from stoa.storefront.words import availability, words

router = APIRouter(route_class=PageRoute)

_ALSO = 4


@router.get("/products/{slug}")
async def product(visit: Here, slug: str) -> Response:
    """One product, with the choice that the address makes."""
    return await _draw(visit, slug, dict(visit.request.query_params))


async def _drawn_again(visit: Visit, refusal: Refusal) -> Response:
    slug = visit.request.path_params["slug"]
    return await _draw(visit, slug, await visit.form(), refusal)


@router.post("/products/{slug}")
@drawn_again_by(_drawn_again)
async def put_in_cart(visit: Here, slug: str) -> Response:
    """Put what was chosen in the cart, and begin one where the browser has none."""
    form = await visit.form()
    page = await catalog.product_page(visit.tx, slug)
    variant = variant_asked(page, form)
    quantity = form.whole_number("quantity")
    if quantity is None:
        raise BadQuantity(quantity=0)
    cart = await _cart(visit)
    holder = carts.Holder.of_token(cart.token)
    await carts.add_lines(visit.tx, cart_id=cart.id, holder=holder, wanted=[carts.Wanted(variant.id, quantity)])
    response = see_other("/cart?note=added")
    keep_cart(visit.jar, response, cart)
    return response


async def _cart(visit: Visit) -> Pass:
    """The browser's cart while it may be filled, else a new one."""
    if visit.cart is not None:
        try:
            cart = await carts.find_cart(
                visit.tx, cart_id=visit.cart.id, holder=carts.Holder.of_token(visit.cart.token)
            )
        except CartNotFound:
            pass
        else:
            if visit.may_fill(cart):
                return visit.cart
    secret_key = visit.house.secret_key
    opened = await carts.open_cart(visit.tx, secret_key=secret_key, customer_id=visit.customer_id)
    await visit.tx.flush()
    return Pass(opened.id, carts.cart_token(secret_key, opened.id))


async def _draw(visit: Visit, slug: str, asked: dict[str, str], refusal: Refusal | None = None) -> Response:
    page = await catalog.product_page(visit.tx, slug)
    offered = choices(page, asked)
    return await visit.page(
        "product.html",
        status=refusal.status if refusal else 200,
        page=page,
        path=path_to(await visit.shelves(), page.category_slug),
        choices=offered,
        gallery=gallery(page, offered),
        quantity=asked.get("quantity", "1"),
        refused=words(refusal, visit.settings.locale) if refusal else None,
        availability=lambda variant: availability(variant, visit.settings, visit.today),
        also=await _also(visit, page),
        data=_data(visit, page),
    )


async def _also(visit: Visit, page: ProductPage) -> list[catalog.ProductCard]:
    """A few others of its shelf."""
    if not path_to(await visit.shelves(), page.category_slug):
        return []
    found = await catalog.shop_products(visit.tx, category=page.category_slug, limit=_ALSO + 1)
    return [card for card in found.items if card.id != page.id][:_ALSO]


def _data(visit: Visit, page: ProductPage) -> dict[str, Any]:
    """The product for search engines (schema.org)."""
    address = f"{visit.origin}/products/{page.slug}"
    return {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": page.title,
        "description": page.description,
        "url": address,
        "image": [f"{visit.origin}{picture_url(each.motif, each.palette)}" for each in page.pictures],
        "category": page.category_name,
        "offers": [
            {
                "@type": "Offer",
                "sku": each.sku,
                "name": each.title or page.title,
                "price": str(decimal_amount(each.price, page.currency)),
                "priceCurrency": page.currency,
                "availability": f"https://schema.org/{_schema_availability(each)}",
                "url": address,
            }
            for each in page.variants
            if each.price is not None
        ],
    }


def _schema_availability(variant: VariantView) -> str:
    if not variant.available:
        return "OutOfStock"
    if variant.units == 0:
        return "PreOrder" if variant.beyond_stock == BeyondStock.PREORDER else "BackOrder"
    return "InStock"
