"""A real SMTP server, in a thread of its own, that keeps what it is given."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP


@dataclass
class MailServer:
    """What came in: envelopes (from, to) and messages, in order. `answers` are given first, then 250s."""

    url: str = ""
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    messages: list[EmailMessage] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    holding: bool = False
    held: int = 0
    _open: threading.Event = field(default_factory=threading.Event)

    def let_go(self) -> None:
        """End the waiting of those that are held; their messages are dropped."""
        self._open.set()

    async def handle_DATA(self, _server: SMTP, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a message, or refuse it with the next of `answers`."""
        if self.holding:
            self.held += 1
            await asyncio.to_thread(self._open.wait)
            return "451 too late"
        if self.answers:
            return self.answers.pop(0)
        self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
        self.messages.append(message_from_bytes(envelope.content, policy=default))
        return "250 taken"


class _Controller(Controller):
    def factory(self) -> SMTP:
        return SMTP(self.handler, enable_SMTPUTF8=True)

    def _trigger_server(self) -> None:
        # Asked for port 0, it would knock at port 0.
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mail_server(*, holding: bool = False) -> Iterator[MailServer]:
    """A server on a free port of this machine. `holding`: whoever hands a message over waits until `let_go`."""
    kept = MailServer(holding=holding)
    controller = _Controller(kept, hostname="127.0.0.1", port=0)
    controller.start()
    try:
        kept.url = f"smtp://127.0.0.1:{controller.port}"
        yield kept
    finally:
        controller.stop()
