"""Who may do what: every operation of the admin API with the permission it declares, and the roles that have it."""

from dataclasses import dataclass

from stoa.api.admin.app import admin_api
from stoa.api.store.app import store_api
from stoa.edge.routes import SIGNED_IN, PlainRoute
from stoa.people.roles import ROLES

ANYBODY = "anybody"
ANY_STAFF = "signed in"
CUSTOMER = "a customer"


@dataclass(frozen=True)
class Rule:
    """One operation. `needs` is a permission, or ANYBODY, CUSTOMER, ANY_STAFF; `roles` are those that have it."""

    api: str
    method: str
    path: str
    needs: str
    roles: tuple[str, ...]


def rules() -> list[Rule]:
    """Every operation of both APIs, as the routes themselves declare it."""
    return [
        Rule(api, method, route.path, needed, _roles(needed) if api == "admin" else ())
        for api, app in (("store", store_api()), ("admin", admin_api()))
        for route in app.routes
        if isinstance(route, PlainRoute)
        for method in sorted(route.methods or ())
        for needed in [_needed(route)]
    ]


def _needed(route: PlainRoute) -> str:
    if route.permission is None:
        return CUSTOMER if route.for_customers else ANYBODY
    return ANY_STAFF if route.permission == SIGNED_IN else route.permission


def _roles(needed: str) -> tuple[str, ...]:
    return tuple(role for role, permissions in ROLES.items() if needed in (ANYBODY, ANY_STAFF) or needed in permissions)
