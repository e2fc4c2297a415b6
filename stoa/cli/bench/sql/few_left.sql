-- Somebody counts the first variant's stock: $units remain beyond what is promised already.
INSERT INTO stock_movements (store_id, id, level_id, kind, on_hand, committed, reserved, reason, actor)
SELECT '$store', '$movement', id, 'adjust', committed + reserved + safety + $units - on_hand, 0, 0, 'bench', 'system'
  FROM stock_levels WHERE store_id = '$store' AND id = stoa.child_id('$base', 1);

UPDATE stock_levels SET on_hand = committed + reserved + safety + $units
 WHERE store_id = '$store' AND id = stoa.child_id('$base', 1);
