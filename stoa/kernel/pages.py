"""A page of a list: its rows, and where the next one begins."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from stoa.kernel.refusals import Invalid

T = TypeVar("T")

LARGEST_PAGE = 200


class BadPageSize(Invalid):
    """So many rows are not given at once."""

    code = "page.size"
    says = "A page has 1 to {largest} rows; {limit} were asked."

    limit: int
    largest: int


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some rows, and the cursor of the page after; None at the end."""

    items: tuple[T, ...]
    next: str | None


def check_page_size(limit: int) -> int:
    """The limit itself. Raises BadPageSize unless it is 1 to 200."""
    if not 1 <= limit <= LARGEST_PAGE:
        raise BadPageSize(limit=limit, largest=LARGEST_PAGE)
    return limit
