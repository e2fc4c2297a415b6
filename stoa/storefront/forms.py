"""Forms: read, and proved to be ours.

A form carries a token derived from the house's secret, a cookie of the browser and the address it is sent to. Beside it
stand the browser's own words, `Sec-Fetch-Site` and `Origin`. Whoever fails either is refused, and nothing is done.
"""

import hmac
import re
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID, uuid4

from fastapi import Request

from stoa.edge.asking import uuid_or_none
from stoa.edge.house import House
from stoa.kernel.ids import token
from stoa.kernel.refusals import Forbidden, Invalid
from stoa.storefront.cookies import FORMS, Jar

TOKEN_FIELD = "form_token"  # noqa: S105 (the field's name)

_MOST_FIELDS = 100
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,12}")
_URLENCODED = "application/x-www-form-urlencoded"


class BadForm(Invalid):
    """What was sent is no form of ours."""

    code = "storefront.bad_form"
    says = "The form could not be read; nothing was changed. Please go back, reload the page and send it once more."


class FormNotOurs(Forbidden):
    """The form carries no token, another browser's, or one of another form."""

    code = "storefront.form_not_ours"
    says = (
        "We could not tell that this form came from our own page, so nothing was changed. Please go back, reload the"
        " page and send it once more; the shop needs cookies for this."
    )


class SentFromElsewhere(Forbidden):
    """The browser says that another site sent the form."""

    code = "storefront.sent_from_elsewhere"
    says = "This was sent from another site, so nothing was changed. Please do it in the shop itself."


class Form(dict[str, str]):
    """The fields of a form by name, as they were typed."""

    def text(self, name: str) -> str:
        """What was typed, or nothing."""
        return self.get(name, "")

    def whole_number(self, name: str) -> int | None:
        """The whole number that was typed; None for anything else."""
        typed = self.text(name).strip()
        return int(typed) if _WHOLE_NUMBER.fullmatch(typed) else None


def new_binding() -> str:
    """What a browser's forms are bound to from now on."""
    return str(uuid4())


def form_token(house: House, binding: str, path: str) -> str:
    """The token of the form that is sent to `path` by the browser with this binding."""
    return token(house.secret_key, f"form:{path}", UUID(binding))


async def read_form(request: Request) -> Form:
    """The form of this request, read once. Raises BadForm."""
    known = getattr(request.state, "form", None)
    if isinstance(known, Form):
        return known
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _URLENCODED:
        raise BadForm()
    try:
        text = (await request.body()).decode()
        request.state.form = form = Form(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        raise BadForm() from None
    return form


async def check_form(request: Request, house: House, jar: Jar) -> None:
    """Refuse a form that did not come from a page of ours, before anything is done.

    Raises SentFromElsewhere, FormNotOurs, BadForm.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise SentFromElsewhere()
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower():
        raise SentFromElsewhere()
    given = (await read_form(request)).text(TOKEN_FIELD)
    binding = jar.read(FORMS)
    if uuid_or_none(binding) is None or binding is None:
        raise FormNotOurs()
    if not hmac.compare_digest(given.encode(), form_token(house, binding, request.url.path).encode()):
        raise FormNotOurs()
