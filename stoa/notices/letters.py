"""A mail as it leaves the house: plain text and HTML of one template pair, and headers nothing can be slipped into."""

import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Any
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from stoa.db.transaction import Tx
from stoa.kernel.text import NAME

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def letter(
    tx: Tx,
    *,
    template: str,
    subject: str,
    sender: str,
    sender_name: str,
    to: str,
    to_name: str,
    notice_id: UUID,
    values: dict[str, Any],
) -> EmailMessage:
    """The message of this notice. The same notice has the same Message-ID, whenever it is written."""
    # The sender may bring a name of their own, as in `The Shop <shop@example.com>`.
    own_name, sender_spec = parseaddr(one_line(sender))
    from_address, to_address = _address(sender_spec, own_name or sender_name), _address(one_line(to), to_name)
    is_ascii = all(address.addr_spec.isascii() for address in (from_address, to_address))
    message = EmailMessage(policy=SMTP if is_ascii else SMTPUTF8)
    message["From"] = from_address
    message["To"] = to_address
    message["Subject"] = one_line(subject)
    message["Date"] = format_datetime(tx.now)
    message["Message-ID"] = f"<{notice_id}@{_ascii_domain(from_address)}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_TEMPLATES.get_template(f"{template}.txt").render(values))
    message.add_alternative(_TEMPLATES.get_template(f"{template}.html").render(values), subtype="html")
    return message


def one_line(text: str) -> str:
    """The text as a header can hold it: control characters and line breaks are spaces, and it is not endless."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", text).split())[:NAME]


def _address(spec: str, name: str) -> Address:
    """An address with a name to be shown. In two parts, since as one it would have to be ASCII."""
    username, _, domain = spec.rpartition("@")
    return Address(display_name=one_line(name), username=username, domain=domain)


def _ascii_domain(address: Address) -> str:
    return address.domain.encode("idna").decode() if not address.domain.isascii() else address.domain
