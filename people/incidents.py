"""The reference of what is being done: its reader quotes it, and every line of the log about it carries it.

It is random and says nothing: whoever hears it learns neither who asked nor for what.
"""

from __future__ import annotations

import secrets
from typing import Final

from django.http import HttpRequest
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars

# Crockford's base 32: read out on the telephone, none of its characters is taken for another.
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH: Final = 8


def begin() -> str:
    """Start something new: a request, or a task. What follows in this thread belongs to it."""
    clear_contextvars()
    reference = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    bind_contextvars(reference=reference)
    return reference


def current() -> str:
    known: str | None = get_contextvars().get("reference")
    return known or begin()


def context(request: HttpRequest) -> dict[str, str]:
    """Give every template the reference of its request."""
    return {"reference": current()}
