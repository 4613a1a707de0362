"""How often something may be tried: one SQL statement, exact however many try at once."""

import ipaddress
from datetime import timedelta
from typing import NamedTuple

from django.db import connection
from django.http import HttpRequest

from people import vault


class Taken(NamedTuple):
    allowed: bool
    retry_after_s: int


def take(bucket: str, most: int, window: timedelta) -> Taken:
    """Count one try in `bucket`, kept as a keyed hash: addresses and accounts are personal.

    While the key of these hashes rotates each try counts under every version, and the oldest one decides:
    all processes know it, whichever they hold to be in use, so the count stays one.
    """
    kind, _, rest = bucket.partition(":")
    oldest, *newer = (f"{kind}:{key.hex()}" for key in vault.search_keys_by_age(rest))
    decided = _take(oldest, most, window)
    for name in newer:
        _take(name, most, window)
    return decided


def _take(name: str, most: int, window: timedelta) -> Taken:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT allowed, retry_after FROM throttle(%s, %s, make_interval(secs => %s))",
            [name, most, window.total_seconds()],
        )
        return Taken(*cursor.fetchone())


def network_of(request: HttpRequest, *, trusted_proxies: int) -> str:
    """Return the caller's network, /24 or /48, so that one caller with many addresses is one caller."""
    address = request.META.get("REMOTE_ADDR") or "0.0.0.0"  # noqa: S104  only a name for the bucket
    if trusted_proxies:
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
        if len(hops) >= trusted_proxies:
            address = hops[-trusted_proxies]
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return str(ipaddress.ip_network(f"{ip}/{24 if ip.version == 4 else 48}", strict=False))
