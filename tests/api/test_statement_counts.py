"""How many statements each route sends, entering the store included; BEGIN and COMMIT are not counted.

A guest's cart is filled by calls that are transactions of their own: there nothing else is sent at all.

What is asked of the database does not grow with what is in a cart, an order or a list: 1, 10 and 100 cost the same.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from stoa import carts, catalog, inventory
from stoa.db.transaction import Database
from stoa.edge.house import House
from stoa.kernel.clock import utc_now
from stoa.kernel.ids import uuid7
from tests.api.calls import ADDRESS, Caller, buy, open_cart
from tests.make import MadeStore, Make
from tests.promises import statements

SIZES = [1, 10, 100]


@pytest.fixture(params=SIZES)
async def variants(request: pytest.FixtureRequest, database: Database, store: MadeStore) -> list[UUID]:
    """So many variants of one product, in stock."""
    async with database.store(store.id) as tx:
        options = [catalog.NewOption("Colour", [f"No. {n}" for n in range(request.param)])]
        new = [
            catalog.NewVariant(sku=f"MUG-{n}", price=1250, choice={"Colour": f"No. {n}"}) for n in range(request.param)
        ]
        made = await Make(tx).product("Mug", options=options, variants=new, stock=50)
    return [variant.id for variant in made.variants.values()]


@pytest.fixture
async def filled(shop: Caller, database: Database, store: MadeStore, variants: list[UUID]) -> tuple[str, Caller]:
    """A guest's cart with a line of each variant, and a contact."""
    cart, guest = await open_cart(shop)
    async with database.store(store.id) as tx:
        wanted = [carts.Wanted(variant_id, 1) for variant_id in variants]
        await carts.add_lines(tx, cart_id=UUID(cart.rpartition("/")[2]), holder=carts.STAFF, wanted=wanted)
    await guest.do("PUT", f"{cart}/contact", {"email": "ada@example.com", "shipping": ADDRESS})
    return cart, guest


async def count(house: House, caller: Caller, method: str, path: str, body: Any = None) -> int:
    """The statements of one call. The store is known already, and connections are open, as in a server that runs."""
    await caller.ask("GET", "/store")
    await house.database.alone(uuid7(utc_now())).call("child_id", 1)
    with statements(house.database) as sent:
        await caller.do(method, path, body)
        await asyncio.sleep(0)  # calls are told a moment later
    return len(sent)


async def test_filling_and_reading_a_cart(house: House, filled: tuple[str, Caller], variants: list[UUID]):
    cart, guest = filled
    line = (await guest.get(cart))["lines"][0]["id"]
    more = {"variant_id": str(variants[0]), "quantity": 1}

    await guest.do("POST", f"{cart}/lines", more)  # a connection asks once what an array is

    assert await count(house, guest, "GET", cart) == 1
    assert await count(house, guest, "POST", f"{cart}/lines", more) == 2
    assert await count(house, guest, "PATCH", f"{cart}/lines/{line}", {"quantity": 4}) == 2
    assert await count(house, guest, "PATCH", f"{cart}/lines/{line}", {"quantity": 4}) == 1
    assert await count(house, guest, "POST", f"{cart}/quotes") == 2
    assert await count(house, guest, "PUT", f"{cart}/contact", {"email": "ada@example.com"}) == 1
    assert await count(house, guest, "DELETE", f"{cart}/lines/{line}") == 2


async def test_opening_a_cart(house: House, shop: Caller):
    assert await count(house, shop, "POST", "/carts") == 1


async def test_a_key_costs_two_statements(house: House, shop: Caller):
    assert await count(house, shop.as_(idempotency_key=uuid4().hex), "POST", "/carts") == 3


async def test_a_session_costs_one_statement(house: House, shop: Caller, owner: Caller):
    assert await count(house, shop, "GET", "/store") == 2
    assert await count(house, owner, "GET", "/settings") == 3


async def test_reading_a_product(house: House, shop: Caller, variants: list[UUID]):
    assert await count(house, shop, "GET", "/products/mug") == 5


async def test_placing_an_order_and_reading_it(
    house: House, shop: Caller, filled: tuple[str, Caller], variants: list[UUID], owner: Caller
):
    await buy(shop, (variants[0], 1))  # the server runs: it is connected, and has numbers for this store
    cart, guest = filled
    quote = await guest.do("POST", f"{cart}/quotes")
    body = {"quote_id": quote["id"], "payment_method": "test"}

    with statements(house.database) as beside, sold_with(house) as sent:
        order = await guest.do("POST", f"{cart}/complete", body)

    assert len(beside) == 0
    assert [query.split("(")[0] for query in sent] == ["SELECT * FROM stoa.place_orders"]
    assert await count(house, guest.as_(order_token=order["token"]), "GET", f"/orders/{order['id']}") == 7
    assert await count(house, owner, "GET", f"/orders/{order['id']}") == 8


async def test_taking_an_order_back(
    house: House, shop: Caller, filled: tuple[str, Caller], variants: list[UUID], owner: Caller
):
    cart, guest = filled
    quote = await guest.do("POST", f"{cart}/quotes")
    order = await guest.do("POST", f"{cart}/complete", {"quote_id": quote["id"], "payment_method": "test"})
    path = f"/orders/{order['id']}"
    line = (await owner.get(path))["lines"][0]["id"]
    one = {"reason": "staff", "lines": [{"line_id": line, "quantity": 1}]}

    assert await count(house, owner, "POST", f"{path}/refunds", {"amount": 5}) == 17
    if len(variants) > 1:
        assert await count(house, owner, "POST", f"{path}/cancellations", one) == 31
    assert await count(house, owner, "POST", f"{path}/cancellations", {"reason": "staff"}) == 32
    assert await count(house, owner, "GET", path) == 9


@contextmanager
def sold_with(house: House) -> Iterator[list[str]]:
    """The messages that the connections which place orders send meanwhile."""
    sent: list[str] = []

    def note(record: asyncpg.connection.LoggedQuery) -> None:
        sent.append(record.query)

    connections = list(house.gatherer._idle)
    for connection in connections:
        connection.add_query_logger(note)
    yield sent
    for connection in connections:
        connection.remove_query_logger(note)


@pytest.mark.parametrize("size", SIZES)
async def test_lists(house: House, shop: Caller, owner: Caller, database: Database, store: MadeStore, size: int):
    async with database.store(store.id) as tx:
        new = [
            catalog.NewProduct(f"Mug {n}", [catalog.NewVariant(f"MUG-{n}", 1250)], state=catalog.ProductState.ACTIVE)
            for n in range(size)
        ]
        made = await catalog.create_products(tx, products=new)
        warehouse = await Make(tx).warehouse()
        receipts = [inventory.Receipt(v.id, warehouse.id, 5) for each in made for v in each.variants.values()]
        await inventory.receive_many(tx, receipts=receipts)

    assert await count(house, shop, "GET", "/products?limit=100") == 2
    assert await count(house, shop, "GET", "/categories") == 2
    assert await count(house, owner, "GET", "/products?limit=100") == 3
    assert await count(house, owner, "GET", "/stock-levels?limit=100") == 3
    assert await count(house, owner, "GET", "/customers?limit=100") == 3
    assert await count(house, owner, "GET", "/discount-codes?limit=100") == 3
    assert await count(house, owner, "GET", "/orders?limit=100") == 5


@pytest.mark.parametrize("size", SIZES)
async def test_receiving_a_delivery(house: House, owner: Caller, database: Database, store: MadeStore, size: int):
    async with database.store(store.id) as tx:
        new = [catalog.NewProduct(f"Mug {n}", [catalog.NewVariant(f"MUG-{n}", 1250)]) for n in range(size)]
        made = await catalog.create_products(tx, products=new)
        warehouse = await Make(tx).warehouse()
    lines = [
        {"variant_id": str(v.id), "warehouse_id": str(warehouse.id), "quantity": 5}
        for each in made
        for v in each.variants.values()
    ]

    assert await count(house, owner, "POST", "/receipts", {"lines": lines}) == 13
