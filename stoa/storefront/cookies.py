"""What the shop keeps in a browser: the cart, who is signed in, the last orders, and what forms are bound to.

Every cookie is HttpOnly and SameSite=Lax. Under https it is Secure and its name begins with `__Host-`, so that no other
host, not even a sibling, can set it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from starlette.responses import Response

from stoa.carts.holding import CART_DAYS
from stoa.edge.asking import uuid_or_none

CART = "cart"
SESSION = "session"
ORDERS = "orders"
FORMS = "forms"

_MOST_ORDERS = 6


@dataclass(frozen=True)
class Jar:
    """The cookies of one request; `https` decides the names and whether they are Secure."""

    given: Mapping[str, str]
    https: bool

    def read(self, name: str) -> str | None:
        """What the browser keeps under our name."""
        return self.given.get(self._name(name)) or None

    def keep(self, response: Response, name: str, value: str, *, lasts: timedelta | None = None) -> None:
        """Let the browser keep it; without `lasts`, until it is closed."""
        response.set_cookie(
            self._name(name),
            value,
            max_age=None if lasts is None else int(lasts.total_seconds()),
            path="/",
            secure=self.https,
            httponly=True,
            samesite="lax",
        )

    def drop(self, response: Response, name: str) -> None:
        """Let the browser forget it."""
        response.delete_cookie(self._name(name), path="/", secure=self.https, httponly=True, samesite="lax")

    def _name(self, name: str) -> str:
        return f"__Host-{name}" if self.https else name


@dataclass(frozen=True)
class Pass:
    """An id and the token that opens it: a cart's or an order's."""

    id: UUID
    token: str

    @classmethod
    def read(cls, text: str | None) -> Self | None:
        """From a cookie; None where it is none of ours."""
        written_id, _, token = (text or "").partition(".")
        found = uuid_or_none(written_id)
        return cls(found, token) if found and token else None

    def __str__(self) -> str:
        return f"{self.id}.{self.token}"


def keep_cart(jar: Jar, response: Response, cart: Pass) -> None:
    """As long as the cart itself lives."""
    jar.keep(response, CART, str(cart), lasts=timedelta(days=CART_DAYS))


def keep_session(jar: Jar, response: Response, token: str, *, until: datetime, now: datetime) -> None:
    """As long as the session holds."""
    jar.keep(response, SESSION, token, lasts=until - now)


def orders_kept(jar: Jar) -> list[Pass]:
    """The orders this browser bought as a guest, newest first."""
    passes = (Pass.read(text) for text in (jar.read(ORDERS) or "").split("~"))
    return [each for each in passes if each is not None][:_MOST_ORDERS]


def keep_order(jar: Jar, response: Response, order: Pass) -> None:
    """Remember one more order, so that its page opens to this browser without a token in the address."""
    others = [each for each in orders_kept(jar) if each.id != order.id]
    jar.keep(response, ORDERS, "~".join(map(str, [order, *others][:_MOST_ORDERS])), lasts=timedelta(days=CART_DAYS))
