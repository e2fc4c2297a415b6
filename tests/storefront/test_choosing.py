"""From a product's page into the cart."""

import pytest

from stoa import inventory
from stoa.catalog import CreatedProduct, NewOption, NewPicture, NewVariant
from stoa.db.transaction import Database
from tests.make import MadeStore, Make
from tests.storefront.shopper import ADDRESS, Page, Shopper


@pytest.fixture
async def shirt(database: Database, store: MadeStore) -> CreatedProduct:
    """In two sizes and two colours, one of the four not made; two of each are in stock but for S in red."""
    async with database.store(store.id) as tx:
        make = Make(tx)
        created = await make.product(
            "Shirt",
            options=[NewOption("Size", ["S", "M"]), NewOption("Colour", ["Red", "Blue"])],
            variants=[
                NewVariant(sku="S-RED", price=2000, choice={"Size": "S", "Colour": "Red"}),
                NewVariant(sku="S-BLUE", price=2000, choice={"Size": "S", "Colour": "Blue"}),
                NewVariant(sku="M-BLUE", price=2400, compare_at=3000, choice={"Size": "M", "Colour": "Blue"}),
            ],
        )
        warehouse = await make.warehouse()
        in_stock = [created.variants[sku].id for sku in ("S-BLUE", "M-BLUE")]
        await inventory.receive_many(tx, receipts=[inventory.Receipt(each, warehouse.id, 2) for each in in_stock])
    return created


async def test_the_options_chosen_are_the_variant_in_the_cart(shopper: Shopper, shirt: CreatedProduct):
    page = await shopper.open("/products/shirt")

    cart = await shopper.send(page, "/products/shirt", o0="M", o1="Blue", quantity="2")

    assert cart.path == "/cart"
    assert cart.titles("line-title") == ["Shirt"]
    assert cart.titles("line-choice") == ["M / Blue"]
    assert cart.titles("line-amount") == ["£48.00"]
    assert "It is in your cart." in cart.main


async def test_the_page_begins_with_what_can_be_bought_and_follows_the_address(shopper: Shopper, shirt: CreatedProduct):
    page = await shopper.open("/products/shirt")
    asked = await shopper.open("/products/shirt?o0=M&o1=Blue")

    assert page.form("/products/shirt")["o0"] == "S"
    assert page.form("/products/shirt")["o1"] == "Blue"
    assert asked.titles("is-chosen") == ["Now £24.00 before £30.00 Only 2 left"]


@pytest.mark.parametrize(
    ("typed", "status", "says"),
    [
        ({"o0": "M", "o1": "Red"}, 422, "It does not come as M / Red; please choose another."),
        ({"o0": "XL", "o1": "Red"}, 422, "Please choose: Size."),
        ({"o0": "S", "o1": "Red"}, 409, "“Shirt, S / Red” is sold out."),
        ({"o0": "M", "o1": "Blue", "quantity": "3"}, 409, "Only 2 of “Shirt, M / Blue” left; you asked for 3."),
        ({"o0": "M", "o1": "Blue", "quantity": "0"}, 422, "Please give a whole number from 1 upwards."),
        ({"o0": "M", "o1": "Blue", "quantity": "-1"}, 422, "Please give a whole number from 1 upwards."),
        ({"o0": "M", "o1": "Blue", "quantity": "two"}, 422, "Please give a whole number from 1 upwards."),
        ({"o0": "M", "o1": "Blue", "quantity": "10000000"}, 422, "Please give a whole number from 1 upwards."),
        ({"o0": "M", "o1": "Blue", "quantity": "9" * 40}, 422, "Please give a whole number from 1 upwards."),
    ],
)
async def test_what_cannot_be_put_in_is_said_on_the_page_and_nothing_is(
    shopper: Shopper, shirt: CreatedProduct, typed: dict[str, str], status: int, says: str
):
    page = await shopper.open("/products/shirt")

    refused = await shopper.send(page, "/products/shirt", **typed)

    assert (refused.status, refused.path) == (status, "/products/shirt")
    assert refused.titles("refusal") == [says]
    assert refused.form("/products/shirt")["quantity"] == typed.get("quantity", "1")
    assert (await shopper.open("/cart")).titles("line-title") == []


async def test_the_same_once_more_joins_its_line(shopper: Shopper, shirt: CreatedProduct):
    await shopper.put_in_cart("shirt", o0="S", o1="Blue")

    cart = await shopper.put_in_cart("shirt", o0="S", o1="Blue")

    assert cart.titles("line-amount") == ["£40.00"]
    assert cart.titles("count") == ["2"]


@pytest.fixture
async def cushion(database: Database, store: MadeStore) -> CreatedProduct:
    """In two colours and two sizes; there is a picture of the smaller one in each colour."""
    chosen = [(size, colour) for size in ("45 cm", "60 cm") for colour in ("Moss", "Clay")]
    async with database.store(store.id) as tx:
        return await Make(tx).product(
            "Cushion",
            options=[NewOption("Colour", ["Moss", "Clay"]), NewOption("Size", ["45 cm", "60 cm"])],
            variants=[
                NewVariant(f"{colour}-{size}".upper().replace(" ", ""), 2800, choice={"Colour": colour, "Size": size})
                for size, colour in chosen
            ],
            pictures=[
                NewPicture("cushion", "moss", "In moss", "MOSS-45CM"),
                NewPicture("cushion", "clay", "In clay", "CLAY-45CM"),
            ],
            stock=5,
        )


async def test_the_picture_of_the_colour_that_is_chosen_comes_first(shopper: Shopper, cushion: CreatedProduct):
    begun = await shopper.open("/products/cushion")
    asked = await shopper.open("/products/cushion?o0=Clay&o1=60+cm")

    assert gallery_of(begun) == [("frame o0v0", "In moss"), ("frame o0v1", "In clay")]
    assert gallery_of(asked) == [("frame o0v1", "In clay"), ("frame o0v0", "In moss")]
    assert "follows" in next(node.get("class") for node in asked.tree.all("div") if "gallery" in node.get("class"))


async def test_the_cart_and_the_order_show_the_colour_that_was_chosen_in_every_size(
    shopper: Shopper, cushion: CreatedProduct
):
    page = await shopper.open("/products/cushion")
    cart = await shopper.send(page, "/products/cushion", o0="Clay", o1="60 cm", quantity="1")
    checkout = await shopper.open("/checkout")
    order = await shopper.send(checkout, "/checkout", **ADDRESS)

    assert order.path.startswith("/orders/")
    assert [[node.get("alt") for node in each.tree.all("img")] for each in (cart, order)] == [["In clay"], ["In clay"]]


def gallery_of(page: Page) -> list[tuple[str, str]]:
    """Frame and alternative text of each picture in the gallery, in order."""
    frames = [node for node in page.tree.all("div") if node.get("class").startswith("frame")]
    return [(node.get("class"), next(image.get("alt") for image in node.all("img"))) for node in frames]
