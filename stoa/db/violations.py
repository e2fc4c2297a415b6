"""What the database refused: the name of the constraint, so that a race lost becomes a sentence and not a fault."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError

from stoa.kernel.refusals import Refusal

_NAMED = re.compile(r'constraint "([^"]+?)(?:_\d+)?"')


@contextmanager
def refusing(refusals: Mapping[str, Refusal]) -> Iterator[None]:
    """Raise the refusal that belongs to the constraint broken inside; the transaction is then fit for rollback only.

    Operations look first and refuse in words; this is for the moment between looking and writing.
    """
    try:
        yield
    except IntegrityError as error:
        refusal = refusals.get(constraint_of(error) or "")
        if refusal is None:
            raise
        raise refusal from error


def constraint_of(error: IntegrityError) -> str | None:
    """The constraint's name, read from the message, without the shard number a cluster appends (database rule 25)."""
    named = _NAMED.search(str(error.orig))
    return named.group(1) if named else None
