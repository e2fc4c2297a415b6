-- For pgbench: one order of a prepared cart, in one statement that writes what `place_orders` writes. Nothing is looked
-- up, judged or answered: each client takes the next of its own carts and works out what is in it as
-- `carts.sql` did. Ids of what is written are children of the order's, as in `place_orders`.
\set n :n + 1
\set i :first + (:n - 1) * :clients + :client_id
\set x (:i * 48271 + :seed) % 2147483647
\set y :x * :x % 2147483647
\set v1 CASE WHEN :hot = 1 THEN 1 ELSE :y % :variants + 1 END
\set v2 CASE WHEN :hot = 1 THEN 1 ELSE (:v1 + :y / :variants % (:variants - 1)) % :variants + 1 END
\set p1 500 + :v1 % 4500
\set p2 500 + :v2 % 4500
\set goods :p1 + :p2
\set total :goods + 395
\set tax :total - (:total * 10 + 6) / 12
\set shipping_tax (2 * 395 * :tax + :total) / (2 * :total)
\set rest1 (:tax - :shipping_tax) * :p1 % :goods
\set rest2 (:tax - :shipping_tax) * :p2 % :goods
\set tax1 (:tax - :shipping_tax) * :p1 / :goods + CASE WHEN :rest1 > 0 AND :rest1 >= :rest2 THEN 1 ELSE 0 END
\set tax2 :tax - :shipping_tax - :tax1
WITH k AS MATERIALIZED (
    SELECT uuidv7() AS o, stoa.child_id(:carts, :i) AS cart, stoa.child_id(:quotes, :i) AS quote,
           stoa.child_id(:contacts, :i) AS contact, stoa.child_id(:base, :v1) AS level1,
           stoa.child_id(:base, :v2) AS level2, now() AS at
), lines AS MATERIALIZED (
    SELECT o, at, line, stoa.child_id(o, line) AS id, level, variant, price, tax, why
      FROM k CROSS JOIN LATERAL (VALUES (1, level1, :v1::bigint, :p1::bigint, :tax1::bigint, NULL),
                                        (2, level2, :v2, :p2, :tax2, CASE WHEN :hot = 1 THEN 'bench' END))
           AS l(line, level, variant, price, tax, why)
), c AS (
    UPDATE carts SET state = 'completed' FROM k WHERE store_id = :store AND carts.id = cart
), s AS (
    -- Two lines of one variant change one level once.
    UPDATE stock_levels s SET committed = committed + CASE WHEN level1 = level2 THEN 2 ELSE 1 END
      FROM k WHERE s.store_id = :store AND s.id IN (level1, level2)
), w AS (
    INSERT INTO orders (store_id, id, number, cart_id, quote_id, contact_id, token_hash, state, payment_state, currency,
                        tax_included, subtotal, discount, shipping, shipping_tax, tax, total, paid, refunded,
                        cancelled, shipping_title, source, placed_at)
    SELECT :store, o, :numbers::bigint + :i, cart, quote, contact, sha256(uuid_send(o)), 'confirmed', 'paid', 'GBP', true,
           :goods, 0, 395, :shipping_tax, :tax, :total, :total, 0, 0, 'Standard delivery', 'shop', at FROM k
), l AS (
    INSERT INTO order_lines (store_id, id, order_id, position, variant_id, sku, title, variant_title, quantity, counted,
                             unit_price, amount, override_reason, discount, tax, tax_rate_ppm, total)
    SELECT :store, id, o, line, level, 'sku-' || variant, 'Product ' || (variant - 1) / 10 + 1, 'Size ' || variant, 1, true, price,
           price, why, 0, tax, 200000, price FROM lines
), m AS (
    INSERT INTO stock_movements (store_id, id, level_id, kind, on_hand, committed, reserved, reason, order_id,
                                 order_line_id, actor)
    SELECT :store, id, level, 'commit', 0, 1, 0, '', o, id, 'guest' FROM lines
), p AS (
    INSERT INTO payments (store_id, id, order_id, position, method, provider, status, amount, authorized, captured, refunded,
                          refunding, currency, created_at, captured_at)
    SELECT :store, stoa.child_id(o, 1), o, 1, 'test', 'test', 'captured', :total, 0, :total, 0, 0, 'GBP', at, at FROM k
), h AS (
    INSERT INTO order_history (store_id, id, order_id, kind, state, payment_state, actor, note, happened_at)
    SELECT :store, stoa.child_id(o, 1), o, 'placed', 'confirmed', 'paid', 'guest', '', at FROM k
), e AS (
    INSERT INTO events (store_id, id, kind, subject_id, data, happened_at)
    SELECT :store, stoa.child_id(o, 1), 'order.placed', o, '{}', at FROM k
), i AS (
    INSERT INTO idempotency_keys (store_id, id, owner, route, key, request_hash, status, answer)
    SELECT :store, stoa.child_id(o, 1), 'token:' || encode(sha256(uuid_send(cart)), 'hex'),
           'POST /carts/{cart_id}/complete', cart::text, sha256(uuid_send(o)), 201, jsonb_build_object('order_id', o) FROM k
)
SELECT 1;
