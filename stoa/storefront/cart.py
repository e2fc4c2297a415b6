"""The cart: what is in it, what has changed since, how many, a discount code, and holding it for the checkout."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from stoa import carts, catalog
from stoa.carts.errors import BadQuantity, CartNotFound, CartTooDear, NotEnoughStock, NotForSale
from stoa.carts.models import Quote
from stoa.catalog import PictureView
from stoa.kernel.refusals import Refusal
from stoa.storefront.routes import PageRoute, drawn_again_by
from stoa.storefront.visit import Here, Visit, see_other
from stoa.storefront.words import beyond, words

router = APIRouter(route_class=PageRoute)


@router.get("/cart")
async def cart(visit: Here) -> Response:
    """The cart at today's prices."""
    return await _draw(visit)


async def _drawn_again(visit: Visit, refusal: Refusal) -> Response:
    return await _draw(visit, refusal)


@router.post("/cart/lines/{line_id}")
@drawn_again_by(_drawn_again)
async def change_line(visit: Here, line_id: UUID) -> Response:
    """Change how many, or take the line out."""
    form = await visit.form()
    cart_id = _cart_id(visit)
    quantity = form.whole_number("quantity")
    if form.text("act") == "remove" or quantity == 0:
        await carts.remove_line(visit.tx, cart_id=cart_id, holder=visit.holder, line_id=line_id)
        return see_other("/cart?note=removed")
    if quantity is None:
        raise BadQuantity(quantity=0)
    await carts.change_quantity(visit.tx, cart_id=cart_id, holder=visit.holder, line_id=line_id, quantity=quantity)
    return see_other("/cart?note=changed")


@router.post("/cart/code")
@drawn_again_by(_drawn_again)
async def apply_code(visit: Here) -> Response:
    """Put a discount code on the cart, or take it off."""
    form = await visit.form()
    cart_id = _cart_id(visit)
    if form.text("act") == "remove":
        await carts.remove_code(visit.tx, cart_id=cart_id, holder=visit.holder)
        return see_other("/cart?note=code-off")
    await carts.apply_code(visit.tx, cart_id=cart_id, holder=visit.holder, code=form.text("code"))
    return see_other("/cart?note=code")


@router.post("/checkout/hold")
@drawn_again_by(_drawn_again)
async def hold(visit: Here) -> Response:
    """Hold what is in the cart, or hold it longer, and go to the checkout: looking there alone holds nothing."""
    await carts.hold(visit.tx, cart_id=_cart_id(visit), holder=visit.holder)
    return see_other("/checkout")


async def pictures_of(visit: Visit, variant_ids: list[UUID]) -> dict[UUID, PictureView | None]:
    """The picture of each variant's product, in one statement."""
    if not variant_ids:
        return {}
    found = await catalog.variants_for_sale(visit.tx, variant_ids)
    return {variant_id: found[variant_id].picture if variant_id in found else None for variant_id in variant_ids}


async def costs_of(visit: Visit, view: carts.CartView) -> Quote | None:
    """What the cart costs as it stands; None while something in it cannot be sold. Nothing is written."""
    try:
        return await carts.preview(visit.tx, cart_id=view.cart.id, holder=visit.holder)
    except (NotForSale, NotEnoughStock, CartTooDear):
        return None


def _cart_id(visit: Visit) -> UUID:
    if visit.cart is None:
        raise CartNotFound()
    return visit.cart.id


async def _draw(visit: Visit, refusal: Refusal | None = None) -> Response:
    """The page, with the refusal beside the line or the field it is about."""
    view = await visit.open_cart()
    lines = view.lines if view else ()
    said = words(refusal, visit.settings.locale) if refusal else None
    about = _about(visit) if refusal else ""
    form = await visit.form() if refusal else {}
    return await visit.page(
        "cart.html",
        status=refusal.status if refusal else 200,
        private=True,
        cart=view,
        lines=lines,
        pictures=await pictures_of(visit, [line.variant_id for line in lines]),
        costs=await costs_of(visit, view) if view and lines else None,
        said=said,
        about=about,
        typed=form,
        units=view.units if view else 0,
        beyond=lambda line: beyond(line.beyond_stock, line.ships_on, visit.settings, visit.today),
    )


def _about(visit: Visit) -> str:
    """Which line or field was refused: a line's id, `code`, or `hold`."""
    line_id = visit.request.path_params.get("line_id")
    return str(line_id) if line_id else visit.request.url.path.rpartition("/")[2]
