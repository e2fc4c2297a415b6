"""What no route means is refused at the door: characters nobody can see, and query parameters a route does not have.

Line breaks and tabs may stand in a body, where texts have paragraphs; each field decides about them itself.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CONTROL_IN_BODY = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

# A body without these bytes holds none of them: control characters stand in JSON as escapes, or as C2 80 to C2 9F.
_MAY_HOLD_ONE = re.compile(rb"\\u(?:00|[dD][89a-fA-F])|\x7f|\xc2|\xed")


async def refuse_misfits(request: Request, known: frozenset[str]) -> None:
    """Raise what FastAPI raises for a misfit, naming each field.

    `known` are the route's query parameters: one that is not among them is a mistake of spelling, and said so.
    """
    query = request.query_params.multi_items() if request.scope["query_string"] else []
    unprintable = [f"path.{name}" for name, value in request.path_params.items() if _CONTROL.search(str(value))]
    unprintable += [f"query.{_shown(name)}" for name, value in query if _CONTROL.search(name + value)]
    body = await request.body()
    if _MAY_HOLD_ONE.search(body):
        unprintable += _in_body(body)
    unknown = [f"query.{_shown(name)}" for name, _ in query if name not in known]
    if unprintable or unknown:
        control = "this holds a control character, which nobody can see or type; please remove it"
        errors = [{"type": "unprintable", "loc": (field,), "msg": control} for field in unprintable]
        errors += [
            {"type": "unknown", "loc": (field,), "msg": f"there is no such parameter here; {_named(known)}"}
            for field in unknown
            if field not in unprintable
        ]
        raise RequestValidationError(errors[:20])


def _named(known: frozenset[str]) -> str:
    return f"those there are: {', '.join(sorted(known))}" if known else "there is none"


def _shown(name: str) -> str:
    return _CONTROL.sub("?", name)[:60]


def _in_body(body: bytes) -> list[str]:
    try:
        return list(_fields(json.loads(body), "body"))
    except (ValueError, RecursionError):
        return []  # what cannot be read is refused where it is read


def _fields(value: Any, name: str) -> Iterator[str]:
    """The names of the fields whose text holds a control character."""
    if isinstance(value, str) and _CONTROL_IN_BODY.search(value):
        yield name
    elif isinstance(value, dict):
        for key, inner in value.items():
            if _CONTROL.search(key):
                yield name
            yield from _fields(inner, f"{name}.{_shown(key)}")
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from _fields(inner, f"{name}.{position}")
