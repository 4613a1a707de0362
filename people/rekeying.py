"""Bringing what is kept to the versions in use: keys wrapped and hashes made anew, values bound to rows.

A worker calls these in batches, each a transaction of its own, in the order of ids: whenever it is stopped,
the next run finds what is left. What a key sealed is never touched by that key's rotation, only the key is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.db import connection, transaction

from people import bulk, datakeys, matching, names, vault
from people.actions import Telling, hear
from people.lists import keeping
from people.models import Fact, NameKey, Person
from people.relay import secrets

BATCH: Final = 200
_NAMES: Final = frozenset({Fact.Kind.NAME.value, Fact.Kind.NAME_LATIN.value, Fact.Kind.OTHER_NAME.value})


class Rewriting(NamedTuple):
    """One thing to rewrite: of which key, what it is, how much is left, and a batch of it.

    `batch` takes the id after which to go on, and returns the ids it has rewritten: none when it is done.
    """

    key: str
    what: str
    left: Callable[[], int]
    batch: Callable[[int], list[int]]


class Wrapped(NamedTuple):
    """A table of wrapped keys: `row` names each to the cipher, from the columns of `named_by`."""

    table: str
    id: str
    place: str
    named_by: str
    row: Callable[..., int | str]

    def left(self) -> int:
        return _count(f"{self.table} WHERE kek_version <> %s AND wrapped <> ''", [_kek()])

    @transaction.atomic
    def batch(self, after: int) -> list[int]:
        rows = _fetch(
            f"SELECT {self.id}, wrapped, {self.named_by} FROM {self.table}"
            f" WHERE {self.id} > %s AND kek_version <> %s AND wrapped <> ''"
            f" ORDER BY {self.id} LIMIT {BATCH} FOR UPDATE SKIP LOCKED",
            [after, _kek()],
        )
        anew = [
            (pk, vault.rewrap(wrapped, row=self.row(*named), place=self.place))
            for pk, wrapped, *named in rows
        ]
        _update(
            f"UPDATE {self.table} t SET wrapped = n.wrapped, kek_version = n.version"
            f" FROM unnest(%s::bigint[], %s::bytea[], %s::int[]) AS n (id, wrapped, version)"
            f" WHERE t.{self.id} = n.id",
            [(pk, wrapped, vault.kek_version(wrapped)) for pk, wrapped in anew],
        )
        return [pk for pk, *_ in rows]


class Bound(NamedTuple):
    """A sealed column: values of the first format are sealed anew, bound to their row.

    `source` joins each row (t) to its person's wrapped key (k).
    """

    table: str
    column: str
    place: str
    source: str
    named_by: str = "t.id"
    row: Callable[..., int | str] = lambda pk: pk
    # An entry of a list has a key of its own.
    key: str = "k.person_id, k.wrapped"
    unwrap: Callable[..., bytes] = lambda person, wrapped: vault.unwrap(wrapped, row=person)

    def left(self) -> int:
        return _count(f"{self.table} t WHERE {self._due}", [])

    @property
    def _due(self) -> str:
        return f"length(t.{self.column}) > 0 AND get_byte(t.{self.column}, 0) = 1"

    @transaction.atomic
    def batch(self, after: int) -> list[int]:
        key_columns = len(self.key.split(","))
        rows = _fetch(
            f"SELECT t.id, t.{self.column}, {self.key}, {self.named_by} FROM {self.source}"
            f" WHERE t.id > %s AND {self._due} ORDER BY t.id LIMIT {BATCH} FOR UPDATE OF t SKIP LOCKED",
            [after],
        )
        anew = []
        for pk, sealed, *more in rows:
            key, row = self.unwrap(*more[:key_columns]), self.row(*more[key_columns:])
            text = vault.unseal(key, sealed, place=self.place, row=row)
            anew.append((pk, vault.seal(key, text, place=self.place, row=row)))
        _update(
            f"UPDATE {self.table} t SET {self.column} = n.sealed"
            " FROM unnest(%s::bigint[], %s::bytea[]) AS n (id, sealed) WHERE t.id = n.id",
            anew,
        )
        return [pk for pk, *_ in rows]


def under_person(table: str, column: str, place: str, **more: Any) -> Rewriting:
    """Return how a column sealed under the key of the row's person is bound to its row."""
    person = more.pop("person", "t.person_id")
    source = f"{table} t JOIN people_personkey k ON k.person_id = {person}"
    each = Bound(table, column, place, source, **more)
    return Rewriting("row", f"{table}.{column}", each.left, each.batch)


def _entries() -> Rewriting:
    """Return how the entries of lists, each under a key of its own, are bound to their rows."""
    each = Bound(
        "people_listentry",
        "sealed",
        keeping.ENTRY_PLACE,
        "people_listentry t",
        named_by="t.list_id, t.number",
        row=keeping.row_of,
        key="t.list_id, t.number, t.wrapped",
        unwrap=lambda list_id, number, wrapped: vault.unwrap(
            wrapped, row=keeping.row_of(list_id, number), place=keeping.KEY_PLACE
        ),
    )
    return Rewriting("row", "people_listentry.sealed", each.left, each.batch)


def wraps(
    table: str, what: str, id_: str, place: str, named_by: str, row: Callable[..., int | str]
) -> Rewriting:
    each = Wrapped(table, id_, place, named_by, row)
    return Rewriting("kek", what, each.left, each.batch)


def search_left() -> int:
    return Person.objects.exclude(search_version=settings.KEYS.current("search")).count()


@transaction.atomic
def search_batch(after: int) -> list[int]:
    """Hash anew what people are found by, from what is sealed of them.

    Their rows are locked, as whoever adds a fact locks them: a name told meanwhile is filed by one of both.
    """
    version = settings.KEYS.current("search")
    people = list(
        Person.objects.select_for_update(skip_locked=True)
        .filter(pk__gt=after)
        .exclude(search_version=version)
        .order_by("pk")
        .values_list("pk", "kind")[:BATCH]
    )
    ids = [pk for pk, _ in people]
    if not ids:
        return ids
    told = _told(ids)
    NameKey.objects.filter(person__in=ids).delete()
    bulk.insert(
        NameKey,
        ("person_id", "key"),
        ((pk, key) for pk, kind in people for key in sorted(_found_by(kind, told.get(pk, ())))),
    )
    _file_anew(ids)
    Person.objects.filter(pk__in=ids).update(search_version=version)
    return ids


Said = tuple[str, str, bool]
"""Kind, text, and whether it was told when the person was recorded."""


def _told(ids: Sequence[int]) -> dict[int, list[Said]]:
    rows = _fetch(
        "SELECT f.id, f.person_id, f.kind, f.sealed, k.wrapped,"
        " f.recorded_at = p.recorded_at AND f.source_id = p.organisation_id"
        " FROM people_fact f JOIN people_person p ON p.id = f.person_id"
        " JOIN people_personkey k ON k.person_id = p.id WHERE p.id = ANY(%s) ORDER BY f.id",
        [ids],
    )
    told: dict[int, list[Said]] = defaultdict(list)
    for pk, person, kind, sealed, wrapped, first in rows:
        key = vault.unwrap(wrapped, row=person)
        told[person].append((kind, vault.unseal(key, sealed, place=vault.FACT_PLACE, row=pk), first))
    return told


def _found_by(kind: str, told: Iterable[Said]) -> set[bytes]:
    """Return the hashes of every name on record, and of what makes two first tellings one person."""
    told = list(told)
    spelled = {each for said, text, _ in told if said in _NAMES for each in names.search_keys(text)}
    keys = {vault.search_key(each) for each in spelled}
    first: dict[str, str] = {}
    for said, text, is_first in told:
        if is_first:
            first.setdefault(said, text)
    if Fact.Kind.NAME.value in first:
        heard = hear(Telling.from_facts(kind, first))
        keys |= {heard.identity} if heard.identity else set()
    return keys


def _file_anew(ids: Sequence[int]) -> None:
    """Those that matching has filed before are filed under the version in use."""
    filed = [
        pk
        for (pk,) in _fetch("SELECT DISTINCT person_id FROM people_matchkey WHERE person_id = ANY(%s)", [ids])
    ]
    matching.file_keys((each.id, each.told) for each in matching.opened(filed).values())


def _kek() -> int:
    return int(settings.KEYS.current("kek"))


def _count(source: str, parameters: Sequence[object]) -> int:
    ((number,),) = _fetch(f"SELECT count(*) FROM {source}", parameters)
    return int(number)


def _fetch(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _update(statement: str, rows: Sequence[Sequence[object]]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(statement, [list(column) for column in zip(*rows, strict=True)])


PEOPLE: Final = (
    wraps(
        "people_personkey", "keys of people", "person_id", vault.KEY_PLACE, "person_id", lambda person: person
    ),
    wraps("people_datakey", "keys of subjects", "id", datakeys.PLACE, "kind, subject", datakeys.row_of),
    wraps(
        "people_listentry", "keys of list entries", "id", keeping.KEY_PLACE, "list_id, number", keeping.row_of
    ),
    wraps(
        "people_endpointkey",
        "secrets of endpoints",
        "id",
        secrets.PLACE,
        "endpoint_id, number",
        secrets.row_of,
    ),
    Rewriting("search", "people found by their names", search_left, search_batch),
    under_person("people_fact", "sealed", vault.FACT_PLACE),
    _entries(),
)
