"""A refusal is an answer, not a fault: one sentence that says what is wrong and what would be right.

A kind below becomes an HTTP status once, at the edge. A domain subclasses a kind, names its fields, and writes
the sentence; the same object is a problem document in the API and a line beside the field on a page.
"""

from __future__ import annotations

import functools
import inspect
from typing import Any, ClassVar, dataclass_transform


@dataclass_transform(kw_only_default=True)
class Refusal(Exception):
    """Base of everything Stoa answers with "no".

    `code` is stable and machine-readable (`domain.reason`), `says` is the sentence with `{field}` places, and the
    annotated attributes of the subclass are its fields, given by keyword.
    """

    status: ClassVar[int] = 400
    heading: ClassVar[str] = "Refused"
    code: ClassVar[str] = "refused"
    says: ClassVar[str] = "This was refused."
    retry_after_seconds: ClassVar[int | None] = None

    def __init__(self, **fields: Any) -> None:
        wanted = set(self.fields_of())
        assert set(fields) == wanted, f"{type(self).__name__} takes {sorted(wanted)}, got {sorted(fields)}"
        for name, value in fields.items():
            setattr(self, name, value)
        super().__init__(self.sentence)

    @classmethod
    @functools.cache
    def fields_of(cls) -> tuple[str, ...]:
        """Names of the annotated fields, base classes first."""
        names: list[str] = []
        for klass in reversed(cls.__mro__):
            for name, kind in inspect.get_annotations(klass).items():
                if "ClassVar" not in str(kind) and name not in names:
                    names.append(name)
        return tuple(names)

    @property
    def sentence(self) -> str:
        """The refusal in words, fields filled in."""
        return self.says.format(**self.data)

    @property
    def data(self) -> dict[str, Any]:
        """The fields by name, as they were given."""
        return {name: getattr(self, name) for name in self.fields_of()}


class Invalid(Refusal):
    """What was sent cannot be meant: a field is missing, malformed or out of range."""

    status = 422
    heading = "Invalid request"


class Unauthenticated(Refusal):
    """We do not know who asks."""

    status = 401
    heading = "Not signed in"


class Forbidden(Refusal):
    """We know who asks, and they may not."""

    status = 403
    heading = "Not allowed"


class NotFound(Refusal):
    """There is no such thing here, or it is not yours to see."""

    status = 404
    heading = "Not found"


class Conflict(Refusal):
    """It is right in itself, and does not fit what stands now."""

    status = 409
    heading = "Conflict"


class PreconditionFailed(Refusal):
    """It was changed by somebody else since it was read."""

    status = 412
    heading = "Changed meanwhile"


class TooLarge(Refusal):
    """More was sent than is read."""

    status = 413
    heading = "Too large"


class TooMany(Refusal):
    """Too many attempts in too short a time."""

    status = 429
    heading = "Too many attempts"
    retry_after_seconds = 60


class Unavailable(Refusal):
    """Something we stand on is not there just now."""

    status = 503
    heading = "Unavailable for the moment"
    retry_after_seconds = 2
