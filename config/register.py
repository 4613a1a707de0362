"""The register of every field: what for, how sensitive, on which basis, who sees it, how long it is kept.

python -m config.register --check    fails on a field that is missing, gone or not filled in, on one that
                                     the impact assessment does not speak of, and on stale lists in the papers
python -m config.register --update   adds what is missing, to be filled in where it says "?", removes what is
                                     gone, and writes the lists in docs/data-protection.md anew
"""

from __future__ import annotations

import csv
import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import django
from django.apps import apps

from people import retention

BASE_DIR: Final = Path(__file__).resolve().parent.parent
REGISTER: Final = BASE_DIR / "config" / "register.csv"
PAPER: Final = BASE_DIR / "docs" / "data-protection.md"
COLUMNS: Final = ("table", "field", "purpose", "class", "basis", "seen_by", "kept")
CLASSES: Final = ("open", "restricted", "secret")
BASES: Final = ("public_interest", "vital_interest", "legal_obligation", "legitimate_interest", "consent")
EVERYBODY, NOBODY, NAMED = "everybody", "nobody", "named officers"
TO_FILL_IN: Final = "?"
# What is kept beside the models: by a guard, or by Django itself.
_BESIDE: Final = {
    "people_auditentry": ("xact",),
    "people_audithead": ("below",),
    "django_migrations": ("id", "app", "name", "applied"),
    "parcels_custodyhead": ("below",),
    "parcels_edge": ("from_status", "move", "status"),
    "parcels_feed": ("xact",),
    "parcels_movement": ("previous_number", "xact"),
    "parcels_publication": ("xact",),
}


class Field(NamedTuple):
    table: str
    name: str
    purpose: str
    class_: str
    basis: str
    seen_by: str
    kept: str

    @property
    def place(self) -> str:
        return f"{self.table}.{self.name}"


def read(path: Path = REGISTER) -> list[Field]:
    with path.open(newline="") as file:
        rows = csv.reader(file)
        next(rows)
        return [Field(*row) for row in rows]


def kept_here() -> dict[str, list[str]]:
    """Return table → its fields, as the models have them."""
    found: dict[str, list[str]] = {}
    for model in apps.get_models(include_auto_created=True):
        meta = model._meta
        if meta.managed and not meta.proxy:
            found[meta.db_table] = [str(field.column) for field in meta.concrete_fields]
    for table, fields in _BESIDE.items():
        found.setdefault(table, []).extend(fields)
    return found


def faults(fields: list[Field], here: dict[str, list[str]], paper: str) -> Iterator[str]:
    """Yield a sentence for each thing that is wrong."""
    registered = Counter((field.table, field.name) for field in fields)
    known = {(table, name) for table, names in here.items() for name in names}
    yield from (f"{table}.{name} is not in the register" for table, name in sorted(known - set(registered)))
    yield from (f"{table}.{name} is gone" for table, name in sorted(set(registered) - known))
    yield from (f"{table}.{name} stands twice" for (table, name), n in registered.items() if n > 1)
    for field in fields:
        yield from (f"{field.place}: {fault}" for fault in _faults_of(field))
    assessed = set(re.findall(r"`([a-z0-9_]+(?:\.(?:[a-z0-9_]+|\*))?)`", _assessment(paper)))
    yield from (
        f"{field.place} is {field.class_}, and the impact assessment does not speak of it"
        for field in fields
        if not _is_assessed(field, assessed)
    )
    if paper != written(paper, fields):
        yield "the lists in docs/data-protection.md are stale: python -m config.register --update"


def _faults_of(field: Field) -> Iterator[str]:
    from people.models import Purpose, Role  # noqa: PLC0415  models are not loaded before

    if field.class_ not in CLASSES:
        yield f"class {field.class_!r} is none of {', '.join(CLASSES)}"
    if field.kept not in retention.terms():
        yield f"no rule of retention is named {field.kept!r}"
    about_people = field.class_ != "open"
    if (about_people or field.purpose) and field.purpose not in Purpose.values:
        yield f"purpose {field.purpose!r} is not in the closed list"
    if (about_people or field.basis) and field.basis not in BASES:
        yield f"basis {field.basis!r} is none of {', '.join(BASES)}"
    seers = {EVERYBODY, NOBODY, NAMED}
    if field.seen_by not in seers and not set(field.seen_by.split()) <= set(Role.values):
        yield f"{field.seen_by!r} are no roles"
    if about_people and field.seen_by == EVERYBODY:
        yield "everybody sees it, and it is not open"


def _is_assessed(field: Field, assessed: set[str]) -> bool:
    """A secret field is spoken of by its name or with its whole table; a restricted one with its table."""
    if field.class_ == "open":
        return True
    if field.class_ == "secret":
        return bool({field.place, f"{field.table}.*"} & assessed)
    return bool({field.place, field.table, f"{field.table}.*"} & assessed)


_LISTS: Final = re.compile(r"(<!-- (\w+): written .*? -->\n).*?(<!-- end of \2 -->)", re.DOTALL)


def _assessment(paper: str) -> str:
    """Return what people wrote: what is generated names every field and would hide that nobody did."""
    return _LISTS.sub("", paper)


def written(paper: str, fields: list[Field]) -> str:
    """Return the paper with its lists made anew."""
    lists = {"retention": _retention(), "register": _summary(fields), "secret": _secret(fields)}
    return _LISTS.sub(lambda found: found[1] + lists[found[2]] + found[3], paper)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _retention() -> str:
    rows = (
        (f"`{rule.name}`", rule.what, rule.after, _days(rule.days), rule.done)
        for rule in retention.RULES.values()
    )
    return _table(("rule", "what", "counted from when", "kept", "then"), rows)


def _days(days: int) -> str:
    return "not at all" if days == 0 else "a day" if days == 1 else f"{days} days"


def _summary(fields: list[Field]) -> str:
    def several(table: list[Field], index: int) -> str:
        return ", ".join(dict.fromkeys(field[index] for field in table if field[index])) or "–"

    tables: dict[str, list[Field]] = {}
    for field in fields:
        tables.setdefault(field.table, []).append(field)
    rows = (
        (f"`{name}`", str(len(rows)), *(several(rows, index).replace("_", " ") for index in range(2, 7)))
        for name, rows in sorted(tables.items())
    )
    return _table(("table", "fields", *COLUMNS[2:]), rows)


def _secret(fields: list[Field]) -> str:
    whole = {field.table for field in fields} - {field.table for field in fields if field.class_ != "secret"}
    rows = dict.fromkeys(
        (f"`{field.table}.{'*' if field.table in whole else field.name}`", field.seen_by, field.kept)
        for field in fields
        if field.class_ == "secret"
    )
    return _table(("field", "seen by", "kept"), rows)


def updated(fields: list[Field], here: dict[str, list[str]]) -> list[Field]:
    """Return the register with what is missing, to be filled in, and without what is gone."""
    registered = {(field.table, field.name): field for field in fields}
    return [
        registered.get((table, name)) or _new(table, name, fields)
        for table, names in sorted(here.items())
        for name in names
    ]


def _new(table: str, name: str, fields: list[Field]) -> Field:
    """As most of its table, but for the class, which somebody must say."""
    beside = Counter(field[2:] for field in fields if field.table == table).most_common(1)
    purpose, _, *rest = beside[0][0] if beside else [TO_FILL_IN] * 5
    return Field(table, name, purpose, TO_FILL_IN, *rest)


def write(fields: list[Field], path: Path = REGISTER) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(fields)


def main(argument: str) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    fields, here = read(), kept_here()
    if argument == "--update":
        fields = updated(fields, here)
        write(fields)
        PAPER.write_text(written(PAPER.read_text(), fields))
    found = list(faults(fields, here, PAPER.read_text()))
    for fault in found:
        sys.stderr.write(f"register: {fault}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "--check"))
