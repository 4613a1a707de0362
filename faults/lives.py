"""What happens to each parcel, and what its family put in: from the seed. Touches nothing.

The words that must never be read outside are marked by one made-up name, so that a search for it finds any.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

CANARY: Final = "Qanarzyx"
"""In every name, address and number of a person; nowhere else."""

# At each fork so many of a hundred go each way. The first word is the usual one.
_INTAKE: Final = (("accept", 96), ("cancel", 4))
_CONTENTS: Final = (("allowed", 84), ("unknown", 9), ("prohibited", 7))
_REFUSED: Final = (("amend", 50), ("send_back", 30), ("dispose", 20))
_CLEARED: Final = (("pack", 88), ("unpack", 6), ("reopen", 6))
_ROAD: Final = (("entrust", 80), ("hand_over", 8), ("bring_back", 4), ("missing", 8))
_END: Final = (("receive", 58), ("confirm", 20), ("fail", 12), ("late", 10))
_FAILED: Final = (("redirect", 40), ("bring_back", 40), ("dispose", 20))
_AFTER: Final = (("stay", 55), ("confirm", 35), ("contest", 10))
_MISSING: Final = (("find", 60), ("write_off", 40))
_AT_LAST: Final = (("stay", 94), ("correct", 6))

_ITEMS: Final = {
    "allowed": (("печенье", 2, 400), ("soap", 1, 100), ("шкарпетки", 2, 90)),
    "unknown": (("soap", 1, 100), ("zorbleflux", 1, 300)),
    "prohibited": (("soap", 1, 100), ("нож", 1, 200)),
}


class Life(NamedTuple):
    """What is to become of one parcel, as far as it comes to it."""

    external_id: str
    contents: str
    intake: str
    refused: str
    cleared: str
    road: str
    end: str
    failed: str
    after: str
    missing: str
    at_last: str
    asked_twice: str
    """Whether its declaration is sent by two at once: under the same key, or under another."""


def lives(seed: int, number: int, *, prefix: str = "p") -> list[Life]:
    chance = random.Random(seed * 7919 + number)  # noqa: S311  a play, not a secret
    return [_life(f"{prefix}-{place}", chance) for place in range(number)]


def _life(external_id: str, chance: random.Random) -> Life:
    def way(fork: Sequence[tuple[str, int]]) -> str:
        return chance.choices([name for name, _ in fork], [share for _, share in fork])[0]

    return Life(
        external_id,
        way(_CONTENTS), way(_INTAKE), way(_REFUSED), way(_CLEARED), way(_ROAD), way(_END), way(_FAILED),
        way(_AFTER), way(_MISSING), way(_AT_LAST),
        way((("no", 84), ("same_key", 8), ("other_key", 8))),
    )  # fmt: skip


def declaration(life: Life, round_: str) -> dict[str, Any]:
    place = life.external_id.replace("-", "")
    return {
        "round": round_,
        "external_id": life.external_id,
        "sender": {
            "name": f"Olha {CANARY}{place}",
            "email": f"{CANARY.lower()}{place}@example.org",
            "relationship": "mother",
        },
        "recipient": {
            "name": f"Pavlo {CANARY}{place}",
            "born_on": "1990-04-05",
            "service_number": f"{CANARY}{place}",
        },
        "items": [
            {"description": what, "quantity": quantity, "unit_mass_g": mass}
            for what, quantity, mass in _ITEMS[life.contents]
        ],
        "declared_mass_g": 6_000,
    }
