"""Roles, and what each may do. The table of system roles is here; the database follows it at every start."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from stoa.db.transaction import Tx
from stoa.kernel.ids import uuid7
from stoa.people.models import Membership, Role

PERMISSIONS: frozenset[str] = frozenset(
    {
        "catalog.read",
        "catalog.write",
        "inventory.read",
        "inventory.write",
        "orders.read",
        "orders.write",
        "orders.cancel",
        "orders.refund",
        "payments.read",
        "payments.capture",
        "payments.manage",
        "customers.read",
        "customers.write",
        "discounts.read",
        "discounts.write",
        "prices.override",
        "settings.read",
        "settings.write",
        "keys.manage",
        "webhooks.read",
        "webhooks.manage",
        "people.manage",
    }
)

ROLES: dict[str, frozenset[str]] = {
    # Everything, and alone in deciding who works here.
    "owner": PERMISSIONS,
    # Runs the shop.
    "manager": PERMISSIONS - {"people.manage", "payments.manage"},
    # Works in it: goods and orders, and the customers and discounts they meet there. Gives money back only with goods.
    "staff": frozenset(
        {
            "catalog.read",
            "catalog.write",
            "inventory.read",
            "inventory.write",
            "orders.read",
            "orders.write",
            "orders.cancel",
            "payments.read",
            "payments.capture",
            "customers.read",
            "discounts.read",
        }
    ),
    # Looks, and changes nothing.
    "analyst": frozenset(permission for permission in PERMISSIONS if permission.endswith(".read")),
}


async def ensure_roles(tx: Tx) -> None:
    """Write the system roles as the table above has them. Safe at every start; writes only what differs."""
    rows = [
        {"id": uuid7(tx.now), "name": name, "permissions": sorted(permissions)}
        for name, permissions in sorted(ROLES.items())
    ]
    upsert = insert(Role).values(rows)
    await tx.execute(
        upsert.on_conflict_do_update(
            index_elements=["name"],
            set_={"permissions": upsert.excluded.permissions},
            where=Role.permissions != upsert.excluded.permissions,
        )
    )


async def permissions_of(tx: Tx, *, user_id: UUID, store_id: UUID) -> frozenset[str]:
    """What the user may do in the store; nothing, where they have no role in it."""
    permissions = await tx.one_or_none(
        select(Role.permissions)
        .join(Membership, Membership.role_id == Role.id)
        .where(Membership.user_id == user_id, Membership.store_id == store_id)
    )
    return frozenset(permissions or ())
