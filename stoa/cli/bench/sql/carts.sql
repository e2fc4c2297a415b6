-- Contacts, carts, two lines each and quotes, as shopping writes them, for every row of the temporary table `wanted`.
--
-- Which two variants cart n holds is a matter of arithmetic, so that `limit_order.sql` can work it out as well: two at
-- random of $variants, or both of variant 1 where all want the same. A cart holds a variant twice only where staff set
-- a price, so the second line then has one, which is the list's.
CREATE TEMP TABLE priced ON COMMIT DROP AS
SELECT w.*, v1, v2, p1, p2, p1 + p2 + 395 AS total, tax, shipping_tax, tax1, tax - shipping_tax - tax1 AS tax2,
       CASE WHEN $hot THEN 'bench' END AS staff_price
  FROM wanted w
 CROSS JOIN LATERAL (SELECT (n * 48271 + $seed) % 2147483647 AS x OFFSET 0) a
 CROSS JOIN LATERAL (SELECT x * x % 2147483647 AS y OFFSET 0) b
 CROSS JOIN LATERAL (SELECT CASE WHEN $hot THEN 1 ELSE y % $variants + 1 END AS v1 OFFSET 0) c
 CROSS JOIN LATERAL (SELECT CASE WHEN $hot THEN 1 ELSE (v1 + y / $variants % ($variants - 1)) % $variants + 1 END AS v2
                     OFFSET 0) d
 CROSS JOIN LATERAL (SELECT 500 + v1 % 4500 AS p1, 500 + v2 % 4500 AS p2 OFFSET 0) e
 -- A fifth is added to the net; the net is rounded, and the tax is the rest, split by largest remainder.
 CROSS JOIN LATERAL (SELECT p1 + p2 + 395 - ((p1 + p2 + 395) * 10 + 6) / 12 AS tax OFFSET 0) f
 CROSS JOIN LATERAL (SELECT (2 * 395 * tax + p1 + p2 + 395) / (2 * (p1 + p2 + 395)) AS shipping_tax OFFSET 0) g
 CROSS JOIN LATERAL (SELECT (tax - shipping_tax) * p1 / (p1 + p2)
                          + CASE WHEN (tax - shipping_tax) * p1 % (p1 + p2) > 0
                                  AND (tax - shipping_tax) * p1 % (p1 + p2) >= (tax - shipping_tax) * p2 % (p1 + p2)
                                 THEN 1 ELSE 0 END AS tax1 OFFSET 0) h;

INSERT INTO order_contacts (store_id, id, email, email_folded, phone, name, company, line1, line2, city, region,
                            postal_code, country, note)
SELECT '$store', contact, '$email', '$email', '', '$name', '', '$line1', '', '$city', '', '$postal_code', '$country', ''
  FROM priced;

INSERT INTO carts (store_id, id, token_hash, contact_id, currency, state, quote_id, source, created_at, expires_at)
SELECT '$store', cart, token_hash, contact, 'GBP', state, quote, 'shop', at, at + interval '30 days'
  FROM priced;

INSERT INTO cart_lines (store_id, id, cart_id, position, variant_id, quantity, seen_unit_price, override_amount,
                        override_reason, override_by)
SELECT '$store', stoa.child_id(cart, 2 * n + line), cart, line, stoa.child_id('$base', variant), 1, price,
       CASE WHEN why IS NOT NULL THEN price END, why, CASE WHEN why IS NOT NULL THEN 'system' END
  FROM priced
 CROSS JOIN LATERAL (VALUES (1, v1, p1, NULL), (2, v2, p2, staff_price)) AS l(line, variant, price, why);

INSERT INTO quotes (store_id, id, cart_id, currency, tax_included, subtotal, discount, shipping, shipping_tax, tax, total,
                    shipping_title, lines, explanation, budget_ids, budget_amounts, missing, created_at, expires_at)
SELECT '$store', quote, cart, 'GBP', true, p1 + p2, 0, 395, shipping_tax, tax, total, 'Standard delivery',
       jsonb_build_array(
           jsonb_build_object('line', 1, 'variant_id', stoa.child_id('$base', v1), 'sku', 'sku-' || v1,
               'title', 'Product ' || (v1 - 1) / 10 + 1, 'variant_title', 'Size ' || v1, 'quantity', 1, 'unit_price', p1,
               'amount', p1, 'override_reason', NULL, 'discount', 0, 'tax', tax1, 'tax_rate_ppm', 200000, 'total', p1),
           jsonb_build_object('line', 2, 'variant_id', stoa.child_id('$base', v2), 'sku', 'sku-' || v2,
               'title', 'Product ' || (v2 - 1) / 10 + 1, 'variant_title', 'Size ' || v2, 'quantity', 1, 'unit_price', p2,
               'amount', p2, 'override_reason', staff_price, 'discount', 0, 'tax', tax2, 'tax_rate_ppm', 200000, 'total', p2)),
       '[]', '{}', '{}', '{}', at, at + interval '1 day'
  FROM priced;
