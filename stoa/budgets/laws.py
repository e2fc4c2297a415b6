"""Queries over all stores that must return no row: nothing is spent past its limit, and nothing in silence."""

LAWS = {
    "a budget is the sum of its entries": """
        SELECT budget.store_id, budget.id, budget.balance, coalesce(entered.total, 0) AS entered
        FROM budgets budget
        LEFT JOIN (
            SELECT store_id, budget_id, sum(amount) AS total FROM budget_entries GROUP BY store_id, budget_id
        ) entered ON entered.store_id = budget.store_id AND entered.budget_id = budget.id
        WHERE budget.balance <> coalesce(entered.total, 0)
    """,
    "no budget is below zero": "SELECT store_id, id, balance FROM budgets WHERE balance < 0",
}
