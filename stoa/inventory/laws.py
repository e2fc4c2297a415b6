"""Queries over all stores that must return no row: stock is never promised twice, and never changes in silence."""

LAWS = {
    "a level is the sum of its movements": """
        SELECT coalesce(level.store_id, moved.of_store) AS store_id, coalesce(level.id, moved.level_id) AS id,
            level.on_hand, level.committed, level.reserved, moved.*
        FROM stock_levels level
        FULL JOIN (
            SELECT store_id AS of_store, level_id, sum(on_hand) AS moved_on_hand,
                sum(committed) AS moved_committed, sum(reserved) AS moved_reserved
            FROM stock_movements GROUP BY store_id, level_id
        ) moved ON moved.of_store = level.store_id AND moved.level_id = level.id
        WHERE level.id IS NULL
            OR level.on_hand <> coalesce(moved.moved_on_hand, 0)
            OR level.committed <> coalesce(moved.moved_committed, 0)
            OR level.reserved <> coalesce(moved.moved_reserved, 0)
    """,
    "what is promised is on hand, or recorded as short": """
        SELECT store_id, id, on_hand, committed, reserved, safety, short FROM stock_levels
        WHERE short <> greatest(0, committed + reserved + safety - on_hand)
    """,
    "no figure of a level is below zero": """
        SELECT store_id, id FROM stock_levels
        WHERE on_hand < 0 OR committed < 0 OR reserved < 0 OR safety < 0 OR short < 0
    """,
}
