"""A ledger's counts as bars: one for each source's word on each direction, never added up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_WIDTH: Final = 1000
_BAR, _GAP, _HEAD = 34, 10, 26


def picture(told: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any] | None:
    """Return where each bar and word stands; None where there is nothing to draw."""
    most = max((count["value"] for row in told["rows"] for count in row["counts"]), default=0)
    if not most:
        return None
    ways = sorted({(count["sending"], count["holding"]) for row in told["rows"] for count in row["counts"]})
    y, groups = 0, []
    for row in told["rows"]:
        if not row["counts"]:
            continue
        bars = []
        for place, count in enumerate(row["counts"]):
            top = y + _HEAD + place * _BAR
            bars.append(
                {
                    "text_y": top + 8,
                    "bar_y": top + 13,
                    "width": max(round(_WIDTH * count["value"] / most, 1), 1),
                    "way": ways.index((count["sending"], count["holding"])) % 4,
                    "words": _words(count, names),
                }
            )
        groups.append({"label": row["label"], "y": y + 14, "bars": bars})
        y += _HEAD + len(bars) * _BAR + _GAP
    return {"width": _WIDTH, "height": y, "groups": groups}


def _words(count: Mapping[str, Any], names: Mapping[str, str]) -> str:
    sending, holding, source = (names.get(count[end], count[end]) for end in ("sending", "holding", "source"))
    return f"{count['value']:,} · {sending} to {holding} · stated by {source}"
