"""What must never be read outside: a made-up person's words in Redis, logs, addresses, webhooks."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

# A receipt code as it is written, of six groups in Crockford's base32.
_CODE: Final = re.compile(rb"\b[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){5}\b")
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/]{24,}={0,2}")


def leaks(folder: Path, canary: str, left_out: Sequence[str]) -> Iterator[str]:
    """Yield each file, of all that the run left, in which a canary stands, plain or in a message's base64.

    :param left_out: names right below the folder: what holds people by right, and what we wrote ourselves
    """
    marked = re.compile(re.escape(canary.encode()), re.IGNORECASE)
    for path in sorted(folder.rglob("*")):
        if path.relative_to(folder).parts[0] in left_out or not path.is_file():
            continue
        text = path.read_bytes()
        if found := marked.search(text) or marked.search(_decoded(text)):
            yield f"{path.relative_to(folder)}: {found.group().decode()}"
        if _CODE.search(text):
            yield f"{path.relative_to(folder)}: a receipt code"


def _decoded(text: bytes) -> bytes:
    found = []
    for blob in set(_BASE64.findall(text)):
        try:
            found.append(base64.b64decode(blob + b"=" * (-len(blob) % 4)))
        except binascii.Error:
            continue
    return b"\n".join(found)
