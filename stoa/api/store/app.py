"""The store API, version 1: everything a shopper's program needs."""

from fastapi import FastAPI

from stoa.api.documented import describe
from stoa.api.store import carts, completing, customers, holds, me, orders, payments, products, shop
from stoa.edge.apps import new_app
from stoa.edge.house import House
from stoa.edge.problems import refuses_with_problems

# Routes are tried in this order: buying, which all the others lead to, comes first.
ROUTERS = (
    completing.router, shop.router, products.router, carts.router, holds.router, orders.router,
    payments.router, payments.paying, customers.router, customers.own, me.router,
)  # fmt: skip


def store_api(house: House | None = None) -> FastAPI:
    """The app that answers under /api/store/v1; without a house it only tells what it would answer."""
    app = new_app(
        house,
        title="Stoa store API",
        version="1",
        description="What shoppers do in one store: look, fill a cart, buy, follow the order.",
    )
    refuses_with_problems(app)
    app.add_routes(route for router in ROUTERS for route in router.routes)
    describe(app, for_staff=False)
    return app
