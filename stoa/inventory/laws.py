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
    # By movements: of what an order holds, some units may have been taken back, and its items tell what it began with.
    "what a level has reserved is what is held of it": """
        SELECT coalesce(level.store_id, held.of_store) AS store_id, coalesce(level.id, held.level_id) AS id,
            level.reserved, held.units
        FROM stock_levels level
        FULL JOIN (
            SELECT m.store_id AS of_store, m.level_id, sum(m.reserved) AS units
            FROM reservations r
            JOIN stock_movements m ON m.store_id = r.store_id AND m.reservation_id = r.id
            WHERE r.state = 'held' GROUP BY m.store_id, m.level_id
        ) held ON held.of_store = level.store_id AND held.level_id = level.id
        WHERE coalesce(level.reserved, 0) <> coalesce(held.units, 0)
    """,
    "a cart's hold has the units that were reserved for it": """
        SELECT coalesce(t.store_id, m.store_id) AS store_id, coalesce(t.reservation_id, m.reservation_id) AS id,
            coalesce(t.level_id, m.level_id) AS level_id, t.units, m.units AS reserved
        FROM (
            SELECT t.store_id, t.reservation_id, t.level_id, sum(t.quantity) AS units
            FROM reservation_items t
            JOIN reservations r ON r.store_id = t.store_id AND r.id = t.reservation_id
            WHERE r.state = 'held' AND r.order_id IS NULL GROUP BY t.store_id, t.reservation_id, t.level_id
        ) t
        FULL JOIN (
            SELECT m.store_id, m.reservation_id, m.level_id, sum(m.reserved) AS units
            FROM reservations r
            JOIN stock_movements m ON m.store_id = r.store_id AND m.reservation_id = r.id
            WHERE r.state = 'held' AND r.order_id IS NULL GROUP BY m.store_id, m.reservation_id, m.level_id
        ) m ON m.store_id = t.store_id AND m.reservation_id = t.reservation_id AND m.level_id = t.level_id
        WHERE t.units IS DISTINCT FROM m.units
    """,
    "a cart points at what it holds, and nothing is held for another": """
        SELECT coalesce(c.store_id, r.store_id) AS store_id, coalesce(c.id, r.cart_id) AS cart_id,
            c.reservation_id, r.id
        FROM (SELECT * FROM carts WHERE reservation_id IS NOT NULL) c
        FULL JOIN (SELECT * FROM reservations WHERE state = 'held' AND order_id IS NULL) r
            ON r.store_id = c.store_id AND r.id = c.reservation_id
        WHERE r.cart_id IS DISTINCT FROM c.id OR c.state <> 'open'
    """,
    "a cart holds its units for a day at most": """
        SELECT store_id, id, created_at, expires_at FROM reservations
        WHERE order_id IS NULL AND expires_at > created_at + interval '24 hours'
    """,
    "a hold that is over says since when, and one that is held does not": """
        SELECT store_id, id, state, closed_at FROM reservations WHERE (state = 'held') <> (closed_at IS NULL)
    """,
}
