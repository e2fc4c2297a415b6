"""Webhooks to the outside: what happens in a store is told to its merchants' own programs, signed and retried.

An event becomes deliveries as the relay takes it up (`fan_out`); a courier in the worker's process sends them
(`courier`, `delivering`, `sending`).
"""

from stoa.webhooks.endpoints import (
    EndpointChange,
    add_endpoint,
    change_endpoint,
    list_endpoints,
    ping_endpoint,
    read_endpoint,
    remove_endpoint,
    rotate_secret,
)
from stoa.webhooks.listing import list_deliveries
from stoa.webhooks.replaying import replay_dead, replay_delivery
from stoa.webhooks.secrets import secret_of

__all__ = [
    "EndpointChange",
    "add_endpoint",
    "change_endpoint",
    "list_deliveries",
    "list_endpoints",
    "ping_endpoint",
    "read_endpoint",
    "remove_endpoint",
    "replay_dead",
    "replay_delivery",
    "rotate_secret",
    "secret_of",
]
