"""What the file's names are called here. The same file gives the same ids, so that a second run meets the first."""

from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from stoa.kernel.ids import named_id

SLUG = "online-retail"
SOURCE = "online-retail"
TIME_ZONE = "Europe/London"

# Customers' ids hold one instant for all: when somebody first bought depends on how much of the file is read.
_BEFORE_THE_FILE = datetime(2010, 1, 1, tzinfo=UTC)

_LONDON = ZoneInfo(TIME_ZONE)


def instant(local: datetime) -> datetime:
    """The instant of a local time in the UK."""
    return local.replace(tzinfo=_LONDON).astimezone(UTC)


def cart_id(store_id: UUID, invoice: str, at: datetime) -> UUID:
    """The cart of an invoice."""
    return named_id(at, f"{store_id}:invoice:{invoice}")


def customer_id(store_id: UUID, number: str) -> UUID:
    """The customer with this number, whenever they first bought."""
    return named_id(_BEFORE_THE_FILE, f"{store_id}:customer:{number}")


def movement_id(store_id: UUID, invoice: str, place: int, at: datetime) -> UUID:
    """The movement of the row at this place of an invoice."""
    return named_id(at, f"{store_id}:movement:{invoice}:{place}")


def email_of(number: str) -> str:
    """An address at which nobody can be reached: the file holds none, and `.example` never will."""
    return f"customer-{number}@online-retail.example" if number else "unknown@online-retail.example"
