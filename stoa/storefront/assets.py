"""The shop's own files, each under an address that holds the hash of its content, so that it can be kept for ever."""

import hashlib
from importlib.resources import files

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

FOR_EVER = "public, max-age=31536000, immutable"

# One sheet, in this order; and the rules by which a choice of options shows its own price.
_SHEETS = ("tokens.css", "base.css", "frame.css", "shelf.css", "product.css", "forms.css", "purchase.css")
_LIVE_OPTIONS = 3
_LIVE_VALUES = 30

router = APIRouter()


def is_live(options: int, values: int) -> bool:
    """Whether the style sheet itself can follow a choice among so many options, each of at most so many values."""
    return options <= _LIVE_OPTIONS and values <= _LIVE_VALUES


@router.get("/assets/{name}")
async def read_asset(name: str) -> Response:
    """A file of ours; it never changes under its address."""
    if name not in _SERVED:
        raise HTTPException(404)
    body, media_type = _SERVED[name]
    return Response(body, headers={"cache-control": FOR_EVER}, media_type=media_type)


@router.get("/favicon.ico")
async def read_favicon() -> Response:
    """Browsers that ask without being told get the drawn one."""
    body, media_type = _SERVED[_NAMED["icon.svg"]]
    return Response(body, headers={"cache-control": "public, max-age=86400"}, media_type=media_type)


def asset(name: str) -> str:
    """The address of one of our files."""
    return f"/assets/{_NAMED[name]}"


def _sheet() -> str:
    folder = files("stoa.storefront") / "assets"
    return "\n".join([*((folder / name).read_text() for name in _SHEETS), _choice_rules()])


def _choice_rules() -> str:
    """Option i stands at value j: whatever belongs to another value of that option is not shown, and the picture of
    this one comes first and large.
    """
    rules = "".join(
        f".choosing:has(#o{i}v{j}:checked) .of-choice:not(.o{i}v{j}){{display:none}}"
        f".product:has(#o{i}v{j}:checked) .follows .o{i}v{j}{{order:-1;grid-column:1/-1}}"
        for i in range(_LIVE_OPTIONS)
        for j in range(_LIVE_VALUES)
    )
    return f"@supports selector(:has(a)){{{rules}}}"


def _hashed(name: str, body: str) -> str:
    stem, _, suffix = name.rpartition(".")
    return f"{stem}.{hashlib.sha256(body.encode()).hexdigest()[:16]}.{suffix}"


_TYPES = {"css": "text/css; charset=utf-8", "svg": "image/svg+xml"}
_FILES = {"shop.css": _sheet(), "icon.svg": (files("stoa.storefront") / "assets" / "icon.svg").read_text()}
_NAMED = {name: _hashed(name, body) for name, body in _FILES.items()}
_SERVED = {_NAMED[name]: (body.encode(), _TYPES[name.rpartition(".")[2]]) for name, body in _FILES.items()}
