"""Rows that belong to another and have their ids of it (`child_id`): found by a range of the key they have anyway.

So lines, payments and movements of an order need no index of their own, and an order costs no more to write.
"""

from uuid import UUID

from sqlalchemy import ColumnElement

from stoa.db.models import StoreOwned
from stoa.kernel.ids import child_id

LAST_CHILD = 2**32 - 1


def child_range(parent_id: UUID) -> tuple[UUID, UUID]:
    """The lowest and the highest id that a child of this row can have, for statements written by hand."""
    return child_id(parent_id, 0), child_id(parent_id, LAST_CHILD)


def is_child(model: type[StoreOwned], parent_id: UUID) -> ColumnElement[bool]:
    """The condition that a row of `model` is a child of this one. In the order of their ids they stand by number."""
    return model.id.between(*child_range(parent_id))
