"""How long weaknesses that could have been mended have been known (OWASP ASVS 5.0, 15.1.1).

python -m config.supply.advisories [--must-ask]

Asks the OSV service about each pinned package, and fails when a weakness for which there is a mended version
has been known for longer than it may be: 48 hours when it is critical, 30 days otherwise. What it answered
is kept; where it cannot be asked, that is judged, and what could not be done is said. Only who says
`--must-ask` fails then. `pyproject.toml` may let one be until a day, with the reason.
"""

from __future__ import annotations

import json
import os
import sys
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from config.supply.lock import ALL, BASE_DIR, Pin, pins

KEPT: Final = BASE_DIR / "var" / "advisories.json"
CRITICAL_LASTS: Final = timedelta(hours=48)
OTHERS_LAST: Final = timedelta(days=30)
_GRADES: Final = ("CRITICAL", "HIGH", "MODERATE", "LOW")
_PATIENCE_S: Final = 10


class Weakness(NamedTuple):
    package: str
    version: str
    names: tuple[str, ...]
    """Its id and what others call it."""
    known_at: datetime
    grade: str
    """CRITICAL, HIGH, MODERATE or LOW; empty where no source grades it, which counts as critical."""
    mended_in: tuple[str, ...]


class Answer(NamedTuple):
    asked_at: datetime
    weaknesses: tuple[Weakness, ...]


class CannotAsk(Exception):
    """The service was not reached, or its answer could not be read."""


def overdue(found: Iterable[Weakness], accepted: Mapping[str, date], now: datetime) -> Iterator[Weakness]:
    """Yield those that could have been mended, have been known for too long and are not let be."""
    for each in found:
        lasts = CRITICAL_LASTS if each.grade in ("CRITICAL", "") else OTHERS_LAST
        is_let_be = any(name in accepted and now.date() <= accepted[name] for name in each.names)
        if each.mended_in and now - each.known_at > lasts and not is_let_be:
            yield each


def ask(found: list[Pin], service: str, now: datetime) -> Answer:
    """:raises CannotAsk: when the service does not answer as OSV's API version 1 does"""
    queries = [{"package": {"name": p.name, "ecosystem": "PyPI"}, "version": p.version} for p in found]
    try:
        told = _fetch(f"{service}/v1/querybatch", {"queries": queries})["results"]
        named = [
            (pin, [each["id"] for each in one.get("vulns", ())]) for pin, one in zip(found, told, strict=True)
        ]
        weaknesses = [
            weakness
            for pin, ids in named
            for weakness in _merged(pin, [_fetch(f"{service}/v1/vulns/{id_}") for id_ in ids])
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CannotAsk(type(error).__name__) from error
    return Answer(now, tuple(weaknesses))


def _fetch(address: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"})  # noqa: S310  OSV's
    with urllib.request.urlopen(request, timeout=_PATIENCE_S) as answer:  # noqa: S310
        return json.load(answer)


def _merged(pin: Pin, records: list[dict[str, Any]]) -> list[Weakness]:
    """Several sources tell of one weakness: it is known since the first, and as grave as the gravest says."""
    merged: list[Weakness] = []
    for each in (_weakness(pin, record) for record in records if "withdrawn" not in record):
        same = [one for one in merged if set(one.names) & set(each.names)]
        merged = [*(one for one in merged if one not in same), _one([*same, each])]
    return merged


def _one(told: list[Weakness]) -> Weakness:
    grades = [grade for grade in _GRADES if any(one.grade == grade for one in told)]
    return told[0]._replace(
        names=tuple(sorted({name for one in told for name in one.names})),
        known_at=min(one.known_at for one in told),
        grade=grades[0] if grades else "",
        mended_in=tuple(sorted({version for one in told for version in one.mended_in})),
    )


def _weakness(pin: Pin, record: dict[str, Any]) -> Weakness:
    grade = str(record.get("database_specific", {}).get("severity", "")).upper()
    return Weakness(
        pin.name,
        pin.version,
        (record["id"], *record.get("aliases", ())),
        datetime.fromisoformat(record["published"]).astimezone(UTC),
        grade,
        tuple(
            event["fixed"]
            for affected in record.get("affected", ())
            if affected.get("package", {}).get("name", "").lower().replace("_", "-") == pin.name.lower()
            for ranged in affected.get("ranges", ())
            if ranged.get("type") == "ECOSYSTEM"
            for event in ranged.get("events", ())
            if "fixed" in event
        ),
    )


def _keep(answer: Answer, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(answer, default=str, indent=1))
    draft.replace(path)


def _kept(path: Path) -> Answer | None:
    if not path.exists():
        return None
    asked_at, weaknesses = json.loads(path.read_text())
    read = [
        Weakness(package, version, tuple(names), datetime.fromisoformat(known), grade, tuple(mended))
        for package, version, names, known, grade, mended in weaknesses
    ]
    return Answer(datetime.fromisoformat(asked_at), tuple(read))


def _accepted() -> dict[str, date]:
    told = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())
    return {name: each["until"] for name, each in told["tool"]["lifeline"]["accepted"].items()}


def main(arguments: list[str], *, kept: Path = KEPT, now: datetime | None = None) -> int:
    now, found = now or datetime.now(UTC), pins(*ALL)
    service = os.environ.get("OSV_URL", "https://api.osv.dev")
    try:
        answer: Answer | None = ask(found, service, now)
    except CannotAsk as why:
        answer = _kept(kept)
        when = f"its answer of {answer.asked_at:%Y-%m-%d} is judged" if answer else "it never was, here"
        _say(f"Known weaknesses: the service could not be asked ({why}); {when}.")
        if "--must-ask" in arguments:
            return 1
    else:
        assert answer is not None  # noqa: S101  for the type checker
        _keep(answer, kept)
    if answer is None:
        return 0
    pinned = {(pin.name, pin.version) for pin in found}
    present = [each for each in answer.weaknesses if (each.package, each.version) in pinned]
    late = list(overdue(present, _accepted(), now))
    for each in late:
        mended = ", ".join(each.mended_in)
        days = (now - each.known_at).days
        _say(f"{each.package} {each.version}: {each.names[0]} is known for {days} days, mended in {mended}.")
    return 1 if late else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
