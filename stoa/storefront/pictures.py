"""Pictures of products: drawn when first asked for, and kept by browsers for ever under the version in the address."""

import hashlib
from functools import lru_cache

from fastapi import APIRouter
from starlette.responses import Response

from stoa.media.drawings import UnknownDrawing, draw
from stoa.storefront.assets import FOR_EVER

router = APIRouter()


@router.get("/media/{motif}/{palette}.svg")
async def read_picture(motif: str, palette: str, v: str = "") -> Response:
    """The drawing. Raises UnknownDrawing."""
    body, version = _drawn(motif, palette)
    keeping = FOR_EVER if v == version else "public, max-age=3600"
    return Response(body, headers={"cache-control": keeping, "etag": f'"{version}"'}, media_type="image/svg+xml")


def picture_url(motif: str, palette: str) -> str:
    """Where the drawing is found; one that nobody has drawn is found nowhere, and its place stays empty."""
    try:
        _, version = _drawn(motif, palette)
    except UnknownDrawing:
        version = ""
    return f"/media/{motif}/{palette}.svg?v={version}"


@lru_cache(maxsize=1000)
def _drawn(motif: str, palette: str) -> tuple[bytes, str]:
    body = draw(motif, palette).encode()
    return body, hashlib.sha256(body).hexdigest()[:12]
