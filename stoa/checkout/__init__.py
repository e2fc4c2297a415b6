"""From cart to placed order: the one domain that conducts the others."""

from stoa.checkout.gathering import Gatherer
from stoa.checkout.placing import Key, Placed, Submission, order_token, place_orders

__all__ = ["Gatherer", "Key", "Placed", "Submission", "order_token", "place_orders"]
