"""The secret that an endpoint's messages are signed with.

It is derived, as tokens are: from the installation's secret key, the endpoint's id, and how many secrets the endpoint
has had. So the database holds none, and an answer that told one can tell it again.
"""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from uuid import UUID

from stoa.webhooks.models import WebhookEndpoint

# How long the secret before is signed with too, so that a receiver can change over in peace.
PREVIOUS_LASTS = timedelta(hours=24)


def secret_of(secret_key: bytes, endpoint_id: UUID, number: int) -> str:
    """The endpoint's n-th secret, 32 bytes, as Standard Webhooks writes one: `whsec_` and base64."""
    derived = hmac.new(secret_key, f"webhook-secret:{endpoint_id}:{number}".encode(), hashlib.sha256).digest()
    return f"whsec_{base64.b64encode(derived).decode()}"


def secrets_now(secret_key: bytes, endpoint: WebhookEndpoint, now: datetime) -> tuple[str, ...]:
    """Those that are signed with at this instant, the newest first."""
    numbers = [endpoint.secret_number]
    if endpoint.previous_until is not None and now < endpoint.previous_until:
        numbers.append(endpoint.secret_number - 1)
    return tuple(secret_of(secret_key, endpoint.id, number) for number in numbers)
