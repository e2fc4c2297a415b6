"""Where a category stands among those that shoppers see."""

from collections.abc import Sequence

from stoa.catalog.categories import CategoryNode


def path_to(shelves: Sequence[CategoryNode], slug: str | None) -> list[CategoryNode]:
    """The category with this slug and those it stands in, from the top; nothing where shoppers do not see it."""
    for shelf in shelves:
        if shelf.slug == slug:
            return [shelf]
        below = path_to(shelf.children, slug)
        if below:
            return [shelf, *below]
    return []
