"""Secrets that were written down by mistake: in the tree, and in any commit that led to it.

python -m config.supply.leaks

What only looks like one stands in `.secrets-allowed`, by its fingerprint: this file says which it found.
"""

from __future__ import annotations

import hashlib
import math
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from config.supply.lock import BASE_DIR

ALLOWED: Final = BASE_DIR / ".secrets-allowed"
_KNOWN: Final = {
    "private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    "AWS key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "GitHub token": re.compile(r"\bgh[pousr]_[0-9A-Za-z]{36,}\b|\bgithub_pat_[0-9A-Za-z_]{50,}\b"),
    "GitLab token": re.compile(r"\bglpat-[0-9A-Za-z_-]{20,}\b"),
    "PyPI token": re.compile(r"\bpypi-AgE[0-9A-Za-z_-]{50,}"),
    "Slack token": re.compile(r"\bxox[abposr]-[0-9A-Za-z-]{10,}"),
    "Google key": re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b"),
    "JSON web token": re.compile(r"\beyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{10,}"),
    "password in an address": re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s:/@'\"{}$<]*:([^\s/@'\"{}$<…]{6,})@"),
}
# A name that says it is one, and a value that looks like chance.
_NAMED: Final = re.compile(
    r"(?i)(?:secret|token|passw(?:or)?d|api_?key|private_?key|kek)\w*[\"']?\s*[:=]\s*[\"']([0-9A-Za-z+/=_-]{20,})[\"']"
)
_CHANCE_BITS: Final = 3.5
"""Per character: words of a language have less, hexadecimal numbers drawn at random just under 4."""


class Leak(NamedTuple):
    kind: str
    where: str
    fingerprint: str


def leaks(text: str, where: str) -> Iterator[Leak]:
    for kind, pattern in _KNOWN.items():
        for match in pattern.finditer(text):
            yield Leak(kind, where, _fingerprint(match[match.lastindex or 0]))
    for match in _NAMED.finditer(text):
        if _bits(match[1]) >= _CHANCE_BITS and re.search(r"\d", match[1]):
            yield Leak("secret by its name", where, _fingerprint(match[1]))


def _bits(text: str) -> float:
    """Return the entropy of its characters (Shannon), in bits each."""
    shares = [count / len(text) for count in Counter(text).values()]
    return -sum(share * math.log2(share) for share in shares)


def _fingerprint(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()[:16]


def tree() -> Iterator[tuple[str, str]]:
    """Yield place and text of each file that is kept, and of each that would be."""
    for name in _git("ls-files", "--cached", "--others", "--exclude-standard").splitlines():
        path = BASE_DIR / name
        if path.is_file() and path.suffix not in (".png", ".ttf", ".woff2", ".xlsx"):
            yield name, path.read_text(errors="replace")


def history() -> Iterator[tuple[str, str]]:
    """Yield each commit with the lines that it added."""
    for commit in _git("log", "--unified=0", "--no-color", "--format=%x00%h", "-p", "HEAD").split("\0")[1:]:
        name, _, change = commit.partition("\n")
        yield name, "\n".join(line[1:] for line in change.splitlines() if line.startswith("+"))


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=BASE_DIR, capture_output=True, check=True)  # noqa: S603, S607
    return done.stdout.decode(errors="replace")


def allowed() -> set[str]:
    lines = ALLOWED.read_text().splitlines() if ALLOWED.exists() else []
    return {line.split()[0] for line in lines if line and not line.startswith("#")}


def found(places: Iterable[tuple[str, str]]) -> list[Leak]:
    known = allowed()
    every = (leak for where, text in places for leak in leaks(text, where))
    return sorted({leak for leak in every if leak.fingerprint not in known})


def main() -> int:
    try:
        told = found([*tree(), *history()])
    except (OSError, subprocess.CalledProcessError):
        sys.stdout.write("Secrets: this is no checkout, so its files and history were not looked through.\n")
        return 0
    sys.stdout.writelines(f"{leak.where}: {leak.kind}, {leak.fingerprint}\n" for leak in told)
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
