"""What we ask of whoever carries our mail. Carriers are in `stoa.adapters.mail`."""

from email.message import EmailMessage
from typing import Protocol


class MailRefused(Exception):
    """The carrier will never take this message (an address that does not exist): trying again is no use."""


class Mailer(Protocol):
    """Carries a message. Returning means that somebody else answers for it now."""

    async def send(self, message: EmailMessage) -> None:
        """Hand the message over.

        Raises MailRefused where it is refused for good; any other exception means that it may be tried again.
        """
