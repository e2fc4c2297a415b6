"""A store with one of everything, and requests that could be meant: for tests that try every route."""

from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI

from stoa import carts, customers, inventory, orders, people
from stoa.api.admin.app import admin_api
from stoa.api.store.app import store_api
from stoa.db.transaction import Database
from stoa.edge.routes import PlainRoute
from stoa.kernel.ids import child_id
from stoa.payments.accounts import set_account
from stoa.payments.provider import Card
from stoa.payments.saved import cards_of, keep_card
from tests.api.calls import ADMIN_API, STORE_API, Caller
from tests.conftest import SECRET_KEY
from tests.make import MadeStore, Make
from tests.make.customers import HOME, signed_in_customer
from tests.make.people import member
from tests.make.selling import placed_order
from tests.make.webhooks import dead_letter


@dataclass(frozen=True)
class Furnished:
    """A store's own ids by the name a path or a body gives them, and the tokens that open its cart and its order."""

    store: MadeStore
    ids: dict[str, str]
    cart_token: str
    order_token: str
    customer: str

    def opening(self, caller: Caller) -> Caller:
        """The caller with both tokens in hand."""
        return caller.as_(cart_token=self.cart_token, order_token=self.order_token)


@dataclass(frozen=True)
class Operation:
    """One method of one route, as the app has it."""

    api: str
    method: str
    route: PlainRoute
    document: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.api}{self.route.path}"

    def path(self, ids: dict[str, str]) -> str:
        """The path with these ids in it. A route with a parameter that is not among them fails the test by its name."""
        return self.route.path.format_map(ids)

    def body(self, ids: dict[str, str]) -> Any:
        """The smallest body the document allows, with its examples and these ids; None where there is none."""
        described = self.document["paths"][self.route.path][self.method.lower()].get("requestBody")
        if described is None:
            return None
        return self._sample("", described["content"]["application/json"]["schema"], ids)

    def _sample(self, name: str, schema: dict[str, Any], ids: dict[str, str]) -> Any:
        if name in ids:
            return ids[name]
        if "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        if schema.get("examples"):
            return schema["examples"][0]
        match schema["type"]:
            case "object":
                # Of members that stand for one another, the first.
                needed = [*schema.get("required", ()), *schema.get("oneOf", [{}])[0].get("required", ())]
                return {each: self._sample(each, schema["properties"][each], ids) for each in needed}
            case "array":
                return [self._sample("", schema["items"], ids) for _ in range(schema.get("minItems", 0))]
            case "integer":
                return schema.get("minimum", 1)
            case _:
                return "a word"


def operations() -> list[Operation]:
    """Every operation of both APIs: a new route is tried from its first day."""
    found = []
    for api, app in ((STORE_API, store_api()), (ADMIN_API, admin_api())):
        document = app.openapi()
        found += [
            Operation(api, method, route, document)
            for route in routes_of(app)
            for method in sorted(route.methods or ())
        ]
    return found


def routes_of(app: FastAPI) -> list[PlainRoute]:
    """The app's routes; besides them there is only its document."""
    ours = [route for route in app.routes if isinstance(route, PlainRoute)]
    assert [getattr(route, "path", "") for route in app.routes if route not in ours] == ["/openapi.json"]
    return ours


async def furnish(database: Database, store: MadeStore) -> Furnished:
    """One of everything in a store."""
    signed_in = await signed_in_customer(database, store.id)
    order = await placed_order(database, store, customer_id=signed_in.customer_id)
    async with database.store(store.id) as tx:
        make = Make(tx)
        category = await make.category()
        product = await make.product("Blue mug", category_id=category.id, stock=100)
        [variant] = product.variants.values()
        cart = await carts.open_cart(tx, secret_key=SECRET_KEY)
        await tx.flush()
        token = carts.cart_token(SECRET_KEY, cart.id)
        wanted = [carts.Wanted(variant.id, 2)]
        await carts.add_lines(tx, cart_id=cart.id, holder=carts.STAFF, wanted=wanted)
        quote = await carts.quote(tx, cart_id=cart.id, holder=carts.STAFF)
        line = (await carts.read_cart(tx, cart_id=cart.id, holder=carts.STAFF)).lines[0]
        hold = await carts.hold(tx, cart_id=cart.id, holder=carts.STAFF)
        [level] = await inventory.levels_of_variants(tx, variant_ids=[variant.id])
        address = await customers.add_address(tx, customer_id=signed_in.customer_id, address=HOME)
        letter = await dead_letter(tx)
        await keep_card(tx, customer_id=signed_in.customer_id, provider="test", card=Card(token="test_ok"))
        [card] = await cards_of(tx, customer_id=signed_in.customer_id)
        account = await set_account(
            tx, provider="stripe", public_key="", secret="sk_1", webhook_secret=None, secret_key=SECRET_KEY
        )
        await orders.refund(tx, order_id=order.id, amount=1)
        [refund] = (await orders.order_by_id(tx, order_id=order.id)).refunds
        key, _ = await people.create_key(tx, name="A program", scopes=["orders.read"], secret_key=SECRET_KEY)
        ids = {
            "cart_id": cart.id,
            "line_id": line.id,
            "hold_id": hold.id if hold else None,
            "quote_id": quote.id,
            "category_id": category.id,
            "product_id": product.id,
            "variant_id": variant.id,
            "warehouse_id": level.warehouse_id,
            "level_id": level.id,
            "code_id": (await make.code()).id,
            "customer_id": signed_in.customer_id,
            "address_id": address.id,
            "order_id": order.id,
            "payment_id": child_id(order.id, 1),
            "attempt_id": refund.attempts[0].id,
            "saved_method_id": card.id,
            "account_id": account.id,
            "key_id": key.id,
            "endpoint_id": letter.endpoint_id,
            "delivery_id": letter.id,
            "user_id": (await member(tx, "staff")).id,
            "slug": "blue-mug",
        }
    return Furnished(
        store,
        {name: str(value) for name, value in ids.items()},
        token,
        order.token,
        f"Bearer {signed_in.token}",
    )
