"""The sequencer: all that was written, once, in the order of transactions, under signed heads."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import psycopg
import pytest
from django.db import connection, transaction

from config import database
from people import heads, sealing
from people.acts import Act
from people.audit import By, record
from people.audit_tree import AUDIT, entry_hash, entry_text
from people.canonical import canonical
from people.merkle import root
from people.models import AuditEntry, AuditHead, AuditLeaf, AuditSalt
from people.sealing import TreeBroken, seal
from tests.databases import Database

WORKER = "lifeline_worker"


@pytest.fixture
def on(committed_db: Database) -> Database:
    """As the worker, who alone seals."""
    database.use(committed_db.url, role=WORKER)
    return committed_db


def sealed() -> list[int]:
    return list(AuditLeaf.objects.order_by("index").values_list("entry", flat=True))


def entries() -> list[int]:
    return list(AuditEntry.objects.order_by("pk").values_list("pk", flat=True))


def test_entries_are_sealed_once_under_one_signed_head(on: Database) -> None:
    record(By.WORKER, Act.PURGED, "run", range(5))

    assert (seal(AUDIT), seal(AUDIT)) == (5, 0)

    head = AuditHead.objects.get()
    leaves = [bytes(each) for each in AuditLeaf.objects.order_by("index").values_list("hash", flat=True)]
    assert (head.size, bytes(head.root), sealed()) == (5, root(leaves), entries())
    assert heads.is_signed("audit", head.size, bytes(head.root), head.at, head.key, bytes(head.signature))
    assert not heads.is_signed("audit", 6, bytes(head.root), head.at, head.key, bytes(head.signature))
    assert AuditSalt.objects.count() == 5


def test_tree_grows_by_what_is_new(on: Database) -> None:
    for size in (3, 1, 4):
        record(By.WORKER, Act.PURGED, "run", range(size))
        assert seal(AUDIT) == size
    assert list(AuditHead.objects.order_by("size").values_list("size", flat=True)) == [3, 4, 8]
    leaves = [bytes(each) for each in AuditLeaf.objects.order_by("index").values_list("hash", flat=True)]
    assert [bytes(each.root) for each in AuditHead.objects.order_by("size")] == [
        root(leaves[:size]) for size in (3, 4, 8)
    ]


def test_what_commits_late_is_not_missed(on: Database) -> None:
    """The one that began first commits last: nothing younger is sealed before it."""
    with psycopg.connect(on.url) as slow:
        slow.execute(f"SET ROLE {WORKER}")
        slow.execute(
            "INSERT INTO people_auditentry (by, act, subject_kind, purpose) VALUES ('worker', 'purged', '', '')"
        )
        record(By.WORKER, Act.PURGED)
        assert (seal(AUDIT), sealed()) == (0, [])
    assert seal(AUDIT) == 2
    assert sealed() == entries()


def test_any_number_may_seal(on: Database) -> None:
    record(By.WORKER, Act.PURGED, "run", range(60))

    def one(_: int) -> int:
        try:
            record(By.WORKER, Act.PURGED)
            return seal(AUDIT)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        done = sum(pool.map(one, range(24)))
    while now := seal(AUDIT):
        done += now
    assert (done, sorted(sealed())) == (84, entries())
    assert list(AuditLeaf.objects.order_by("index").values_list("index", flat=True)) == list(range(84))


def test_more_than_one_head_takes_is_sealed_in_turns(on: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "MOST", 4)
    record(By.WORKER, Act.PURGED, "run", range(10))

    assert [seal(AUDIT) for _ in range(4)] == [4, 4, 2, 0]
    assert sealed() == entries()


def test_tables_restored_into_another_cluster_are_sealed_on(on: Database) -> None:
    """Its counter of transactions begins anew, so everything old seems to lie in the future."""
    record(By.WORKER, Act.PURGED, "run", range(3))
    assert seal(AUDIT) == 3
    record(By.WORKER, Act.PURGED, "run", range(2))
    with psycopg.connect(on.owner_url) as owner:
        owner.execute("ALTER TABLE people_auditentry DISABLE TRIGGER USER")
        owner.execute(
            "UPDATE people_auditentry SET xact = '900000000' WHERE id > (SELECT max(entry) FROM people_auditleaf)"
        )
        owner.execute("ALTER TABLE people_auditentry ENABLE ALWAYS TRIGGER append_only")
        owner.execute("ALTER TABLE people_audithead DISABLE TRIGGER USER")
        owner.execute("UPDATE people_audithead SET below = '900000001'")
    record(By.WORKER, Act.PURGED)

    assert (seal(AUDIT), seal(AUDIT)) == (3, 0)
    assert sorted(sealed()) == entries()


def test_nothing_is_sealed_on_a_head_that_is_not_ours(on: Database) -> None:
    record(By.WORKER, Act.PURGED)
    seal(AUDIT)
    with psycopg.connect(on.owner_url) as owner:
        owner.execute("ALTER TABLE people_audithead DISABLE TRIGGER USER")
        owner.execute("UPDATE people_audithead SET root = sha256('x'), frontier = sha256('x')")
    record(By.WORKER, Act.PURGED)

    with pytest.raises(TreeBroken):
        seal(AUDIT)
    assert len(sealed()) == 1


def test_web_processes_seal_nothing_and_nobody_changes_the_tree(committed_db: Database) -> None:
    record(By.WORKER, Act.PURGED)
    with pytest.raises(Exception, match="permission denied"):
        seal(AUDIT)
    database.use(committed_db.url, role=WORKER)
    assert seal(AUDIT) == 1
    for table in ("auditleaf", "auditsalt", "audithead"):
        for statement in (f"DELETE FROM people_{table}", f"TRUNCATE people_{table}"):
            with pytest.raises(Exception, match="permission denied"), transaction.atomic():
                connection.cursor().execute(statement)
            with (
                psycopg.connect(committed_db.owner_url) as owner,
                pytest.raises(psycopg.Error, match="append-only"),
            ):
                owner.execute(statement)  # type: ignore[arg-type]


# Published with the format, in docs/audit.md.
EXAMPLE = (
    7, datetime(2026, 11, 20, 12, 0, 0, 5, UTC), "staff", 3, None, 1, "see_detention", "done", "person", 42,
    "verification", "7K2M9QXA", "people_detention_changelist", "5f0c1d2e3a4b", "", "1234",
)  # fmt: skip
EXAMPLE_TEXT = (
    '{"act":"see_detention","at":"2026-11-20T12:00:00.000005Z","by":"staff","client":null,"id":7,'
    '"name_hash":"","organisation":1,"origin":"5f0c1d2e3a4b","outcome":"done","purpose":"verification",'
    '"request":"7K2M9QXA","route":"people_detention_changelist","staff":3,"subject":42,'
    '"subject_kind":"person","version":1,"xact":"1234"}'
)
EXAMPLE_LEAF = "8784ddb70043f392a255460cc648b9c3625534d05300d65c9932ce94b653f83d"


def test_example_of_the_format() -> None:
    assert entry_text(EXAMPLE) == EXAMPLE_TEXT == canonical(json.loads(EXAMPLE_TEXT))
    assert entry_hash(EXAMPLE, bytes(range(32))).hex() == EXAMPLE_LEAF


def test_heads_are_signed_as_rfc_8032_has_it() -> None:
    """RFC 8032, 7.1, test 3."""
    public = bytes.fromhex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")
    signature = bytes.fromhex(
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
    )
    seed = "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"
    assert heads.public_key(seed) == public
    assert heads.verify(public, b"\xaf\x82", signature)
    assert not heads.verify(public, b"\xaf\x83", signature)
