"""Whom a request is counted against: the connection's address, and what only a trusted proxy may say instead."""

from ipaddress import ip_network

import pytest
from fastapi import Request

from stoa.config import Config
from stoa.edge.asking import client_address
from tests.conftest import SECRET_KEY

CONFIG = Config(
    server_url="postgresql://nowhere",
    secret_key=SECRET_KEY,
    trusted_proxies=(ip_network("10.0.0.0/8"), ip_network("fd00::/8")),
)


@pytest.mark.parametrize(
    ("peer", "forwarded", "believed"),
    [
        ("203.0.113.7", None, "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),  # not from a proxy of ours
        ("10.0.0.2", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "1.1.1.1, 198.51.100.1", "198.51.100.1"),  # the client made the first one up
        ("10.0.0.2", "198.51.100.1, 10.0.0.3", "198.51.100.1"),  # two proxies, one behind the other
        ("10.0.0.2", None, "10.0.0.2"),
        ("10.0.0.2", " , ", "10.0.0.2"),
        ("fd00::1", "2001:db8::5", "2001:db8::5"),
        ("10.0.0.2", "not an address", "not an address"),
    ],
)
def test_only_a_trusted_proxy_is_believed(peer: str, forwarded: str | None, believed: str):
    headers = [] if forwarded is None else [(b"x-forwarded-for", forwarded.encode())]
    request = Request({"type": "http", "client": (peer, 1), "headers": headers})

    assert client_address(request, CONFIG) == believed


def test_a_connection_without_an_address_has_a_name_all_the_same():
    assert client_address(Request({"type": "http", "client": None, "headers": []}), CONFIG) == "unknown"
