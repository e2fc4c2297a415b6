"""Messages to people: each about one thing, sent once."""

from stoa.notices.mailer import Mailer, MailRefused
from stoa.notices.order_confirmation import Letterhead, send_order_confirmation

__all__ = ["Letterhead", "MailRefused", "Mailer", "send_order_confirmation"]
