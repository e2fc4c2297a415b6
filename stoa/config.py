"""What an installation is told from outside: addresses, the secret key, mail, proxies.

It comes from STOA_* variables, or from an embedded server; `environment` hands it to the processes we start.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from stoa.db.urls import Urls
from stoa.kernel.refusals import Invalid

Network = IPv4Network | IPv6Network

SHORTEST_KEY_BYTES = 16


class SettingMissing(Invalid):
    """A variable without which Stoa cannot run is not set."""

    code = "config.missing"
    says = "{name} is not set: {meaning}."

    name: str
    meaning: str


class SettingWrong(Invalid):
    """A variable holds something that cannot be meant."""

    code = "config.wrong"
    says = "{name} {problem}."

    name: str
    problem: str


@dataclass(frozen=True, kw_only=True)
class MailSettings:
    """Where mail goes: a folder that gets one file a message, or an SMTP server, `smtp://[user:password@]host:port`.

    `smtps://` speaks TLS from the start; `smtp://` uses STARTTLS where the server offers it.
    """

    folder: Path | None = None
    smtp_url: str | None = field(default=None, repr=False)
    sender: str = "shop@localhost"


@dataclass(frozen=True, kw_only=True)
class WebhookSettings:
    """What webhooks may reach and how long one may take. Private addresses are for development alone."""

    reach_private: bool = False
    timeout_seconds: float = 15.0


@dataclass(frozen=True, kw_only=True)
class Config:
    """One installation. The owner's and the reader's URL are there where migrations and laws may be run."""

    server_url: str = field(repr=False)
    owner_url: str | None = field(default=None, repr=False)
    reader_url: str | None = field(default=None, repr=False)
    secret_key: bytes = field(repr=False)
    data_dir: Path | None = None
    mail: MailSettings = field(default_factory=MailSettings)
    webhooks: WebhookSettings = field(default_factory=WebhookSettings)
    # Where Stripe's API is reached, if not at its own address.
    stripe_api: str | None = None
    trusted_proxies: tuple[Network, ...] = ()
    public_scheme: str = "http"
    # The port in the addresses that mails name; None where it is the scheme's own.
    public_port: int | None = None

    def address_of(self, host: str) -> str:
        """Where a store's host is reached from outside, without a slash at the end."""
        return f"{self.public_scheme}://{host}" + (f":{self.public_port}" if self.public_port else "")

    @property
    def payment_apis(self) -> tuple[tuple[str, str], ...]:
        """Providers of payments that are reached at other addresses than their own."""
        return (("stripe", self.stripe_api),) if self.stripe_api else ()

    @property
    def urls(self) -> Urls:
        """The three URLs; where only the server's was given it stands for the others, and PostgreSQL says no."""
        return Urls(
            owner=self.owner_url or self.server_url, server=self.server_url, reader=self.reader_url or self.server_url
        )

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """The installation that STOA_* variables describe; refused by the name of the first that is wrong."""
        data_dir = environ.get("STOA_DATA_DIR")
        return cls(
            server_url=_required(environ, "STOA_DATABASE_URL", "the address of the database for the role stoa_server"),
            owner_url=environ.get("STOA_OWNER_URL") or None,
            reader_url=environ.get("STOA_READER_URL") or None,
            secret_key=_secret_key(_required(environ, "STOA_SECRET_KEY", "32 random bytes in hexadecimal")),
            data_dir=Path(data_dir) if data_dir else None,
            mail=_mail(environ),
            webhooks=_webhooks(environ),
            stripe_api=environ.get("STOA_STRIPE_API") or None,
            trusted_proxies=_networks(environ.get("STOA_TRUSTED_PROXIES", "")),
            public_scheme=_scheme(environ.get("STOA_PUBLIC_SCHEME", "http")),
            public_port=_port(environ.get("STOA_PUBLIC_PORT", "")),
        )

    @classmethod
    def from_embedded(
        cls, data_dir: Path, urls: Urls, secret_key: str, environ: Mapping[str, str] = os.environ
    ) -> Self:
        """The installation of a data directory; mail goes to its folder `mail` unless a variable says otherwise."""
        mail = _mail(environ)
        if mail.folder is None and mail.smtp_url is None:
            mail = MailSettings(folder=data_dir / "mail", sender=mail.sender)
        return cls(
            server_url=urls.server,
            owner_url=urls.owner,
            reader_url=urls.reader,
            secret_key=bytes.fromhex(secret_key),
            data_dir=data_dir,
            mail=mail,
            webhooks=_webhooks(environ),
            stripe_api=environ.get("STOA_STRIPE_API") or None,
            trusted_proxies=_networks(environ.get("STOA_TRUSTED_PROXIES", "")),
            public_scheme=_scheme(environ.get("STOA_PUBLIC_SCHEME", "http")),
            public_port=_port(environ.get("STOA_PUBLIC_PORT", "")),
        )

    def environment(self) -> dict[str, str]:
        """The variables from which `from_environment` makes this installation again, for a process we start."""
        values = {
            "STOA_DATABASE_URL": self.server_url,
            "STOA_OWNER_URL": self.owner_url,
            "STOA_READER_URL": self.reader_url,
            "STOA_SECRET_KEY": self.secret_key.hex(),
            "STOA_DATA_DIR": self.data_dir and str(self.data_dir),
            "STOA_MAIL_FOLDER": self.mail.folder and str(self.mail.folder),
            "STOA_SMTP_URL": self.mail.smtp_url,
            "STOA_MAIL_FROM": self.mail.sender,
            "STOA_WEBHOOKS_REACH_PRIVATE": self.webhooks.reach_private and "yes",
            "STOA_WEBHOOK_SECONDS": str(self.webhooks.timeout_seconds),
            "STOA_STRIPE_API": self.stripe_api,
            "STOA_TRUSTED_PROXIES": ",".join(map(str, self.trusted_proxies)),
            "STOA_PUBLIC_SCHEME": self.public_scheme,
            "STOA_PUBLIC_PORT": self.public_port and str(self.public_port),
        }
        return {name: value for name, value in values.items() if value}


def _required(environ: Mapping[str, str], name: str, meaning: str) -> str:
    value = environ.get(name, "").strip()
    if not value:
        raise SettingMissing(name=name, meaning=meaning)
    return value


def _secret_key(text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError as error:
        raise SettingWrong(name="STOA_SECRET_KEY", problem="is not written in hexadecimal") from error
    if len(key) < SHORTEST_KEY_BYTES:
        raise SettingWrong(name="STOA_SECRET_KEY", problem=f"is shorter than {SHORTEST_KEY_BYTES} bytes")
    return key


def _mail(environ: Mapping[str, str]) -> MailSettings:
    folder, smtp_url = environ.get("STOA_MAIL_FOLDER"), environ.get("STOA_SMTP_URL")
    if smtp_url:
        parts = urlsplit(smtp_url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise SettingWrong(name="STOA_SMTP_URL", problem="is not of the form smtp://user:password@host:port")
    return MailSettings(
        folder=Path(folder) if folder else None,
        smtp_url=smtp_url or None,
        sender=environ.get("STOA_MAIL_FROM") or MailSettings.sender,
    )


def _webhooks(environ: Mapping[str, str]) -> WebhookSettings:
    reach_private = environ.get("STOA_WEBHOOKS_REACH_PRIVATE") or "no"
    if reach_private not in ("yes", "no"):
        raise SettingWrong(name="STOA_WEBHOOKS_REACH_PRIVATE", problem="is neither yes nor no")
    try:
        seconds = float(environ.get("STOA_WEBHOOK_SECONDS") or WebhookSettings.timeout_seconds)
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 60:
        raise SettingWrong(name="STOA_WEBHOOK_SECONDS", problem="is no number of seconds from 0.1 to 60")
    return WebhookSettings(reach_private=reach_private == "yes", timeout_seconds=seconds)


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(item.strip(), strict=False) for item in text.split(",") if item.strip())
    except ValueError as error:
        raise SettingWrong(
            name="STOA_TRUSTED_PROXIES", problem=f"holds what is no address or network: {error}"
        ) from error


def _scheme(text: str) -> str:
    if text not in ("http", "https"):
        raise SettingWrong(name="STOA_PUBLIC_SCHEME", problem="is neither http nor https")
    return text


def _port(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise SettingWrong(name="STOA_PUBLIC_PORT", problem="is no port")
    return int(text)
