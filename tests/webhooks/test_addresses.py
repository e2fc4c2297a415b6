"""Nothing inside is called: not by its number in any notation, not by a name that leads there, not by a detour."""

import asyncio
import socket
import threading
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any
from uuid import UUID

import pytest

from stoa import webhooks
from stoa.config import WebhookSettings
from stoa.webhooks.addresses import Address, check_url, is_public
from stoa.webhooks.errors import BadUrl
from stoa.webhooks.names import Names
from stoa.webhooks.sending import Answer, Message, Sender
from tests.promises import refused
from tests.webhooks.post import Post
from tests.webhooks.receiver import Receiver

PUBLIC = ["1.1.1.1", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "64:ff9b::101:101"]

PRIVATE = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "169.254.0.1", "100.64.0.1", "100.100.100.200", "192.0.0.192", "192.0.2.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.1", "192.88.99.1", "168.63.129.16", "224.0.0.1", "239.255.255.250", "240.0.0.1",
    "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1",
    "::ffff:169.254.169.254", "::127.0.0.1", "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1",
    "3fff::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "100::1", "fec0::1", "5f00::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_the_public_internet_may_be_called(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_private_or_reserved_may_not(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://example.com/hooks?a=b", "https://example.com/hooks?a=b"),
        (" https://EXAMPLE.com:8443/ ", "https://example.com:8443/"),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"),
        ("https://1.1.1.1/", "https://1.1.1.1/"),
        ("https://[2606:4700:4700::1111]/", "https://[2606:4700:4700::1111]/"),
    ],
)
def test_a_url_is_kept_in_its_plain_form(given: str, kept: str) -> None:
    assert check_url(given, reach_private=False) == kept


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "example.com", "",
        "https://", "https:///hooks", "https://user:pass@example.com/", "https://user@example.com/",
        "https://example.com/#there", "https://example.com:0/", "https://example.com:99999/", "https://example.com:25/",
        "https://example.com:22/", "https://exa mple.com/", "https://a..b/", "https://a%00b.example/",
        "https://localhost/", "https://localhost./", "https://shop.localhost/", "https://router.local/",
        "https://metadata.google.internal/", "https://db/", "https://printer.lan/", "https://nas.home.arpa/",
        "https://127.0.0.1/", "https://127.0.0.1./", "https://127.1/", "https://2130706433/", "https://0x7f000001/",
        "https://0x7f.1/", "https://0177.0.0.1/", "https://017700000001/", "https://127。0。0。1/", "https://0/",
        "https://[::1]/", "https://[::]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/",
        "https://[0:0:0:0:0:0:0:1]/", "https://[fe80::1%25eth0]/", "https://169.254.169.254/latest/meta-data/",
        "https://0251.0376.0251.0376/", "https://2852039166/", "https://example.com/" + "a" * 2000,
        "https://example.com\\@127.0.0.1/", "https://127.0.0.1\\@example.com/",
    ],
)  # fmt: skip
def test_a_url_that_cannot_be_meant_is_refused_at_once(url: str) -> None:
    with refused(BadUrl) as refusal:
        check_url(url, reach_private=False)
    assert refusal.value.sentence.endswith(".")


def test_for_development_any_http_address_will_do() -> None:
    for url in ("http://127.0.0.1:8000/", "http://localhost:81/x", "https://router.local/", "http://[::1]:9000/"):
        assert check_url(url, reach_private=True) == url
    with refused(BadUrl):
        check_url("ftp://127.0.0.1/", reach_private=True)


@pytest.mark.parametrize("name", ["localhost", "127.1", "2130706433", "0x7f.0.0.1", "0177.0.0.1", "::ffff:127.0.0.1"])
async def test_what_the_system_makes_of_a_name_is_what_counts(name: str, receiver: Receiver) -> None:
    """These all lead to this machine, by the system's own resolver."""
    found = await Names().resolve(name, receiver.port)
    assert found
    assert set(found) <= {ip_address("127.0.0.1"), ip_address("::1")}

    answer = await attempt(receiver, name if ":" not in name else f"[{name}]")

    assert answer.status is None
    assert answer.reason in ("address", "name")
    assert receiver.connections == 0


@pytest.mark.parametrize(
    "leads_to",
    [
        ["127.0.0.1"],
        ["1.1.1.1", "127.0.0.1"],
        ["127.0.0.1", "1.1.1.1"],
        ["10.1.2.3"],
        ["::ffff:127.0.0.1"],
        ["fe80::1"],
    ],
)
async def test_a_public_name_that_leads_inside_is_not_called(leads_to: list[str], receiver: Receiver) -> None:
    answer = await attempt(receiver, "hooks.example.com", leads_to)

    assert (answer.status, answer.reason) == (None, "address")
    assert receiver.connections == 0


async def test_the_name_is_looked_up_once_and_that_address_is_called(receiver: Receiver) -> None:
    """Whoever answers for the name cannot say something else to the check than to the call."""
    asked: list[str] = []

    async def turning(host: str, _port: int) -> list[Address]:
        asked.append(host)
        return [ip_address("127.0.0.1" if len(asked) == 1 else "10.255.255.1")]

    sender = Sender(WebhookSettings(reach_private=True, timeout_seconds=5), resolve=turning)
    answer = await attempt(receiver, "hooks.example.com", sender=sender)

    assert (answer.status, asked) == (200, ["hooks.example.com"])
    assert receiver.got[0].headers["host"] == f"hooks.example.com:{receiver.port}"


async def test_a_name_is_looked_up_anew_for_every_attempt(receiver: Receiver) -> None:
    inside = [ip_address("10.255.255.1")]
    turns = [[ip_address("1.1.1.1")], inside]

    async def turning(_host: str, _port: int) -> list[Address]:
        return turns.pop()

    sender = Sender(WebhookSettings(timeout_seconds=0.2), resolve=turning)
    assert (await attempt(receiver, "hooks.example.com", sender=sender)).reason == "address"
    assert len(turns) == 1


async def test_an_address_that_does_not_answer_gives_way_to_the_next(receiver: Receiver) -> None:
    with socket.socket() as shut:
        shut.bind(("127.0.0.2", receiver.port))  # nobody listens there

        answer = await attempt(receiver, "hooks.example.com", ["127.0.0.2", "127.0.0.1"], reach_private=True)

    assert (answer.status, answer.reason) == (200, None)


async def test_names_whose_servers_are_silent_hold_up_nobody_else(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads of the system's resolver are few; a hundred messages to one such name take one of them."""
    spoken, asked, ask_system = threading.Event(), list[str](), socket.getaddrinfo

    def silent(host: str, *rest: Any, **how: Any) -> Any:
        asked.append(host)
        if host.endswith(".silent.example"):
            spoken.wait()
        return ask_system(host, *rest, **how)

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    names = Names()
    sender = Sender(WebhookSettings(reach_private=True, timeout_seconds=60), resolve=names.resolve)
    hosts = [f"{n}.silent.example" for n in range(40)]
    waiting = [asyncio.create_task(attempt(receiver, host, sender=sender)) for host in hosts * 5]
    try:
        for host in ("127.0.0.1", "localhost"):
            assert (await attempt(receiver, host, sender=sender)).status == 200
        assert sorted(asked) == sorted([*hosts, "localhost"])
    finally:
        spoken.set()
    assert {(await each).reason for each in waiting} == {"name"}


@pytest.mark.parametrize("found", [[], None])
async def test_a_name_that_leads_nowhere_is_said_so(found: list[Address] | None, receiver: Receiver) -> None:
    async def nowhere(_host: str, _port: int) -> list[Address]:
        if found is None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return found

    assert (
        await attempt(receiver, "nowhere.example", sender=Sender(WebhookSettings(), resolve=nowhere))
    ).reason == "name"


async def test_a_proxy_of_the_environment_is_not_asked(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")

    assert (await attempt(receiver, "hooks.example.com", ["127.0.0.1"], reach_private=True)).status == 200


async def test_an_endpoint_inside_is_never_called_and_its_deliveries_say_why(post: Post, receiver: Receiver) -> None:
    """It was added while private addresses were allowed, or its name has come to lead inside since."""
    await post.endpoint(receiver.url)
    await post.tell("order.placed")
    post.settings = WebhookSettings()

    await post.deliver()

    assert receiver.connections == 0
    [delivery] = await post.deliveries()
    assert (delivery.state, delivery.last_status, delivery.last_reason) == ("waiting", None, "address")


async def attempt(
    receiver: Receiver,
    host: str,
    leads_to: list[str] | None = None,
    *,
    reach_private: bool = False,
    sender: Sender | None = None,
) -> Answer:
    """One message to this host at the receiver's port; `leads_to` is what its name is resolved to."""

    async def told(_host: str, _port: int) -> list[Address]:
        plain = [ip_address(each) for each in leads_to or ()]
        return [getattr(each, "ipv4_mapped", None) or each for each in plain]

    settings = WebhookSettings(reach_private=reach_private, timeout_seconds=5)
    sender = sender or (Sender(settings, resolve=told) if leads_to else Sender(settings))
    now = datetime.now(UTC)
    message = Message(
        event_id=UUID(int=1),
        kind="order.placed",
        store_id=UUID(int=2),
        subject_id=UUID(int=3),
        data={},
        happened_at=now,
    )
    async with sender.client() as client:
        secrets = [webhooks.secret_of(bytes(32), UUID(int=4), 1)]
        return await sender.send(client, f"http://{host}:{receiver.port}/hooks", message, secrets=secrets, at=now)
