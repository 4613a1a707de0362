"""What verifying finds: whatever the owner of the tables did to them, with all guards lifted."""

import random
from collections.abc import Callable, Iterator
from io import StringIO

import psycopg
import pytest
from django.core.management import call_command

from config import database
from people import sealing, verifying
from people.acts import Act
from people.audit import By, record
from people.audit_tree import AUDIT, COLUMNS, entry_hash
from people.models import Alarm, AuditCheck, AuditEntry, AuditLeaf
from people.verifying import verify
from tests.databases import Database

WORKER = "lifeline_worker"
MANY = 40
TAMPERS = 120
_GUARDED = ("auditentry", "auditleaf", "auditsalt", "audithead")
Owner = psycopg.Connection[tuple[object, ...]]


@pytest.fixture
def owner(committed_db: Database) -> Iterator[Owner]:
    """The owner, with every guard lifted, over a tree of four heads; each test rolls back what it did."""
    database.use(committed_db.url, role=WORKER)
    for _ in range(4):
        record(By.WORKER, Act.PURGED, "run", range(MANY // 4))
        sealing.seal(AUDIT)
    with psycopg.connect(committed_db.owner_url, autocommit=True) as connection:
        for table in _GUARDED:
            connection.execute(f"ALTER TABLE people_{table} DISABLE TRIGGER USER")  # type: ignore[arg-type]
        yield connection


def test_what_was_not_touched_is_sound(owner: Owner) -> None:
    record(By.WORKER, Act.PURGED)

    assert verify(AUDIT) == (MANY, 0, 1, [])


def place_of(rng: random.Random) -> tuple[int, int]:
    leaf = rng.choice(list(AuditLeaf.objects.order_by("index")))
    return leaf.index, leaf.entry


def change(owner: Owner, rng: random.Random) -> int:
    index, entry = place_of(rng)
    column, value = rng.choice(
        [("act", "'sign_in'"), ("at", "at + interval '1 microsecond'"), ("subject", "subject + 1000"),
         ("outcome", "'refused'"), ("purpose", "'x'"), ("by", "'command'"), ("xact", "'1'"), ("request", "'x'")]
    )  # fmt: skip
    owner.execute(f"UPDATE people_auditentry SET {column} = {value} WHERE id = {entry}")  # type: ignore[arg-type]
    return index


def remove(owner: Owner, rng: random.Random) -> int:
    index, entry = place_of(rng)
    owner.execute("DELETE FROM people_auditentry WHERE id = %s", [entry])
    return index


def remove_whole(owner: Owner, rng: random.Random) -> int:
    index, entry = place_of(rng)
    for statement in (
        "DELETE FROM people_auditentry WHERE id = %s", "DELETE FROM people_auditleaf WHERE entry = %s",
    ):  # fmt: skip
        owner.execute(statement, [entry])  # type: ignore[arg-type]
    owner.execute("DELETE FROM people_auditsalt WHERE index = %s", [index])
    return index


def remove_and_close_the_gap(owner: Owner, rng: random.Random) -> int:
    index = remove_whole(owner, rng)
    for table in ("auditleaf", "auditsalt"):
        owner.execute(f"UPDATE people_{table} SET index = index + 1000 WHERE index > {index}")  # type: ignore[arg-type]
        owner.execute(f"UPDATE people_{table} SET index = index - 1001 WHERE index > 1000")  # type: ignore[arg-type]
    return index


def swap(owner: Owner, rng: random.Random) -> int:
    first, second = sorted(rng.sample(range(MANY), 2))
    for source, target in ((first, 9000), (second, first), (9000, second)):
        for table in ("auditleaf", "auditsalt"):
            owner.execute(f"UPDATE people_{table} SET index = {target} WHERE index = {source}")  # type: ignore[arg-type]
    return first


def rewrite_consistently(owner: Owner, rng: random.Random) -> int:
    """Change the entry and compute its leaf anew, as whoever can read our code would."""
    index = change(owner, rng)
    row = owner.execute(
        f"SELECT s.salt, {COLUMNS} FROM people_auditleaf l JOIN people_auditsalt s USING (index)"  # type: ignore[arg-type]
        " JOIN people_auditentry e ON e.id = l.entry WHERE index = %s", [index],
    ).fetchone()  # fmt: skip
    assert row is not None
    leaf = entry_hash(row[1:], bytes(row[0]))  # type: ignore[call-overload]
    owner.execute("UPDATE people_auditleaf SET hash = %s WHERE index = %s", [leaf, index])
    return index


def remove_salt(owner: Owner, rng: random.Random) -> int:
    index, _ = place_of(rng)
    owner.execute("DELETE FROM people_auditsalt WHERE index = %s", [index])
    return index


def cut_off_the_end(owner: Owner, rng: random.Random) -> int:
    """The leaves behind a head, and the head itself stays."""
    index = rng.randrange(MANY - 10, MANY)
    for table in ("auditleaf", "auditsalt"):
        owner.execute(f"DELETE FROM people_{table} WHERE index >= {index}")  # type: ignore[arg-type]
    return index


TAMPERINGS: tuple[Callable[[Owner, random.Random], int], ...] = (
    change, remove, remove_whole, remove_and_close_the_gap, swap, rewrite_consistently, remove_salt,
    cut_off_the_end,
)  # fmt: skip


def test_every_tampering_is_found_and_the_first_bad_entry_named(owner: Owner) -> None:
    rng = random.Random(4)  # noqa: S311  the same tamperings in every run
    missed = []
    for at in range(TAMPERS):
        _keep(owner)
        tampering = TAMPERINGS[at % len(TAMPERINGS)]
        first = tampering(owner, rng)
        found = verify(AUDIT).faults
        if not found or found[0].place != first:
            missed.append((tampering.__name__, first, found[:2]))
        _put_back(owner)
        assert verify(AUDIT).faults == []
    assert missed == []


def _keep(owner: Owner) -> None:
    for table in _GUARDED:
        owner.execute(f"CREATE TEMP TABLE kept_{table} AS SELECT * FROM people_{table}")  # type: ignore[arg-type]


def _put_back(owner: Owner) -> None:
    for table in _GUARDED:
        owner.execute(f"DELETE FROM people_{table}")  # type: ignore[arg-type]
        owner.execute(f"INSERT INTO people_{table} SELECT * FROM kept_{table}")  # type: ignore[arg-type]
        owner.execute(f"DROP TABLE kept_{table}")  # type: ignore[arg-type]


def test_entry_slipped_in_later_is_found(owner: Owner) -> None:
    owner.execute(
        "INSERT INTO people_auditentry (by, act, subject_kind, purpose, xact) VALUES ('worker', 'purged', '', '', '5')"
    )
    added = AuditEntry.objects.latest("pk").pk

    assert verify(AUDIT).faults == [(None, added, "inserted since it was sealed", None)]


def test_head_that_was_changed_is_found(owner: Owner) -> None:
    owner.execute("UPDATE people_audithead SET at = at + interval '1 second' WHERE size = 20")

    assert verify(AUDIT).faults == [(19, None, "the head behind it is not signed by us", None)]


def test_tree_without_its_last_head_is_found(owner: Owner) -> None:
    owner.execute("DELETE FROM people_audithead WHERE size = 40")

    assert [each.what for each in verify(AUDIT).faults][:1] == ["the head that covered it was removed"]


def test_tree_cut_with_its_heads_is_found_by_what_was_shipped(owner: Owner) -> None:
    """Within the database alone this is a younger tree; so it is shipped elsewhere as it is written."""
    shipped = {place: bytes(each.hash) for place, each in _leaves()}
    for statement in (
        "DELETE FROM people_audithead WHERE size = 40", "DELETE FROM people_auditleaf WHERE index >= 30",
        "DELETE FROM people_auditsalt WHERE index >= 30",
        "DELETE FROM people_auditentry WHERE id NOT IN (SELECT entry FROM people_auditleaf)",
    ):  # fmt: skip
        owner.execute(statement)  # type: ignore[arg-type]

    assert verify(AUDIT).faults == []
    only_cut = {place: told for place, told in shipped.items() if place >= 30}
    assert verify(AUDIT, only_cut).faults[0][:1] == (30,)


def _leaves() -> list[tuple[int, AuditLeaf]]:
    return [(each.index, each) for each in AuditLeaf.objects.order_by("index")]


def test_purged_entry_counts_as_erased(owner: Owner) -> None:
    owner.execute("DELETE FROM people_auditsalt WHERE index < 7")
    owner.execute(
        "DELETE FROM people_auditentry WHERE id IN (SELECT entry FROM people_auditleaf WHERE index < 7)"
    )

    assert verify(AUDIT) == (MANY, 7, 0, [])


def command(*arguments: object) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("audit", *map(str, arguments), stdout=out, stderr=out)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_command_says_sound_or_names_the_first_bad_entry(owner: Owner) -> None:
    assert command("verify") == (0, "40 sealed, 0 erased, 0 not sealed yet\nSound.\n")
    entry = AuditLeaf.objects.get(index=12).entry
    owner.execute("UPDATE people_auditentry SET act = 'sign_in' WHERE id = %s", [entry])

    assert command("verify") == (
        1, f"40 sealed, 0 erased, 0 not sealed yet\nchanged: place 12, entry {entry}\n",
    )  # fmt: skip
    assert list(AuditCheck.objects.order_by("pk").values_list("faults", "first")) == [(0, None), (1, 12)]
    assert Alarm.objects.get().kind == Alarm.Kind.AUDIT


def test_verifying_reads_more_than_one_share(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "_SHARE", 7)
    assert verify(AUDIT).size == MANY
