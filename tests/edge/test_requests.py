"""What every request passes and every answer carries, whatever it is about."""

import pytest

from stoa.app import serve_house
from stoa.config import Config
from stoa.db.urls import Urls
from stoa.edge.house import House
from tests.api.calls import STORE_API, Caller, in_process, problem_of
from tests.conftest import SECRET_KEY
from tests.make import MadeStore


async def test_every_answer_says_what_a_browser_may_do_with_it(shop: Caller):
    answer = await shop.ask("GET", "/store")

    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert "strict-transport-security" not in answer.headers


async def test_what_is_answered_to_an_act_is_stored_nowhere(shop: Caller):
    answer = await shop.ask("POST", "/carts")

    assert answer.headers["cache-control"] == "no-store"


async def test_under_https_browsers_are_told_to_stay_there(urls: Urls, store: MadeStore):
    house = House.open(Config(server_url=urls.server, secret_key=SECRET_KEY, public_scheme="https"))
    async with in_process(serve_house(house), store.host) as client:
        answer = await Caller(client, STORE_API).ask("GET", "/store")
    await house.close()

    assert answer.headers["strict-transport-security"] == "max-age=31536000"


async def test_a_fault_tells_its_request_and_nothing_else(shop: Caller, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise RuntimeError("the secret reason")

    monkeypatch.setattr("stoa.api.store.shop.settings_of", broken)

    answer = await shop.ask("GET", "/store")

    assert (answer.status_code, problem_of(answer)["code"]) == (500, "fault")
    assert answer.json()["detail"] == "Something went wrong here; it has been noted."
    assert "secret" not in answer.text


async def test_a_parameter_that_is_not_there_is_a_mistake(shop: Caller):
    refusal = await shop.refused(422, "GET", "/products?categroy=kitchen")

    assert refusal["detail"] == (
        "query.categroy: there is no such parameter here; those there are: category, cursor, limit, q, sort."
    )


async def test_a_request_keeps_the_id_it_came_with(shop: Caller):
    named = await shop.as_(x_request_id="checkout-17.a_b").ask("GET", "/store")
    unnamed = await shop.ask("GET", "/store")
    unfit = await shop.as_(x_request_id="two words").ask("GET", "/store")

    assert named.headers["x-request-id"] == "checkout-17.a_b"
    assert len(unnamed.headers["x-request-id"]) == 32
    assert len(unfit.headers["x-request-id"]) == 32


async def test_head_is_get_without_the_body(shop: Caller):
    whole = await shop.ask("GET", "/store")
    head = await shop.ask("HEAD", "/store")
    known = await shop.as_(if_none_match=whole.headers["etag"]).ask("HEAD", "/store")

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == whole.headers["content-length"]
    assert head.headers["etag"] == whole.headers["etag"]
    assert known.status_code == 304


async def test_options_says_what_may_be_done(shop: Caller):
    answer = await shop.ask("OPTIONS", "/carts/01990000-0000-7000-8000-000000000000/contact")

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, PUT"


async def test_what_is_not_done_at_an_address_is_405_and_says_what_is(shop: Caller):
    answer = await shop.ask("DELETE", "/carts/01990000-0000-7000-8000-000000000000/contact")

    assert problem_of(answer)["code"] == "http.method"
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, PUT"


@pytest.mark.parametrize("path", ["/nothing", "/carts/", "/store/", "//store", "/products/a/b"])
async def test_an_unknown_address_is_404(shop: Caller, path: str):
    assert (await shop.refused(404, "GET", path))["code"] == "http.nothing_here"


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/products/a%00b", "path.slug"),
        ("/products/a%1Fb", "path.slug"),
        ("/products?q=a%00b", "query.q"),
        ("/products?category=%7F", "query.category"),
        ("/products?cursor=%0A", "query.cursor"),
        ("/products?a%00b=1", "query.a?b"),
    ],
)
async def test_control_characters_in_an_address_are_refused(shop: Caller, path: str, field: str):
    refusal = await shop.refused(422, "GET", path)

    assert refusal["errors"][0]["field"] == field
    assert refusal["detail"].startswith(f"{field}: this holds a control character")


@pytest.mark.parametrize(
    "character", ["\\u0000", "\\u0007", "\\u001b", "\\u007f", "\x7f", "\\u0085", "\x85", "\\ud800"]
)
async def test_control_characters_in_a_body_are_refused(shop: Caller, character: str):
    body = f'{{"email": "ada@example.com", "note": "a{character}b"}}'.encode()

    answer = await shop.ask(
        "PUT",
        "/carts/01990000-0000-7000-8000-000000000000/contact",
        content=body,
        headers={"content-type": "application/json"},
    )

    assert answer.status_code == 422
    assert problem_of(answer)["errors"][0]["field"] == "body.note"


async def test_letters_beside_control_characters_are_not_refused(shop: Caller):
    cart = await shop.do("POST", "/carts")
    note = "Grüße, Â§ \u00a0 🎁 ключ\nsecond line\ta tab"

    await shop.do(
        "PUT", f"/carts/{cart['id']}/contact", {"email": "a@example.com", "note": note}, cart_token=cart["token"]
    )

    contact = await shop.as_(cart_token=cart["token"]).get(f"/carts/{cart['id']}/contact")
    assert contact["note"] == note
