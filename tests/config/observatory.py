"""How a site is graded by Mozilla's HTTP Observatory: the modifiers and grades of its published scoring.

https://github.com/mozilla/http-observatory/blob/main/httpobs/docs/scoring.md (27 February 2024), without
what only the scanner can know: being on browsers' preload list.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from http.cookies import Morsel
from typing import Any, Final, NamedTuple

# The least score of each grade.
_GRADES: Final = (
    (100, "A+"), (90, "A"), (85, "A-"), (80, "B+"), (70, "B"), (65, "B-"), (60, "C+"), (50, "C"),
    (45, "C-"), (40, "D+"), (30, "D"), (25, "D-"),
)  # fmt: skip
_ENOUGH_FOR_BONUS: Final = 90
_SIX_MONTHS_S: Final = 15_552_000
_BROAD: Final = {"*", "http:", "https:", "http://*", "https://*", "data:", "ftp:"}
_PRIVATE: Final = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}


class Scan(NamedTuple):
    headers: Mapping[str, str]
    cookies: Sequence[Morsel[str]]
    page: str
    goes_to_https: bool
    """Whether the same host asked without TLS redirects to itself with it."""


class Grade(NamedTuple):
    score: int
    letter: str
    modifiers: Mapping[str, int]


def grade(scan: Scan) -> Grade:
    found = {name: test(scan) for name, test in _TESTS.items()}
    score = 100 + sum(each for each in found.values() if each < 0)
    if score >= _ENOUGH_FOR_BONUS:
        score += sum(each for each in found.values() if each > 0)
    letter = next((letter for least, letter in _GRADES if score >= least), "F")
    return Grade(max(score, 0), letter, found)


def policy(headers: Mapping[str, str]) -> dict[str, set[str]]:
    directives = headers.get("Content-Security-Policy", "").split(";")
    return {words[0]: set(words[1:]) for each in directives if (words := each.split())}


def _content(scan: Scan) -> int:
    directives = policy(scan.headers)
    if not directives:
        return -25
    default = directives.get("default-src", {"*"})
    script, style = (directives.get(name, default) for name in ("script-src", "style-src"))
    if script & {"'unsafe-inline'", *_BROAD} or directives.get("object-src", default) & _BROAD:
        return -20
    if "'unsafe-eval'" in script:
        return -10
    if style & {"'unsafe-inline'", *_BROAD}:
        return 0
    return 10 if default == {"'none'"} else 5


def _cookies(scan: Scan) -> int:
    if not scan.cookies:
        return 0
    if any(not each["secure"] for each in scan.cookies):
        return -20
    if any("session" in each.key.lower() and not each["httponly"] for each in scan.cookies):
        return -30
    if any("csrf" in each.key.lower() and not each["samesite"] for each in scan.cookies):
        return -20
    return 5 if all(each["samesite"] in ("Lax", "Strict") for each in scan.cookies) else 0


def _sharing(scan: Scan) -> int:
    """A star alone shows public content only; with credentials it shows all."""
    return -50 if "Access-Control-Allow-Credentials" in scan.headers else 0


def _transport(scan: Scan) -> int:
    lasts = re.search(r"max-age=(\d+)", scan.headers.get("Strict-Transport-Security", ""))
    if lasts is None:
        return -20
    return 0 if int(lasts[1]) >= _SIX_MONTHS_S else -10


def _referrer(scan: Scan) -> int:
    told = scan.headers.get("Referrer-Policy")
    if told is None:
        return 0
    return 5 if told in _PRIVATE else -5


def _integrity(scan: Scan) -> int:
    scripts = re.findall(r"<script\b[^>]*\bsrc=\"([^\"]+)\"([^>]*)", scan.page)
    foreign = [rest for address, rest in scripts if address.startswith(("http:", "https:", "//"))]
    return -50 if any("integrity" not in rest for rest in foreign) else 0


def _type(scan: Scan) -> int:
    return 0 if scan.headers.get("X-Content-Type-Options") == "nosniff" else -5


def _frames(scan: Scan) -> int:
    ancestors = policy(scan.headers).get("frame-ancestors")
    if ancestors is not None and not ancestors & _BROAD:
        return 5
    return 0 if scan.headers.get("X-Frame-Options") in ("DENY", "SAMEORIGIN") else -20


_TESTS: Final[Mapping[str, Any]] = {
    "content-security-policy": _content,
    "cookies": _cookies,
    "cross-origin-resource-sharing": _sharing,
    "redirection": lambda scan: 0 if scan.goes_to_https else -20,
    "referrer-policy": _referrer,
    "strict-transport-security": _transport,
    "subresource-integrity": _integrity,
    "x-content-type-options": _type,
    "x-frame-options": _frames,
}
