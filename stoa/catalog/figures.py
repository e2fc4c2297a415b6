"""Whole numbers that people send: within bounds that a column, a label and a sum can hold."""

from stoa.catalog.errors import BadFigure

LARGEST_POSITION = 1_000_000
LARGEST_WEIGHT_GRAMS = 100_000_000


def checked_figure(field: str, given: int, *, smallest: int = 0, largest: int) -> int:
    """The number itself. Raises BadFigure outside its bounds; true and false are no numbers."""
    if isinstance(given, bool) or not smallest <= given <= largest:
        raise BadFigure(field=field, given=given, smallest=smallest, largest=largest)
    return given
