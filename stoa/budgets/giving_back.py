"""An order that is cancelled gives back what it spent of budgets: each once, which a unique key sees to."""

from uuid import UUID

from sqlalchemy import text

from stoa.db.children import child_range
from stoa.db.transaction import Tx

# Entries of giving back are an order's children from here on; those of spending are numbered from 1.
_FIRST = 1 << 20


async def give_back(tx: Tx, *, order_id: UUID, reason: str = "") -> None:
    """Give back all that an order spent. The caller has it locked, and cancels all that is left of it.

    Called again it gives nothing back. Three statements, of which two run only where something was spent.
    """
    first, last = child_range(order_id)
    spent = (await tx.execute(_LOCK, {"store": tx.store_id, "first": first, "last": last})).scalars().all()
    if not spent:
        return
    values = {"store": tx.store_id, "first": first, "last": last, "order": order_id}
    given = (await tx.execute(_WRITE_ENTRIES, values | {"reason": reason, "number": _FIRST})).scalars().all()
    await tx.execute(_RAISE_BALANCES, {"store": tx.store_id, "entries": given})


_LOCK = text("""
SELECT budget.id FROM budgets budget
WHERE budget.store_id = :store AND budget.id IN (
    SELECT entry.budget_id FROM budget_entries entry
    WHERE entry.store_id = :store AND entry.id BETWEEN :first AND :last AND entry.kind = 'spend'
)
ORDER BY budget.id FOR UPDATE
""")

_WRITE_ENTRIES = text("""
INSERT INTO budget_entries (store_id, id, budget_id, kind, amount, order_id, reason)
SELECT CAST(:store AS uuid),
    stoa.child_id(CAST(:order AS uuid), CAST(:number AS bigint) + row_number() OVER (ORDER BY spent.id)),
    spent.budget_id, 'give_back', -spent.amount, CAST(:order AS uuid), CAST(:reason AS text)
FROM budget_entries spent
WHERE spent.store_id = :store AND spent.id BETWEEN :first AND :last AND spent.kind = 'spend'
ON CONFLICT (store_id, budget_id, order_id, kind) DO NOTHING
RETURNING id
""")

_RAISE_BALANCES = text("""
UPDATE budgets budget SET balance = budget.balance + entry.amount
FROM budget_entries entry
WHERE entry.store_id = :store AND entry.id = ANY (CAST(:entries AS uuid[]))
    AND budget.store_id = :store AND budget.id = entry.budget_id
""")
