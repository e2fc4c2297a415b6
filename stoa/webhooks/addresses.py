"""Whom we call: addresses of the public internet, and nothing of the network that Stoa itself stands in.

Anybody who may add an endpoint could otherwise have our server call its neighbours: a database's port, a router, the
metadata service of a cloud, which hands out credentials. So the URL is looked at when it is given, and what counts, the
address that its name leads to, whenever it is called; we connect to the very address that was looked at.
"""

import re
import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpx

from stoa.webhooks.errors import BadUrl

Address = IPv4Address | IPv6Address

LONGEST_URL = 2000

_NAME = re.compile(r"(?!.*\.\.)[a-z0-9_.-]{1,253}")

# Names that lead nowhere outside, whatever they are resolved to.
_INSIDE = (".localhost", ".local", ".internal", ".intranet", ".lan", ".home", ".corp", ".home.arpa")

# What of IPv4 is no machine of the public internet, by IANA's registry, which Python knows in part; and the one public
# address at which Azure answers the machines that it runs.
_NOT_FOR_US = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16",
            "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
            "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
        ),
    )
)  # fmt: skip

# Of IPv6, what is routed at all; and of that what stands for other addresses, or for none.
_ROUTED = IPv6Network("2000::/3")
_NOT_ROUTED = (
    IPv6Network("2001::/23"),  # Teredo and other protocols' own
    IPv6Network("2001:db8::/32"),  # documentation
    IPv6Network("2002::/16"),  # 6to4: an IPv4 address inside
    IPv6Network("3fff::/20"),  # documentation
)
_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: Address) -> bool:
    """Whether this is an address of the public internet: one machine, and none of ours."""
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            # How a machine that speaks IPv6 alone reaches IPv4.
            return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
        return address in _ROUTED and address.is_global and not any(address in each for each in _NOT_ROUTED)
    return address.is_global and not any(address in each for each in _NOT_FOR_US)


def check_url(given: str, *, reach_private: bool) -> str:
    """The URL as it is kept and called.

    With `reach_private` (an installation's setting, for development) any http address will do. Raises BadUrl.
    """
    if len(given) > LONGEST_URL:
        raise BadUrl(problem=f"it is longer than {LONGEST_URL} characters")
    try:
        url = httpx.URL(given.strip())
    except (httpx.InvalidURL, ValueError):
        raise BadUrl(problem="it is no URL") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise BadUrl(problem="it is not of the form https://host/path")
    if url.userinfo or url.fragment:
        raise BadUrl(problem="it may hold neither a name and password nor a part after #")
    if url.port is not None and not 0 < url.port < 65536:
        raise BadUrl(problem="its port is none")
    host = url.raw_host.decode("ascii").strip("[]").rstrip(".").lower()
    if not _NAME.fullmatch(host) and ":" not in host:
        raise BadUrl(problem="its host is no name")
    if not reach_private:
        _check_outside(url, host)
    return str(url)


def _check_outside(url: httpx.URL, host: str) -> None:
    if url.scheme != "https":
        raise BadUrl(problem="it has to begin with https://")
    if url.port is not None and url.port < 1024 and url.port != 443:
        raise BadUrl(problem="its port belongs to another service; 443 and those from 1024 on may be called")
    written = _as_address(host)
    if written is not None:
        if not is_public(written):
            raise BadUrl(problem="it leads to a private or reserved address")
    elif "." not in host or f".{host}".endswith(_INSIDE):
        raise BadUrl(problem="its host is known inside a network alone")


def _as_address(host: str) -> Address | None:
    """The address that is written in place of a name, in any of the ways in which systems read one."""
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        # 2130706433, 0x7f.1 and 0177.0.0.1 are all ways to write 127.0.0.1.
        return IPv4Address(socket.inet_aton(host))
    except OSError:
        return None
