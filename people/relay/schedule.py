"""When a delivery is tried again: the schedule that Standard Webhooks recommends, about 76 hours long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

_MINUTE_S: Final = 60
_HOUR_S: Final = 60 * _MINUTE_S
AFTER_S: Final = (
    5, 5 * _MINUTE_S, 30 * _MINUTE_S, 2 * _HOUR_S, 5 * _HOUR_S, 10 * _HOUR_S, 14 * _HOUR_S, 20 * _HOUR_S,
    24 * _HOUR_S,
)  # fmt: skip
"""After the first attempt that failed, the second, and so on; after one more there is no other."""
ATTEMPTS: Final = len(AFTER_S) + 1
MOST_ASKED_S: Final = 24 * _HOUR_S
"""Of a receiver that says when to come again, so much is believed."""
SLOW_MS: Final = 2_000
"""Who takes longer than this for an answer shares its senders with others like it."""


class Outcome(NamedTuple):
    """What came of one attempt; `reason` is a code word, never what the receiver wrote."""

    reason: str
    delivered: bool = False
    gone: bool = False
    retry_after_s: int | None = None


def outcome_of(status: int, headers: Mapping[str, str]) -> Outcome:
    """Judge an answer as Standard Webhooks does: 2xx is success, a redirect is none, 410 ends it."""
    if 200 <= status < 300:
        return Outcome(f"status {status}", delivered=True)
    asked = headers.get("Retry-After", "")
    after_s = min(int(asked), MOST_ASKED_S) if asked.isascii() and asked.isdecimal() else None
    return Outcome(f"status {status}", gone=status == 410, retry_after_s=after_s)


def wait_s(attempts: int, outcome: Outcome) -> int | None:
    """Return the seconds until the next attempt after so many, or None where that was the last."""
    if attempts >= ATTEMPTS:
        return None
    return max(AFTER_S[attempts - 1], outcome.retry_after_s or 0)
