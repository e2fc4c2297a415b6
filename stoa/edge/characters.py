"""Nothing that cannot be shown gets in: control characters in a path, a query or a body are refused at the door.

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


async def refuse_unprintable(request: Request) -> None:
    """Raise what FastAPI raises for a misfit, naming the field, where text holds a control character."""
    found = [f"path.{name}" for name, value in request.path_params.items() if _CONTROL.search(str(value))]
    found += [f"query.{name}" for name, value in request.query_params.multi_items() if _CONTROL.search(value)]
    found += [f"query.{_CONTROL.sub('?', name)}" for name in request.query_params if _CONTROL.search(name)]
    if _MAY_HOLD_ONE.search(await request.body()):
        found += _in_body(await request.body())
    if found:
        says = "this holds a control character, which nobody can see or type; please remove it"
        errors = [{"type": "unprintable", "loc": tuple(field.split(".")), "msg": says} for field in found[:20]]
        raise RequestValidationError(errors)


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
            yield from _fields(inner, f"{name}.{_CONTROL.sub('?', key)[:60]}")
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from _fields(inner, f"{name}.{position}")
