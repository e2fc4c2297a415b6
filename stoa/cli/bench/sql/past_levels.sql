-- The levels follow the movements that were just written.
UPDATE stock_levels level SET committed = moved.committed
  FROM (SELECT level_id, sum(committed) AS committed FROM stock_movements WHERE store_id = '$store' GROUP BY level_id) moved
 WHERE level.store_id = '$store' AND level.id = moved.level_id AND level.committed <> moved.committed;
