"""Over https the certificate has to be that of the URL's name, though it is an address that is called."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from stoa import webhooks
from stoa.config import WebhookSettings
from stoa.webhooks.addresses import Address
from stoa.webhooks.sending import Answer, Message, Sender
from tests.webhooks.receiver import receiving


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A receiver's side for hooks.example.com, whose certificate this installation trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.example.com")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example.com")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    pem = tmp_path / "both.pem"
    pem.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate.public_bytes(Encoding.PEM)
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


async def test_the_certificate_is_that_of_the_name(trusted: ssl.SSLContext) -> None:
    assert await attempt(trusted, "hooks.example.com") == Answer(200)


async def test_another_names_certificate_will_not_do(trusted: ssl.SSLContext) -> None:
    assert await attempt(trusted, "shop.example.com") == Answer(reason="tls")  # type: ignore[arg-type]


async def test_one_that_nobody_we_trust_has_signed_will_not_do(
    trusted: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")

    assert await attempt(trusted, "hooks.example.com") == Answer(reason="tls")  # type: ignore[arg-type]


async def attempt(tls: ssl.SSLContext, host: str) -> Answer:
    """One message to a receiver of this name with that certificate."""

    async def here(_host: str, _port: int) -> list[Address]:
        return [ip_address("127.0.0.1")]

    sender = Sender(WebhookSettings(reach_private=True, timeout_seconds=5), resolve=here)
    now = datetime.now(UTC)
    message = Message(
        event_id=UUID(int=1),
        kind="order.placed",
        store_id=UUID(int=2),
        subject_id=UUID(int=3),
        data={},
        happened_at=now,
    )
    async with receiving(tls) as receiver, sender.client() as client:
        url = f"https://{host}:{receiver.port}/hooks"
        secrets = [webhooks.secret_of(bytes(32), UUID(int=4), 1)]
        answer = await sender.send(client, url, message, secrets=secrets, at=now)
        assert len(receiver.got) == (1 if answer.is_taken else 0)
    return answer
