"""JSON in the one form that everybody hashes to the same value: RFC 8785, without floating-point numbers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Final

GREATEST: Final = 2**53 - 1
"""What a number may be at most, so that every reader of JSON reads the same one."""


def canonical(value: object) -> str:
    """Return `value` in canonical form: keys in the order of their UTF-16 code units, no spaces.

    :raises TypeError: for what is no JSON, or a float: its form would be a matter of its own
    :raises ValueError: for a whole number beyond `GREATEST`
    """
    match value:
        case None | bool() | str():
            return json.dumps(value, ensure_ascii=False)
        case int():
            if abs(value) > GREATEST:
                raise ValueError(value)
            return str(value)
        case Mapping():
            keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
            return "{" + ",".join(f"{canonical(key)}:{canonical(value[key])}" for key in keys) + "}"
        case Sequence():
            return "[" + ",".join(canonical(each) for each in value) + "]"
    raise TypeError(type(value).__name__)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
