"""The form of what a step tells, whoever tells it: what cannot be kept is refused, never an error."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from parcels.actions.steps import AHEAD, Refused, Step
from people.actors import Actor

_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
MOST_DETAILS: Final = 16_000
"""Characters of JSON: each of sixty lines, taken out with a reason, and some room."""
_MOST_EXTERNAL_ID: Final = 100
_MOST: Final[Mapping[str, int]] = dict.fromkeys(
    (
        "act", "complete", "consignment", "document", "evidence", "examined_before", "last_holder", "method",
        "on_behalf_of", "place", "reason", "said_by", "where",
    ),
    120,
) | dict.fromkeys(("seal", "old_seal", "new_seal"), 40)  # fmt: skip
# The workers find by these what they have done: a word of anybody else would mislead them.
_WORKERS_OWN: Final = frozenset({"cites", "event", "rules_version", "situation", "visit_line"})
# PostgreSQL keeps neither NUL nor half a character.
_NOT_KEPT: Final = re.compile("[\x00\ud800-\udfff]")
_encode: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def is_code(value: object, most: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= most and not _NOT_KEPT.search(value)


def is_external_id(value: object) -> bool:
    return is_code(value, _MOST_EXTERNAL_ID)


def check(step: Step, by: Actor, now: datetime) -> None:
    """:raises Refused: validation, naming the field."""
    if step.happened_at.tzinfo is None or not _EARLIEST <= step.happened_at <= now + AHEAD:
        raise Refused("validation", "happened_at")
    for key, value in step.details.items():
        if key in _MOST and value not in (None, "") and not is_code(value, _MOST[key]):
            raise Refused("validation", key)
        if key in _WORKERS_OWN and by.kind != "worker":
            raise Refused("validation", key)
        # Read back as a number by whoever asks which terms screened a parcel last.
        if key == "rules_version" and not (type(value) is int and 0 < value < 2**15):
            raise Refused("validation", key)


def as_json(details: Mapping[str, object]) -> str:
    """:raises Refused: validation, where JSON or PostgreSQL cannot keep them."""
    if not details:
        return "{}"
    try:
        text = _encode(dict(details))
        size = len(text.encode())
    except (TypeError, ValueError, RecursionError):
        raise Refused("validation", "details") from None
    if size > MOST_DETAILS or r"\u0000" in text:
        raise Refused("validation", "details")
    return text
