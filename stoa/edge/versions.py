"""Versions of what is read: ETag and 304, and changing only what is still as it was read (If-Match and 412)."""

import hashlib
import re
from typing import Annotated

from fastapi import Header, Request, Response

from stoa.kernel.refusals import PreconditionFailed

_ETAG = re.compile(r'(?:W/)?"(\d{1,18})(?:-[0-9a-f]+)?"')


class NotThatVersion(PreconditionFailed):
    """If-Match names no version that could be the present one."""

    code = "request.other_version"
    says = "If-Match names no version of this; send the ETag that came when you read it, and read it again if need be."


def tell_revision(request: Request, revision: int) -> None:
    """Let the answer's ETag begin with this revision, so that If-Match can name it."""
    request.state.revision = revision


async def revision_read(
    if_match: Annotated[
        str | None,
        Header(description="the ETag of what you read: 412, and nothing happens, if it was changed since"),
    ] = None,
) -> int | None:
    """The revision that If-Match names (a FastAPI dependency, async: others cost a thread); None where any will do.

    Raises NotThatVersion.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    named = _ETAG.fullmatch(if_match.strip())
    if named is None:
        raise NotThatVersion()
    return int(named.group(1))


def with_etag(request: Request, response: Response) -> Response:
    """Name the version of what is read; 304 where the client has it already."""
    if response.status_code != 200 or not response.body:
        return response
    digest = hashlib.sha256(response.body).hexdigest()[:32]
    revision = getattr(request.state, "revision", None)
    etag = f'"{digest}"' if revision is None else f'"{revision}-{digest}"'
    response.headers["etag"] = etag
    response.headers.setdefault("cache-control", "private, no-cache")
    response.headers.add_vary_header("Authorization, Cart-Token, Order-Token, Stoa-Store")
    known = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    if etag in known or "*" in known:
        kept = {name: response.headers[name] for name in ("etag", "cache-control", "vary")}
        return Response(status_code=304, headers=kept)
    return response
