"""Where a webhook may go: https, port 443, an address that is public. Nothing here touches a network.

Anything else only as an operator wrote it into `WEBHOOK_EXCEPTIONS`, to the letter: scheme, host and port.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from typing import Final, NamedTuple
from urllib.parse import urlsplit

LONGEST: Final = 500
# IANA's registries of special-purpose addresses (RFC 6890 and its updates), and what carries an IPv4 address
# inside another. Written out: `is_global` of Python differs from one release to the next.
_NOT_PUBLIC: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
        "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
# Of IPv6 only what is given out (2000::/3), without these parts of it.
_GIVEN_OUT: Final = ipaddress.ip_network("2000::/3")
_NOT_PUBLIC_6: Final = tuple(
    ipaddress.ip_network(network)
    for network in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)
_LABEL: Final = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
# The last label is no number, in whatever notation: what is left to a resolver's reading is no name.
_NAME: Final = re.compile(rf"(?=.{{1,253}}$)({_LABEL}\.)+(?!0x)(?![0-9]+$){_LABEL}", re.ASCII)
_PATH: Final = re.compile(r"/[!-~]*", re.ASCII)
_PORTS: Final = {"https": 443, "http": 80}


class Unfit(ValueError):
    """The address is none that a webhook may go to; its text says why."""


class Target(NamedTuple):
    scheme: str
    host: str
    port: int
    path: str
    excepted: bool
    """Whether an operator let this origin be private, without TLS, or on another port."""

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def parsed(address: str, exceptions: Collection[str] = ()) -> Target:
    """:raises Unfit: for what may not be sent to; names are looked up only when something is sent"""
    if len(address) > LONGEST or not address.isascii() or not address.isprintable() or "\\" in address:
        raise Unfit(f"An address of at most {LONGEST} plain characters.")
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise Unfit("That is no address.") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise Unfit("It begins with https:// and a host.")
    if "@" in parts.netloc or parts.fragment or "#" in address:
        raise Unfit("It holds no user and no fragment.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not _PATH.fullmatch(path):
        raise Unfit("Its path has characters that must be percent-encoded.")
    return _allowed(
        Target(parts.scheme, parts.hostname, _PORTS[parts.scheme] if port is None else port, path, False),
        exceptions,
    )


def _allowed(target: Target, exceptions: Collection[str]) -> Target:
    if f"{target.scheme}://{target.host_header}" in exceptions:
        return target._replace(excepted=True)
    if target.scheme != "https" or target.port != _PORTS["https"]:
        raise Unfit("https and port 443, nothing else.")
    try:
        literal = ipaddress.ip_address(target.host)
    except ValueError:
        if not _NAME.fullmatch(target.host):
            raise Unfit("Its host is no name of the internet.") from None
    else:
        if not is_public(str(literal)):
            raise Unfit("Its host is no public address.")
    return target


def is_public(address: str) -> bool:
    """Whether a numeric address is one of the public internet; one that carries another inside is none."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in network for network in _NOT_PUBLIC)
    return ip.scope_id is None and ip in _GIVEN_OUT and not any(ip in network for network in _NOT_PUBLIC_6)
