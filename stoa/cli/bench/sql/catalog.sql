-- $variants variants, ten a product, each with a size, a price and $units units in one warehouse.
-- Variant n and all that belongs to it are child n of $base, product p and its option child p; the warehouse is $base.
INSERT INTO warehouses (store_id, id, kind, code, name, country, priority, is_active)
VALUES ('$store', '$base', 'shipping', 'main', 'Main', 'GB', 0, true);

INSERT INTO products (store_id, id, slug, title, title_folded, description, state, revision, created_at, updated_at)
SELECT '$store', stoa.child_id('$base', n), 'product-' || n, 'Product ' || n, 'product ' || n, '', 'active', 1, '$now', '$now'
  FROM generate_series(1, ($variants - 1) / 10 + 1) n;

INSERT INTO variants (store_id, id, product_id, sku, title, weight_grams, requires_shipping, tracks_stock,
                      beyond_stock, is_active, position, created_at)
SELECT '$store', stoa.child_id('$base', n), stoa.child_id('$base', (n - 1) / 10 + 1), 'sku-' || n, 'Size ' || n, 100, true,
       true, 'none', true, n % 10, '$now'
  FROM generate_series(1, $variants) n;

INSERT INTO product_options (store_id, id, product_id, name, position)
SELECT '$store', stoa.child_id('$base', n), stoa.child_id('$base', n), 'Size', 0
  FROM generate_series(1, ($variants - 1) / 10 + 1) n;

INSERT INTO option_values (store_id, id, option_id, value, position)
SELECT '$store', stoa.child_id('$base', n), stoa.child_id('$base', (n - 1) / 10 + 1), n::text, n % 10
  FROM generate_series(1, $variants) n;

INSERT INTO variant_options (store_id, id, variant_id, option_id, value_id)
SELECT '$store', stoa.child_id('$base', n), stoa.child_id('$base', n), stoa.child_id('$base', (n - 1) / 10 + 1),
       stoa.child_id('$base', n)
  FROM generate_series(1, $variants) n;

INSERT INTO prices (store_id, id, variant_id, currency, amount)
SELECT '$store', stoa.child_id('$base', n), stoa.child_id('$base', n), 'GBP', 500 + n % 4500
  FROM generate_series(1, $variants) n;

INSERT INTO stock_levels (store_id, id, variant_id, warehouse_id, on_hand, committed, reserved, safety, short)
SELECT '$store', stoa.child_id('$base', n), stoa.child_id('$base', n), '$base', $units, 0, 0, 0, 0
  FROM generate_series(1, $variants) n;

INSERT INTO stock_movements (store_id, id, level_id, kind, on_hand, committed, reserved, reason, actor)
SELECT '$store', stoa.child_id('$base', n), stoa.child_id('$base', n), 'receive', $units, 0, 0, 'bench', 'system'
  FROM generate_series(1, $variants) n;
