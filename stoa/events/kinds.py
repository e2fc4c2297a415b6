"""Every kind of event there is, in one table: what it says, and what its subject's id is the id of.

A kind that is `public` may be told to the outside (`stoa.webhooks`); its name and its data then stay as they are, since
somebody's program reads them. The others are the house's own business.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """What happened, in a sentence, and the name of the thing it happened to."""

    subject: str
    says: str
    is_public: bool = True


PING = "webhook.ping"

KINDS: dict[str, Kind] = {
    "product.created": Kind("product", "A product was made."),
    "product.changed": Kind("product", "A product, its texts or its state were changed."),
    "product.deleted": Kind("product", "A product was deleted; it can be restored for 90 days."),
    "product.restored": Kind("product", "A deleted product is there again."),
    "price.changed": Kind("variant", "A variant costs something else from now on."),
    "stock.received": Kind("variant", "Units came in."),
    "stock.adjusted": Kind("variant", "A count found more or fewer units than were known."),
    "stock.assigned": Kind("variant", "Units that came in went to orders that were waiting for them."),
    "stock.short": Kind("variant", "Fewer units are there than are promised."),
    "order.placed": Kind("order", "An order came in."),
    "order.authorized": Kind("order", "A provider promised money for the order; it is not taken yet."),
    "order.payment_failed": Kind("order", "A payment of the order did not come about."),
    "order.paid": Kind("order", "Money for the order came in; its payment state tells whether it is all."),
    "order.confirmed": Kind("order", "The order stands: it is to be packed."),
    "order.units_cancelled": Kind("order", "Some units of the order were taken back; the others are sent."),
    "order.cancelled": Kind("order", "All that was left of the order was taken back."),
    "order.refunded": Kind("order", "Money went back to who paid."),
    "order.voided": Kind("order", "A provider's promise of money was let go."),
    "customer.registered": Kind("customer", "Somebody made an account."),
    "customer.added": Kind("customer", "The staff, or an import, entered a customer."),
    PING: Kind("endpoint", "Nothing happened: somebody tried whether a webhook endpoint answers."),
    "customer.registration_repeated": Kind("customer", "Somebody registered who has an account.", is_public=False),
    "member.role_given": Kind("user", "Somebody was given a role in the store.", is_public=False),
    "member.role_taken": Kind("user", "Somebody has no role in the store any more.", is_public=False),
    "key.created": Kind("key", "An API key was made.", is_public=False),
    "key.revoked": Kind("key", "An API key opens nothing any more.", is_public=False),
    "payment.attempt_opened": Kind("attempt", "A provider is about to be asked.", is_public=False),
    "webhook.endpoint_disabled": Kind("endpoint", "A webhook endpoint was switched off by us.", is_public=False),
    "webhook.replayed": Kind("endpoint", "Webhook deliveries were taken up again.", is_public=False),
}

PUBLIC: frozenset[str] = frozenset(name for name, kind in KINDS.items() if kind.is_public)
