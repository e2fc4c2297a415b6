"""One message to one endpoint: written, signed by the Standard Webhooks scheme, and posted to an address we have seen.

What an endpoint answers is looked at for its status alone. Its body is neither kept nor shown to anybody: it is not
ours, and whoever could read it here would read what we can reach.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import orjson
import structlog
from standardwebhooks import Webhook

from stoa.config import WebhookSettings
from stoa.events.kinds import KINDS
from stoa.webhooks.addresses import Address, is_public
from stoa.webhooks.models import FailureReason
from stoa.webhooks.names import Names, Resolve

# Addresses of one name that are tried before we give up for this time.
MOST_ADDRESSES = 3

# Of an answer's body so much is read, so that the connection can be used again; a longer one ends the connection.
MOST_BODY_BYTES = 16_384

LONGEST_RETRY_AFTER_SECONDS = 3600

USER_AGENT = "Stoa-Webhooks/1"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Message:
    """What is told about one event: the same bytes each time."""

    event_id: UUID
    kind: str
    store_id: UUID
    subject_id: UUID
    data: dict[str, Any]
    happened_at: datetime

    @property
    def body(self) -> bytes:
        """JSON: which event, of what kind, when, in which store, about what; ids and figures alone."""
        subject = f"{KINDS[self.kind].subject}_id" if self.kind in KINDS else "subject_id"
        return orjson.dumps(
            {
                "id": str(self.event_id),
                "type": self.kind,
                "timestamp": self.happened_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
                "store_id": str(self.store_id),
                "data": {subject: str(self.subject_id), **self.data},
            }
        )


@dataclass(frozen=True)
class Answer:
    """What came of an attempt: a status, or the reason why there is none or why it does not do."""

    status: int | None = None
    reason: FailureReason | None = None
    retry_after_seconds: int | None = None

    @property
    def is_taken(self) -> bool:
        """Whether the endpoint answers for the message now."""
        return self.reason is None

    @property
    def is_gone(self) -> bool:
        """Whether the endpoint wants to hear no more."""
        return self.status == 410


class Sender:
    """Posts messages. One for a process; each endpoint's connections are its own (`client`)."""

    def __init__(self, settings: WebhookSettings, *, resolve: Resolve | None = None) -> None:
        self.timeout_seconds = settings.timeout_seconds
        self._reach_private = settings.reach_private
        self._resolve = resolve or Names().resolve
        self._tls = httpx.create_ssl_context()  # SSL_CERT_FILE names authorities of one's own

    @asynccontextmanager
    async def client(self) -> AsyncIterator[httpx.AsyncClient]:
        """Connections to one endpoint. Not shared: two names at one address would otherwise share one."""
        async with httpx.AsyncClient(
            verify=self._tls, trust_env=False, follow_redirects=False, timeout=self.timeout_seconds
        ) as client:
            yield client

    async def send(
        self, client: httpx.AsyncClient, url: str, message: Message, *, secrets: Sequence[str], at: datetime
    ) -> Answer:
        """Post it once, within the time that is allowed. Whatever goes wrong is an answer too."""
        body = message.body
        try:
            async with asyncio.timeout(self.timeout_seconds):
                return await self._post(client, httpx.URL(url), body, signed(message.event_id, body, secrets, at))
        except (TimeoutError, httpx.TimeoutException):
            return Answer(reason=FailureReason.TIMEOUT)
        except httpx.InvalidURL:
            return Answer(reason=FailureReason.NAME)
        except (httpx.HTTPError, OSError) as error:
            return Answer(reason=_reason_of(error))
        except Exception:  # what nobody has thought of must not keep the others from being sent
            log.exception("webhook_not_sent", event_id=str(message.event_id))
            return Answer(reason=FailureReason.CONNECTION)

    async def _post(self, client: httpx.AsyncClient, url: httpx.URL, body: bytes, headers: dict[str, str]) -> Answer:
        host = url.raw_host.decode("ascii").strip("[]")
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError):
            return Answer(reason=FailureReason.NAME)
        # One address that is not for us is enough: which of them we would get is not ours to choose.
        if not addresses or not (self._reach_private or all(map(is_public, addresses))):
            return Answer(reason=FailureReason.ADDRESS if addresses else FailureReason.NAME)
        headers["host"] = url.netloc.decode("ascii")
        *others, last = addresses[:MOST_ADDRESSES]
        for address in others:
            try:
                return await self._call(client, url, address, host, body, headers)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._call(client, url, last, host, body, headers)

    async def _call(
        self, client: httpx.AsyncClient, url: httpx.URL, address: Address, host: str, body: bytes, headers: Any
    ) -> Answer:
        """Post to this address; the certificate is still that of the host's name."""
        # No proxy and no second look at the name: the URL that is called holds the address itself.
        called = url.copy_with(host=str(address))
        timeout = httpx.Timeout(self.timeout_seconds, connect=self.timeout_seconds / MOST_ADDRESSES)
        async with client.stream(
            "POST", called, content=body, headers=headers, timeout=timeout, extensions={"sni_hostname": host}
        ) as response:
            await _read_a_little(response)
            return _answer_of(response)


def signed(event_id: UUID, body: bytes, secrets: Sequence[str], at: datetime) -> dict[str, str]:
    """The headers of an attempt: the event's id, the attempt's instant, and a signature of both and the body by each
    secret."""
    said = body.decode()
    return {
        "content-type": "application/json",
        "user-agent": USER_AGENT,
        "webhook-id": str(event_id),
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(
            Webhook(secret).sign(str(event_id), at.astimezone(UTC), said) for secret in secrets
        ),
    }


async def _read_a_little(response: httpx.Response) -> None:
    """Take the body off the connection, unless it is long: then the connection goes with it."""
    length = 0
    async for chunk in response.aiter_raw():
        length += len(chunk)
        if length > MOST_BODY_BYTES:
            return


def _answer_of(response: httpx.Response) -> Answer:
    status = response.status_code
    if 200 <= status < 300:
        return Answer(status)
    if 300 <= status < 400:
        return Answer(status, FailureReason.REDIRECT)
    wait = response.headers.get("retry-after", "") if status in (429, 503) else ""
    seconds = (
        min(int(wait), LONGEST_RETRY_AFTER_SECONDS) if wait.isascii() and wait.isdigit() and len(wait) < 10 else None
    )
    return Answer(status, FailureReason.STATUS, seconds)


def _reason_of(error: BaseException) -> FailureReason:
    """TLS errors come wrapped in others."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return FailureReason.TLS
        seen = seen.__cause__ or seen.__context__
    return FailureReason.CONNECTION
