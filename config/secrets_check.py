"""What is wrong with how the product is set up, in one line each: with any of it, nothing starts."""

from __future__ import annotations

import ipaddress
import stat
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

LEAST_BYTES: Final = 32
_LEAST_DIFFERENT: Final = 8
# What stands in examples, templates and other people's tutorials.
_DEFAULTS: Final = (
    "changeme",
    "change-me",
    "change_me",
    "insecure",
    "example",
    "placeholder",
    "replace",
    "secret",
)
_LEAD_TO_SECRETS: Final = (
    "SECRET_KEY_FILE",
    "DATABASE_URL_FILE",
    "DATABASE_OWNER_URL_FILE",
    "REDIS_URL_FILE",
)
_ON: Final = ("1", "on", "true", "yes")
# redis-py takes both forms.
_UNASKED: Final = ("none", "CERT_NONE")
_HOW_TO_ENCRYPT: Final = (
    "Use sslmode=verify-full, rediss:// or syslog+tls://;"
    " or say PRIVATE_LINE=1 where the line itself is encrypted or nobody else's."
)


class Unsafe(SystemExit):
    """Ends the process with its one line, and no trace of what else was read."""


class Reach(NamedTuple):
    """Who can reach the site, and how."""

    https: bool
    hosts: Iterable[str]
    public_url: str


def refuse(faults: Iterator[str]) -> None:
    """:raises Unsafe: if there is any fault; its text is the first"""
    fault = next(faults, None)
    if fault is not None:
        raise Unsafe(f"Lifeline does not start: {fault}")


def faults_of(secrets: Mapping[str, str], files: Iterable[Path] = ()) -> Iterator[str]:
    """Yield what is wrong with these secrets, by their names. No secret stands in a line."""
    for name, secret in secrets.items():
        yield from _weakness(name, secret)
    for (one, secret), (other, same) in combinations(secrets.items(), 2):
        if secret == same:
            yield f"{one} and {other} are the same secret. Make each on its own."
    for path in files:
        if path.exists() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            yield f"{path} can be read by others than its owner. Run: chmod 600 {path}"


def files(folder: Path, environment: Mapping[str, str]) -> list[Path]:
    """Return every file that holds a secret: the keys', and those that the environment leads to."""
    led_to = (Path(where) for name, where in environment.items() if name in _LEAD_TO_SECRETS)
    return [*(each for each in sorted(folder.rglob("*")) if each.is_file()), *led_to]


def _weakness(name: str, secret: str) -> Iterator[str]:
    if len(secret.encode()) < LEAST_BYTES:
        yield f"{name} is shorter than {LEAST_BYTES} bytes. Delete it, and one is made at the next start."
    elif any(word in secret.casefold() for word in _DEFAULTS):
        yield f"{name} is a default from an example. Make one of your own, at random."
    elif len(set(secret)) < _LEAST_DIFFERENT:
        yield f"{name} is made of {len(set(secret))} different characters. Make one at random."


def openness(reach: Reach, environment: Mapping[str, str]) -> Iterator[str]:
    """Yield what lets in, or shows, more than it should."""
    for name in ("DEBUG", "DJANGO_DEBUG"):
        if environment.get(name, "").lower() in _ON:
            yield f"{name} is on: its error pages show what people wrote. Unset it: there is no such mode."
    if "*" in reach.hosts:
        yield "ALLOWED_HOSTS is '*'. Name the hosts that this site is reached by."
    if reach.https:
        return
    for host in reach.hosts:
        if not is_loopback(host):
            yield f"{host} is allowed without HTTPS. Set HTTPS=1 behind a server that speaks TLS."
    if not is_loopback(urlsplit(reach.public_url).hostname or ""):
        yield f"PUBLIC_URL is {reach.public_url}, without HTTPS. Set HTTPS=1 behind a server that speaks TLS."


def lines(https: bool, addresses: Mapping[str, str], environment: Mapping[str, str]) -> Iterator[str]:
    """Yield which server elsewhere is talked to without TLS, or without asking who it is (ASVS 5.0 12.3.1).

    On this machine alone, without HTTPS, it is the operator's own affair.
    """
    if not https or environment.get("PRIVATE_LINE", "").lower() in _ON:
        return
    for name, address in addresses.items():
        if address and not _stays_here(address) and not _is_encrypted(address):
            yield f"{name} leads elsewhere without TLS. {_HOW_TO_ENCRYPT}"


def _stays_here(address: str) -> bool:
    found = urlsplit(address)
    host = (parse_qs(found.query).get("host") or [unquote(found.hostname or "")])[0]
    return not found.scheme or not host or host.startswith("/") or is_loopback(host)


def _is_encrypted(address: str) -> bool:
    found = urlsplit(address)
    told = parse_qs(found.query)
    if found.scheme.startswith("postgres"):
        return told.get("sslmode") in (["verify-full"], ["verify-ca"])
    return found.scheme in ("rediss", "syslog+tls") and told.get("ssl_cert_reqs", [""])[0] not in _UNASKED


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
