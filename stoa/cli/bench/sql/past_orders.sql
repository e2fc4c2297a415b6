-- Orders of long ago, for every row of the temporary table `priced`: what placing wrote then, and of that what is kept.
-- Events and stored answers go after 30 days (stoa/jobs/purging.py); everything else stays.
INSERT INTO orders (store_id, id, number, cart_id, quote_id, contact_id, token_hash, state, payment_state, currency,
                    tax_included, subtotal, discount, shipping, shipping_tax, tax, total, paid, refunded,
                    cancelled, shipping_title, source, placed_at)
SELECT '$store', placed, number, cart, quote, contact, sha256(uuid_send(placed)), 'confirmed', 'paid', 'GBP', true, p1 + p2,
       0, 395, shipping_tax, tax, total, total, 0, 0, 'Standard delivery', 'shop', bought
  FROM priced;

INSERT INTO order_lines (store_id, id, order_id, position, variant_id, sku, title, variant_title, quantity, counted,
                         unit_price, amount, override_reason, discount, tax, tax_rate_ppm, total)
SELECT '$store', stoa.child_id(placed, line), placed, line, stoa.child_id('$base', variant), 'sku-' || variant,
       'Product ' || (variant - 1) / 10 + 1, 'Size ' || variant, 1, true, price, price, why, 0, line_tax, 200000, price
  FROM priced
 CROSS JOIN LATERAL (VALUES (1, v1, p1, tax1, NULL), (2, v2, p2, tax2, staff_price)) AS l(line, variant, price, line_tax, why);

INSERT INTO stock_movements (store_id, id, level_id, kind, on_hand, committed, reserved, reason, order_id, order_line_id,
                             actor)
SELECT '$store', stoa.child_id(placed, line), stoa.child_id('$base', variant), 'commit', 0, 1, 0, '', placed,
       stoa.child_id(placed, line), 'guest'
  FROM priced
 CROSS JOIN LATERAL (VALUES (1, v1), (2, v2)) AS l(line, variant);

INSERT INTO payments (store_id, id, order_id, position, method, provider, status, amount, authorized, captured, refunded,
                      refunding, currency, created_at, captured_at)
SELECT '$store', stoa.child_id(placed, 1), placed, 1, 'test', 'test', 'captured', total, 0, total, 0, 0, 'GBP', bought, bought
  FROM priced;

INSERT INTO order_history (store_id, id, order_id, kind, state, payment_state, actor, note, happened_at)
SELECT '$store', stoa.child_id(placed, 1), placed, 'placed', 'confirmed', 'paid', 'guest', '', bought
  FROM priced;

INSERT INTO events (store_id, id, kind, subject_id, data, happened_at, relayed_at)
SELECT '$store', stoa.child_id(placed, 1), 'order.placed', placed, '{}', bought, bought + interval '1 second'
  FROM priced
 WHERE bought > timestamptz '$kept_since';

INSERT INTO idempotency_keys (store_id, id, owner, route, key, request_hash, status, answer)
SELECT '$store', stoa.child_id(placed, 1), 'token:' || encode(token_hash, 'hex'), 'POST /carts/{cart_id}/complete',
       cart::text, sha256(uuid_send(placed)), 201, jsonb_build_object('order_id', placed)
  FROM priced
 WHERE bought > timestamptz '$kept_since';
