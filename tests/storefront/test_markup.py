"""Every page is sound HTML that a screen reader can use and that runs nothing."""

from collections import Counter

import pytest

from stoa.catalog import NewOption, NewPicture, NewVariant
from stoa.db.transaction import Database
from tests.make import MadeStore, Make
from tests.storefront.markup import Node
from tests.storefront.shopper import ADDRESS, Page, Shopper

BEN = {"email": "ben@example.com", "password": "a good password"}


@pytest.fixture
async def pages(shopper: Shopper, database: Database, store: MadeStore) -> dict[str, Page]:
    """Every page of the shop, refused forms among them."""
    async with database.store(store.id) as tx:
        make = Make(tx)
        kitchen = await make.category("Kitchen")
        variants = [
            NewVariant(sku="M-R", price=1250, compare_at=1500, choice={"Colour": "Red"}),
            NewVariant(sku="M-B", price=1250, choice={"Colour": "Blue"}),
        ]
        options, pictures = [NewOption("Colour", ["Red", "Blue"])], [NewPicture("mug", "moss", "A green mug")]
        await make.product(
            "Mug", category_id=kitchen.id, options=options, variants=variants, pictures=pictures, stock=9
        )
        await make.product("Plate", category_id=kitchen.id)
        await make.code("WELCOME5")
    pages = {
        "home": await shopper.open("/"),
        "empty search": await shopper.open("/?q=zebra"),
        "shelf": await shopper.open("/categories/kitchen"),
        "product": await shopper.open("/products/mug"),
        "sold out": await shopper.open("/products/plate"),
        "empty cart": await shopper.open("/cart"),
        "nothing": await shopper.open("/nothing"),
        "sign in": await shopper.open("/sign-in"),
        "register": await shopper.open("/register"),
    }
    pages["refused product"] = await shopper.send(pages["product"], "/products/mug", quantity="99")
    pages["cart"] = await shopper.put_in_cart("mug")
    pages["refused code"] = await shopper.send(pages["cart"], "/cart/code", code="NOPE")
    pages["cart with code"] = await shopper.send(pages["cart"], "/cart/code", code="WELCOME5")
    pages["checkout"] = await shopper.open("/checkout")
    pages["refused checkout"] = await shopper.send(
        pages["checkout"], "/checkout", bills_elsewhere="yes", note="x" * 501
    )
    pages["order"] = await shopper.send(pages["checkout"], "/checkout", **(ADDRESS | {"method": "bank_transfer"}))
    pages["refused register"] = await shopper.send(pages["register"], "/register", **(BEN | {"password": "short"}))
    await shopper.send(pages["register"], "/register", **BEN)
    pages["refused sign in"] = await shopper.send(pages["sign in"], "/sign-in", **(BEN | {"password": "not this one"}))
    pages["account"] = await shopper.send(pages["sign in"], "/sign-in", **BEN)
    await shopper.buy("mug")
    pages["account with an order"] = await shopper.open("/account")
    return pages


async def test_every_page_is_sound_and_says_what_each_field_is(pages: dict[str, Page]):
    assert {name: faults for name, page in pages.items() if (faults := list(_faults(page.tree)))} == {}


async def test_every_page_has_a_policy_under_which_nothing_foreign_runs(pages: dict[str, Page]):
    policies = {page.answer.headers["content-security-policy"] for page in pages.values()}

    assert len(policies) == 1
    policy = dict(part.strip().split(" ", 1) for part in policies.pop().split(";"))
    assert policy["default-src"] == policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["form-action"] == "'self'"
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"


async def test_what_is_somebodys_own_is_kept_by_no_cache_and_found_by_no_robot(
    pages: dict[str, Page], shopper: Shopper
):
    for name in ("cart", "checkout", "order", "account", "sign in"):
        page = pages[name]
        robots = [node.get("content") for node in page.tree.all("meta") if node.get("name") == "robots"]
        assert page.answer.headers["cache-control"] == "no-store", name
        assert robots == ["noindex"], name
    assert "Disallow: /checkout\n" in (await shopper.open("/robots.txt")).answer.text


def _faults(tree: Node):
    """What would not do on any page."""
    nodes = list(tree.all())
    ids = Counter(node.get("id") for node in nodes if node.get("id"))
    yield from (f"id twice: {name}" for name, times in ids.items() if times > 1)
    labels = {node.get("for") for node in nodes if node.tag == "label"}
    yield from (f"label for nothing: {name}" for name in labels - set(ids))
    for node in nodes:
        yield from _faults_of(node, labels, ids)
    for tag in ("h1", "main", "title"):
        if len(list(tree.all(tag))) != 1:
            yield f"not one <{tag}>"
    if next(tree.all("html")).get("lang") != "en":
        yield "no language"


def _faults_of(node: Node, labels: set[str], ids: Counter[str]):
    is_field = node.tag in ("select", "textarea") or (node.tag == "input" and node.get("type") != "hidden")
    if is_field and node.get("id") not in labels:
        yield f"no label: {node.attrs}"
    if node.tag == "img" and "alt" not in node.attrs:
        yield f"no alt: {node.attrs}"
    if node.tag in ("button", "a") and not (node.text or node.get("aria-label") or node.get("aria-hidden")):
        yield f"no words: {node.tag} {node.attrs}"
    if node.tag == "form" and (node.inside("form") or not node.get("action").startswith("/")):
        yield f"form: {node.attrs}"
    if node.tag == "script" and node.get("type") != "application/ld+json":
        yield f"script: {node.attrs}"
    if node.tag == "style" or any(name == "style" or name.startswith("on") for name in node.attrs):
        yield f"inline: {node.tag} {node.attrs}"
    for name in ("aria-describedby", "aria-labelledby"):
        yield from (f"{name} nothing: {one}" for one in node.get(name).split() if one not in ids)
    address = node.get("src") or (node.get("href") if node.tag == "link" and node.get("rel") != "canonical" else "/")
    if not address.startswith("/"):
        yield f"foreign: {node.attrs}"
