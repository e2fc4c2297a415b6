-- What may still be promised, per variant and warehouse that ships, and (`is_later`) beyond stock, up to its limit. Whoever
-- asks adds up over warehouses.
-- A plain join without grouping, so that it melts into the query that asks and finds its levels by key; and
-- security_invoker, so that whoever asks sees what they may see (database rule 6).
CREATE OR REPLACE VIEW sellable_stock WITH (security_invoker = true) AS
SELECT level.store_id, level.variant_id, level.warehouse_id,
    greatest(0, level.on_hand - level.safety - level.committed - level.reserved) AS units,
    warehouse.kind = 'backorder' AS is_later
FROM stock_levels level
JOIN warehouses warehouse ON warehouse.store_id = level.store_id AND warehouse.id = level.warehouse_id
WHERE warehouse.is_active;
GRANT SELECT ON sellable_stock TO stoa_server, stoa_reader;
