"""How many there are, where, how many can be promised, and every movement that made it so."""

from stoa.inventory.availability import (
    Availability,
    LevelView,
    availability,
    availability_of_product,
    available_units,
    levels_of_variants,
    list_levels,
    list_movements,
)
from stoa.inventory.beyond import Beyond, beyond_stock_of, promise_beyond_stock
from stoa.inventory.held import list_held, release_held
from stoa.inventory.receipts import LARGEST_QUANTITY, Receipt, adjust, count, receive, receive_many, set_safety
from stoa.inventory.warehouses import create_warehouse, list_warehouses, update_warehouse

__all__ = [
    "LARGEST_QUANTITY",
    "Availability",
    "Beyond",
    "LevelView",
    "Receipt",
    "adjust",
    "availability",
    "availability_of_product",
    "available_units",
    "beyond_stock_of",
    "count",
    "create_warehouse",
    "levels_of_variants",
    "list_held",
    "list_levels",
    "list_movements",
    "list_warehouses",
    "promise_beyond_stock",
    "receive",
    "receive_many",
    "release_held",
    "set_safety",
    "update_warehouse",
]
