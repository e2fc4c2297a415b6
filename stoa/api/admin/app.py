"""The admin API, version 1: everything the staff of one store, and their programs, do."""

from fastapi import FastAPI

from stoa.api.admin import (
    availability,
    carts,
    categories,
    codes,
    customers,
    holds,
    keys,
    members,
    orders,
    payments,
    products,
    sessions,
    settings,
    stock,
    unanswered,
    variants,
    webhooks,
)
from stoa.api.documented import describe
from stoa.edge.apps import new_app
from stoa.edge.house import House
from stoa.edge.problems import refuses_with_problems

ROUTERS = (
    sessions.router, sessions.own, settings.router, keys.router, members.router, categories.router, products.router,
    variants.router, stock.router, availability.router, holds.router, codes.router, customers.router, carts.router,
    carts.completing, orders.router, payments.router, unanswered.router, unanswered.giving_up, webhooks.router,
)  # fmt: skip


def admin_api(house: House | None = None) -> FastAPI:
    """The app that answers under /api/admin/v1; without a house it only tells what it would answer."""
    app = new_app(
        house,
        title="Stoa admin API",
        version="1",
        description="What the staff of a store and their programs do. Every operation names the permission it needs.",
    )
    refuses_with_problems(app)
    app.add_routes(route for router in ROUTERS for route in router.routes)
    describe(app, for_staff=True)
    return app
