"""A ledger frozen for a meeting: its text, its hash, and how two of them differ."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date
from typing import Any, Final, NamedTuple

from parcels.ledger.shapes import Ledger
from parcels.models import LedgerSnapshot
from people.canonical import canonical, sha256
from people.models import Organisation

FORMAT: Final = "lifeline-ledger/1"
COLUMNS: Final = ("section", "what", "label", "sending", "holding", "source", "scope", "on", "value")

Document = Mapping[str, Any]


class Line(NamedTuple):
    """One number of a snapshot, with what it is of; all but `on` and `value` tell it from others."""

    section: str
    what: str
    label: str
    sending: str
    holding: str
    source: str
    scope: str
    on: str
    value: int


class Change(NamedTuple):
    """A number that differs between two snapshots; None where one has no such number."""

    line: Line
    before: int | None
    after: int | None


def freeze(ledger: Ledger, *, meets_on: date | None) -> LedgerSnapshot:
    """Keep the ledger as it is. Who may was asked before.

    :raises ValueError: if nobody of the staff acts
    """
    scope = ledger.scope
    if scope.actor.staff_id is None:
        raise ValueError(scope.actor.kind)
    text = canonical(document(ledger, meets_on=meets_on))
    return LedgerSnapshot.objects.create(
        agreement=scope.agreement,
        organisation_id=scope.actor.organisation_id,
        meets_on=meets_on,
        text=text,
        sha256=sha256(text),
        made_by_id=scope.actor.staff_id,
        made_at=scope.now,
    )


def document(ledger: Ledger, *, meets_on: date | None) -> dict[str, Any]:
    scope = ledger.scope
    return {
        "format": FORMAT,
        "agreement": scope.agreement.reference,
        "title": scope.agreement.title_en,
        "seen_by": Organisation.objects.values_list("code", flat=True).get(pk=scope.actor.organisation_id),
        "made_at": scope.now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "meets_on": _iso(meets_on),
        "rows": [
            {
                "key": row.key,
                "label": row.label,
                "counts": [{**count._asdict(), "on": _iso(count.on)} for count in row.counts],
            }
            for row in ledger.rows
        ],
        "balances": [each._asdict() for each in ledger.balances],
        "obligations": [{**each._asdict(), "due_on": _iso(each.due_on)} for each in ledger.obligations],
    }


def is_sound(snapshot: LedgerSnapshot) -> bool:
    """Whether its text is canonical and has the hash that is kept with it."""
    return canonical(json.loads(snapshot.text)) == snapshot.text and sha256(snapshot.text) == snapshot.sha256


def lines(told: Document) -> Iterator[Line]:
    """Yield every number of a snapshot's document."""
    for row in told["rows"]:
        for count in row["counts"]:
            yield Line(
                "count", row["key"], row["label"], count["sending"], count["holding"], count["source"],
                count["scope"], count["on"] or "", count["value"],
            )  # fmt: skip
    for each in told["balances"]:
        pair = f"{each['round']} and {each['mirror']}"
        for name in ("target", "mirror_target", "left", "mirror_left"):
            yield Line("balance", name, name.replace("_", " "), "", "", "", pair, "", each[name])
    for each in told["obligations"]:
        yield Line(
            "owed", each["what"], each["what"], "", "", each["owed_by"], each["round"], each["due_on"],
            each["many"],
        )  # fmt: skip


def compared(before: Document, after: Document) -> list[Change]:
    """Return the numbers that differ, in the order of the later one, then what it does not have any more."""
    was, is_now = _numbers(before), _numbers(after)
    return [
        Change(is_now.get(key) or was[key], _value(was.get(key)), _value(is_now.get(key)))
        for key in dict.fromkeys((*is_now, *was))
        if _value(was.get(key)) != _value(is_now.get(key))
    ]


def _numbers(told: Document) -> dict[Line, Line]:
    return {line._replace(on="", value=0): line for line in lines(told)}


def _value(line: Line | None) -> int | None:
    return line.value if line else None


def _iso(on: date | None) -> str | None:
    return on.isoformat() if on else None
