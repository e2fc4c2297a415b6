"""How each law is broken behind the database's back: by a superuser who sets foreign keys aside.

Every statement names the store as $1. What a CHECK would refuse first drops the CHECK; all of it is rolled back. A law
without an entry here fails the tests: nobody has seen it notice anything.
"""

from tests.checkout.worlds import world_id


def _id(kind: str, n: int) -> str:
    return f"'{world_id(kind, n)}'::uuid"


_OPTION = "INSERT INTO product_options (store_id, id, product_id, name, position) VALUES ($1, {0}, {1}, 'Size', 0)"
_VALUE = "INSERT INTO option_values (store_id, id, option_id, value, position) VALUES ($1, {0}, {1}, 'Small', 0)"
_CHOICE = (
    "INSERT INTO variant_options (store_id, id, variant_id, option_id, value_id)"
    " VALUES ($1, gen_random_uuid(), {variant}, {option}, {value})"
)
_CATEGORY = (
    "INSERT INTO categories (SELECT (jsonb_populate_record(NULL::categories, jsonb_build_object('store_id', $1::uuid,"
    " 'id', {0}, 'parent_id', {1}, 'slug', 'c', 'name', 'C', 'description', '', 'position', 0, 'is_active', true,"
    " 'created_at', now(), 'deleted_at', {2}))).*)"
)
_OPT, _VAL, _CAT = _id("option", 1), _id("value", 1), _id("category", 1)

_ENDPOINT = (
    "INSERT INTO webhook_endpoints (SELECT (jsonb_populate_record(NULL::webhook_endpoints, jsonb_build_object("
    "'store_id', $1::uuid, 'id', {0}, 'url', 'https://example.com/', 'description', '', 'kinds', '{{}}'::text[],"
    " 'is_active', true, 'secret_number', 1, 'failures', 0, 'created_at', now(), 'listens_since', {1}))).*)"
)
_DELIVERY = (
    "INSERT INTO webhook_deliveries (SELECT (jsonb_populate_record(NULL::webhook_deliveries, jsonb_build_object("
    "'store_id', $1::uuid, 'id', gen_random_uuid(), 'endpoint_id', {0}, 'event_id', gen_random_uuid(),"
    " 'kind', 'order.placed', 'subject_id', {0}, 'told_at', now() + interval '1 second' * {1}, 'data', '{{}}'::jsonb,"
    " 'happened_at', now(), 'state', {2}, 'is_next', {3}, 'attempts', 0, 'next_attempt_at', now(),"
    " 'delivered_at', {4}, 'created_at', now()))).*)"
)
_HOOK = _id("endpoint", 1)

# Orders 0 and 1 were placed, each of two lines, with a code and a key; basket 2 is still open.
_LINE_OF_0 = f"order_id = (SELECT id FROM orders WHERE store_id = $1 AND cart_id = {_id('cart', 0)}) AND position = 1"
_OF_CART_0 = f"store_id = $1 AND cart_id = {_id('cart', 0)}"
_QUOTE_0 = f"store_id = $1 AND id = {_id('quote', 0)}"
_CART_2 = f"store_id = $1 AND id = {_id('cart', 2)}"

# Cart 2 is said to hold something.
_HELD = _id("hold", 2)
_HOLD = (
    "INSERT INTO reservations (store_id, id, cart_id, state, created_at, expires_at, closed_at)"
    f" VALUES ($1, {_HELD}, {_id('cart', 2)}, {{0}}, now(), now(), {{1}})"
)
_CANCELLATION = (
    "INSERT INTO cancellations (store_id, id, order_id, position, reason, note, is_whole, amount, shipping, kept,"
    " actor, happened_at) SELECT $1, id, id, 1, 'other', '', {whole}, 0, 0, {kept}, 'system', now() FROM orders"
    f" WHERE {_OF_CART_0}"
)
_REFUND = (
    "INSERT INTO refunds (store_id, id, order_id, amount, currency, note, actor, created_at)"
    f" SELECT $1, id, id, 1, currency, '', 'system', now() FROM orders WHERE {_OF_CART_0}"
)

# A card that paid nothing of order 0 (nobody asked a second time), and what was asked about it, long ago or just now.
_CARD = (
    "INSERT INTO payments (store_id, id, order_id, position, method, provider, status, amount, authorized, captured,"
    " refunded, refunding, currency, created_at) SELECT store_id, stoa.child_id(id, 9), id, 9, 'card', 'test',"
    f" 'voided', 1, {{authorized}}, 0, 0, 0, currency, now() FROM orders WHERE {_OF_CART_0}"
)
_ASKED = (
    "INSERT INTO payment_attempts (store_id, id, payment_id, order_id, kind, amount, state, details, next_action,"
    " actor, opened_at, settled_at) SELECT store_id, id, id, order_id, 'authorize', 1, '{state}', '{{}}', '{{}}',"
    " 'system', now() - interval '{days} days', now() FROM payments WHERE store_id = $1 AND position = 9"
)

BREAKS: dict[str, list[str]] = {
    "budgets: a budget is the sum of its entries": ["UPDATE budgets SET balance = balance - 1 WHERE store_id = $1"],
    "budgets: no budget is below zero": [
        "ALTER TABLE budgets DROP CONSTRAINT budgets_not_negative_check",
        ("INSERT INTO budget_entries (store_id, id, budget_id, kind, amount, reason)"
        " SELECT store_id, gen_random_uuid(), id, 'grant', -1 - balance, '' FROM budgets WHERE store_id = $1"),
        "UPDATE budgets SET balance = -1 WHERE store_id = $1",
    ],
    "carts: a quote adds up, and its lines to it": [
        f"UPDATE quotes SET total = total + 1 WHERE store_id = $1 AND id = {_id('older quote', 2)}"
    ],
    "carts: the quote of a cart is its own, in its currency": [
        f"UPDATE carts SET quote_id = {_id('quote', 1)} WHERE {_CART_2}"
    ],
    "carts: no two carts share a contact": [f"UPDATE carts SET contact_id = {_id('contact', 1)} WHERE {_CART_2}"],
    "carts: units at the price of the list stand in one line of a cart": [
        ("INSERT INTO cart_lines (store_id, id, cart_id, position, variant_id, quantity, seen_unit_price)"
        f" SELECT $1, gen_random_uuid(), {_id('cart', 2)}, n, {_id('variant', 0)}, 1, 1 FROM generate_series(1, 2) n")
    ],
    "catalog: a variant chooses a value of its own product's option": [
        _OPTION.format(_OPT, _id("product", 1)),
        _VALUE.format(_VAL, _OPT),
        *(_CHOICE.format(variant=_id("variant", n), option=_OPT, value=_VAL) for n in (0, 1)),
    ],
    "catalog: a variant chooses of every option of its product": [_OPTION.format(_OPT, _id("product", 0))],
    "catalog: no two living variants of a product make the same choice": [
        ("INSERT INTO variants SELECT (jsonb_populate_record(v, jsonb_build_object('id', gen_random_uuid(),"
        f" 'sku', 'twin'))).* FROM variants v WHERE store_id = $1 AND id = {_id('variant', 0)}")
    ],
    "catalog: no living product stands in a deleted category": [
        _CATEGORY.format(_CAT, "null", "now()"),
        f"UPDATE products SET category_id = {_CAT} WHERE store_id = $1 AND id = {_id('product', 0)}",
    ],
    "catalog: no category stands in itself": [_CATEGORY.format(_CAT, _CAT, "null")],
    "checkout: an order has the lines of its quote, and no others": [
        f"UPDATE quotes SET lines = jsonb_set(lines, '{{0,quantity}}', '99') WHERE {_QUOTE_0}"
    ],
    "checkout: a line takes its units from stock of its own variant": [
        # The two lines of an order change places; each level's sum stays.
        ("UPDATE stock_movements m SET level_id = other.level_id FROM stock_movements other"
        f" WHERE m.store_id = $1 AND other.store_id = $1 AND other.order_id = m.order_id AND other.id <> m.id"
        f" AND m.order_id = (SELECT id FROM orders WHERE {_OF_CART_0})")
    ],
    "checkout: an order spends the budgets of its quote, and no others": [
        f"UPDATE quotes SET budget_amounts = '{{2}}' WHERE {_QUOTE_0}"
    ],
    "checkout: a stored answer names an order that is there": [
        "UPDATE idempotency_keys SET answer = jsonb_build_object('order_id', gen_random_uuid()) WHERE store_id = $1"
    ],
    "db: every table of a store is shut to others": ["ALTER TABLE carts NO FORCE ROW LEVEL SECURITY"],
    "db: no role of ours stands above row security": ["ALTER ROLE stoa_reader BYPASSRLS"],
    "db: no partition opens by itself, past the shut table it is part of": [
        "GRANT SELECT ON stock_movements_default TO stoa_server"
    ],
    "db: a view shows what whoever looks at it may see": ["ALTER VIEW sellable_stock RESET (security_invoker)"],
    "db: what is only appended cannot be changed or deleted": ["GRANT UPDATE ON order_lines TO stoa_server"],
    "inventory: a level is the sum of its movements": [
        "UPDATE stock_levels SET on_hand = on_hand + 1 WHERE store_id = $1"
    ],
    "inventory: what is promised is on hand, or recorded as short": [
        "UPDATE stock_levels SET short = 1 WHERE store_id = $1"
    ],
    "inventory: no figure of a level is below zero": [
        "ALTER TABLE stock_levels DROP CONSTRAINT stock_levels_not_negative_check",
        "UPDATE stock_levels SET safety = -1 WHERE store_id = $1",
    ],
    "inventory: what a level has reserved is what is held of it": [
        ("INSERT INTO stock_movements (store_id, id, level_id, kind, on_hand, committed, reserved, reason, actor)"
        " SELECT store_id, gen_random_uuid(), id, 'reserve', 0, 0, 1, '', 't' FROM stock_levels WHERE store_id = $1"),
        "UPDATE stock_levels SET reserved = reserved + 1 WHERE store_id = $1",
    ],
    "inventory: a cart's hold has the units that were reserved for it": [
        _HOLD.format("'held'", "null"),
        f"UPDATE carts SET reservation_id = {_HELD} WHERE {_CART_2}",
        ("INSERT INTO reservation_items (store_id, id, reservation_id, level_id, variant_id, line, quantity)"
        f" SELECT store_id, gen_random_uuid(), {_HELD}, id, variant_id, 0, 2 FROM stock_levels WHERE store_id = $1"),
    ],
    "inventory: a cart points at what it holds, and nothing is held for another": [
        _HOLD.format("'held'", "null"),
    ],
    "inventory: a cart holds its units for a day at most": [
        _HOLD.format("'released'", "now()"),
        f"UPDATE reservations SET expires_at = created_at + interval '24 hours 1 second' WHERE id = {_HELD}",
    ],
    "inventory: a hold that is over says since when, and one that is held does not": [
        _HOLD.format("'released'", "null"),
    ],
    "payments: what a payment took is what was asked for it": [
        ("INSERT INTO payment_attempts (store_id, id, payment_id, order_id, kind, amount, state, details, next_action,"
        " actor, opened_at, settled_at) SELECT store_id, id, id, order_id, 'capture', 1, 'succeeded', '{}', '{}',"
        " 'system', now(), now() FROM payments WHERE store_id = $1")
    ],
    "payments: what is promised was asked for": ["UPDATE payments SET authorized = 1 WHERE store_id = $1"],
    "payments: a payment is called what it is": ["UPDATE payments SET status = 'authorized' WHERE store_id = $1"],
    "payments: what came for nothing is on its way back": [
        _CARD.format(authorized=1), _ASKED.format(state="succeeded", days=40)
    ],
    "payments: whoever is to be asked outside was told of, as long as events are kept": [
        _CARD.format(authorized=0), _ASKED.format(state="failed", days=0)
    ],
    "payments: our books say what the test provider's say": [
        _CARD.format(authorized=0),
        _ASKED.format(state="failed", days=40),
        ("INSERT INTO test_charges (store_id, id, reference, status, amount, captured, refunded, currency, answers,"
        " created_at) SELECT store_id, id, 'test_1', 'captured', 1, 1, 0, currency, '{}', now() FROM payments"
        " WHERE store_id = $1 AND position = 9"),
    ],
    "orders: an order has lines, and its totals equal theirs": [
        f"UPDATE orders SET subtotal = subtotal + 1, discount = discount + 1 WHERE {_OF_CART_0}"
    ],
    "orders: a line adds up": [
        f"UPDATE order_lines SET unit_price = unit_price + 1 WHERE store_id = $1 AND {_LINE_OF_0}"
    ],
    "orders: what an order is paid and refunded equals what its payments say": [
        "UPDATE payments SET currency = 'EUR' WHERE store_id = $1"
    ],
    "orders: the payments of a confirmed order make up its total, and of no order more": [
        "UPDATE payments SET status = 'failed' WHERE store_id = $1"
    ],
    "orders: an order is called what its money is": [
        "UPDATE orders SET payment_state = 'pending' WHERE store_id = $1",
        "UPDATE order_history SET payment_state = 'pending' WHERE store_id = $1",
    ],
    "orders: a cart became one order, and only where it is completed": [
        f"UPDATE carts SET state = 'completed' WHERE {_CART_2}"
    ],
    "orders: an order was bought at its cart's quote": [
        f"UPDATE quotes SET currency = 'EUR' WHERE {_QUOTE_0}",
        f"UPDATE carts SET quote_id = NULL WHERE store_id = $1 AND id = {_id('cart', 0)}",
    ],
    "orders: an order's quote and contact are there": [
        f"DELETE FROM order_contacts WHERE store_id = $1 AND id = {_id('contact', 0)}"
    ],
    "orders: a line, a payment and a history have their order": [
        ("INSERT INTO order_history SELECT (jsonb_populate_record(h, jsonb_build_object('id', gen_random_uuid(),"
        " 'order_id', gen_random_uuid()))).* FROM order_history h WHERE store_id = $1 LIMIT 1")
    ],
    "orders: a line's variant is there": ["DELETE FROM variants WHERE store_id = $1"],
    "orders: every order was told, as long as events are kept": ["DELETE FROM events WHERE store_id = $1"],
    "orders: whatever else happened to an order was told too, as long as events are kept": [
        ("INSERT INTO order_history (store_id, id, order_id, kind, state, payment_state, actor, note, happened_at)"
        " SELECT store_id, stoa.child_id(id, 9), id, 'paid', state, payment_state, '', '', now()"
        f" FROM orders WHERE {_OF_CART_0}")
    ],
    "orders: an order's history ends in the states it has": [
        "UPDATE order_history SET state = 'pending' WHERE store_id = $1"
    ],
    "orders: a counted line has its units promised, less those taken back, and another has none": [
        "UPDATE stock_movements SET order_line_id = NULL WHERE store_id = $1 AND kind = 'commit'"
    ],
    "webhooks: every relayed event has a delivery to each endpoint that listened": [
        _ENDPOINT.format(_HOOK, "now() - interval '1 day'"),
        "UPDATE events SET relayed_at = now() WHERE store_id = $1",
    ],
    "webhooks: a delivery says when it arrived, and none says so that did not": [
        "ALTER TABLE webhook_deliveries DROP CONSTRAINT webhook_deliveries_delivered_at_a_time_check",
        _ENDPOINT.format(_HOOK, "now()"),
        _DELIVERY.format(_HOOK, 1, "'delivered'", "false", "null"),
    ],
    "webhooks: of what waits about one thing, exactly one is next": [
        _ENDPOINT.format(_HOOK, "now()"),
        _DELIVERY.format(_HOOK, 1, "'waiting'", "false", "null"),
    ],
    "webhooks: what an endpoint took about one thing, it took in order": [
        _ENDPOINT.format(_HOOK, "now()"),
        _DELIVERY.format(_HOOK, 1, "'waiting'", "true", "null"),
        _DELIVERY.format(_HOOK, 2, "'delivered'", "false", "now()"),
    ],
    "orders: what was taken back of an order is what its cancellations say": [
        _CANCELLATION.format(whole="false", kept=1), f"UPDATE orders SET cancelled = 1 WHERE {_OF_CART_0}"
    ],
    "orders: units taken back were bought, and cost their share of the line": [
        # One more than were bought, with all that belongs to it, and for nothing.
        _CANCELLATION.format(whole="false", kept=0),
        ("INSERT INTO cancellation_lines (store_id, id, cancellation_id, order_line_id, quantity, amount)"
        " SELECT $1, id, id, (SELECT id FROM order_lines WHERE store_id = $1 AND"
        f" {_LINE_OF_0}), 3, 0 FROM cancellations WHERE store_id = $1"),
        ("INSERT INTO stock_movements (store_id, id, level_id, kind, on_hand, committed, reserved, reason, order_id,"
        " order_line_id, actor) SELECT store_id, gen_random_uuid(), level_id, 'release', 0, -3, 0, '', order_id,"
        " order_line_id, actor FROM stock_movements WHERE store_id = $1 AND order_line_id ="
        f" (SELECT id FROM order_lines WHERE store_id = $1 AND {_LINE_OF_0})"),
        ("UPDATE stock_levels SET committed = committed - 3 WHERE store_id = $1 AND id = (SELECT level_id"
        " FROM stock_movements WHERE store_id = $1 AND kind = 'release')"),
    ],
    "orders: an order is cancelled when its last units and its delivery are taken back, and only then": [
        _CANCELLATION.format(whole="true", kept=0)
    ],
    "orders: an order that is cancelled gave back what it spent, and another nothing": [
        ("INSERT INTO budget_entries (store_id, id, budget_id, kind, amount, order_id, reason)"
        " SELECT store_id, gen_random_uuid(), budget_id, 'give_back', 1, order_id, '' FROM budget_entries"
        f" WHERE store_id = $1 AND order_id = (SELECT id FROM orders WHERE {_OF_CART_0})"),
        "UPDATE budgets SET balance = balance + 1 WHERE store_id = $1",
    ],
    "orders: stock is held only for an order that waits for its money": [
        ("INSERT INTO reservations (store_id, id, cart_id, order_id, state, created_at, expires_at)"
        f" SELECT $1, id, cart_id, id, 'held', now(), now() FROM orders WHERE {_OF_CART_0}")
    ],
    "orders: a refund is what it asks of the tenders of its order": [_REFUND],
    "orders: what a payment gave back, or is giving back, is what it was asked for": [
        _REFUND,
        ("INSERT INTO payment_attempts (store_id, id, payment_id, order_id, kind, amount, state, details, next_action,"
        " refund_id, actor, opened_at) SELECT r.store_id, r.id, p.id, p.order_id, 'refund', 1, 'open', '{}', '{}',"
        " r.id, 'system', now() FROM refunds r JOIN payments p ON p.store_id = r.store_id AND p.order_id = r.order_id"
        " WHERE r.store_id = $1"),
    ],
    "orders: what is held of an order is no more than it costs and staff kept, or is on its way back": [
        "ALTER TABLE payments DROP CONSTRAINT payments_captured_within_amount_check",
        f"UPDATE orders SET paid = paid + 1 WHERE {_OF_CART_0}",
        ("UPDATE payments SET captured = captured + 1 WHERE store_id = $1"
        f" AND order_id = (SELECT id FROM orders WHERE {_OF_CART_0})"),
        ("INSERT INTO payment_attempts (store_id, id, payment_id, order_id, kind, amount, state, details, next_action,"
        " actor, opened_at, settled_at) SELECT store_id, id, id, order_id, 'capture', captured, 'succeeded', '{}',"
        " '{}', 'system', now(), now() FROM payments WHERE store_id = $1"
        f" AND order_id = (SELECT id FROM orders WHERE {_OF_CART_0})"),
    ],
}  # fmt: skip
