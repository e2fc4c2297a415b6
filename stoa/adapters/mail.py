"""Carriers of mail: an SMTP server, or a folder that gets one file a message."""

import asyncio
import os
import re
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib

from stoa.config import MailSettings
from stoa.notices.mailer import Mailer, MailRefused

# No answer for so long, and the server counts as gone. Shorter than a notice stays claimed.
TIMEOUT_SECONDS = 30

_STARTTLS = {"always": True, "never": False, "auto": None}


class MailNotSetUp(Exception):
    """Neither a mail server nor a folder was named: STOA_SMTP_URL or STOA_MAIL_FOLDER."""


def mailer_for(settings: MailSettings) -> Mailer:
    """The carrier that the installation names; a server before a folder."""
    if settings.smtp_url is not None:
        return SmtpMailer(settings.smtp_url)
    if settings.folder is not None:
        return FolderMailer(settings.folder)
    return NoMailer()


class MailPutOff(Exception):
    """The server does not take the message now. Only its status is told: its words may repeat the address."""


class SmtpMailer:
    """Hands messages to a server: `smtp://[user:password@]host[:port]`, or `smtps://` for TLS from the start.

    `smtp://` goes over to TLS where the server offers it; `?starttls=always` insists on it, `?starttls=never` does not
    try, for a server on this machine.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        wish = parse_qs(parts.query).get("starttls", ["auto"])[0]
        self._options = {
            "hostname": parts.hostname,
            "port": parts.port,
            "username": unquote(parts.username) if parts.username else None,
            "password": unquote(parts.password) if parts.password else None,
            "use_tls": parts.scheme == "smtps",
            "start_tls": False if parts.scheme == "smtps" else _STARTTLS.get(wish),
            "timeout": TIMEOUT_SECONDS,
        }

    async def send(self, message: EmailMessage) -> None:
        """Hand the message over.

        Raises MailRefused where the server says that it never will take it (5xx), MailPutOff where it may later.
        """
        try:
            await aiosmtplib.send(message, **self._options)  # type: ignore[arg-type]
        except aiosmtplib.SMTPNotSupported:
            raise MailRefused("the server cannot write to this address") from None
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [one.code for one in error.recipients]
            raise (MailRefused if all(map(_is_final, codes)) else MailPutOff)(f"recipient: {codes}") from None
        except aiosmtplib.SMTPDataError as error:
            raise (MailRefused if _is_final(error.code) else MailPutOff)(f"message: {error.code}") from None
        except aiosmtplib.SMTPResponseException as error:
            raise MailPutOff(f"{type(error).__name__}: {error.code}") from None


class FolderMailer:
    """Writes each message into a file `<Message-ID>.eml`. The same message overwrites itself."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, message: EmailMessage) -> None:
        """Write the message; it appears whole or not at all."""
        await asyncio.to_thread(self._write, message)

    def _write(self, message: EmailMessage) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = re.sub(r"[^A-Za-z0-9.@-]", "_", str(message["Message-ID"]).strip("<> "))
        unfinished = self._folder / f".{name}.{os.getpid()}"
        unfinished.write_bytes(message.as_bytes())
        unfinished.replace(self._folder / f"{name}.eml")


class NoMailer:
    """Sends nothing and says so, so that mails wait in the queue until a carrier is named."""

    async def send(self, message: EmailMessage) -> None:  # noqa: ARG002
        """Always raises MailNotSetUp."""
        raise MailNotSetUp("name a mail server in STOA_SMTP_URL or a folder in STOA_MAIL_FOLDER")


def _is_final(code: int) -> bool:
    return 500 <= code < 600
