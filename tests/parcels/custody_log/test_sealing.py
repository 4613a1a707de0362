"""Movements go into the log once, in the order of their transactions, and nobody waits for it."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.db import connection, transaction

from config import database
from parcels.actions import observe
from parcels.custody_log import CUSTODY, heads_since
from parcels.models import CustodyHead, CustodyLeaf, CustodyNode, CustodySalt, Movement
from parcels.workers import drain
from people import heads, merkle, sealing
from people.acts import Act
from people.audit import By, record
from people.audit_tree import AUDIT
from people.merkle import nodes_of
from people.models import Alarm, AuditHead
from people.nodes import Kept
from people.sealing import TreeBroken
from tests.databases import Database, as_role
from tests.factories import NOON, World, accepted, handed_over, move, registered
from tests.parcels.custody_log.conftest import WORKER, seal


def sealed() -> list[int]:
    return list(CustodyLeaf.objects.order_by("index").values_list("movement", flat=True))


def movements() -> list[int]:
    return list(Movement.objects.order_by("pk").values_list("pk", flat=True))


def leaves() -> list[bytes]:
    return [bytes(each) for each in CustodyLeaf.objects.order_by("index").values_list("hash", flat=True)]


def many(w: World, count: int) -> None:
    number = registered(w).number
    observe([number] * count, "flag", by=w.act(w.gita), now=NOON)


def test_every_movement_is_sealed_once_under_a_signed_head(w: World) -> None:
    handed_over(w)

    assert (seal(), seal()) == (7, 0)

    head = CustodyHead.objects.get()
    assert (head.size, bytes(head.root), sealed()) == (7, merkle.root(leaves()), movements())
    assert heads.is_signed("custody", 7, bytes(head.root), head.at, head.key, bytes(head.signature))
    assert not heads.is_signed("audit", 7, bytes(head.root), head.at, head.key, bytes(head.signature))
    assert CustodySalt.objects.count() == 7


def test_movement_of_a_transaction_that_commits_late_is_not_missed(w: World, committed_db: Database) -> None:
    with psycopg.connect(committed_db.url) as slow:
        slow.execute("SELECT pg_current_xact_id()")
        registered(w)
        assert (seal(), sealed()) == (0, [])
    assert seal() == 1
    assert sealed() == movements()


def test_any_number_of_workers_may_seal(w: World) -> None:
    def one(_: int) -> int:
        try:
            registered(w)
            return seal()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        done = sum(pool.map(one, range(16)))

    assert done + seal() == 16
    assert sorted(sealed()) == movements()
    assert list(CustodyLeaf.objects.order_by("index").values_list("index", flat=True)) == list(range(16))


def test_nobody_who_moves_a_parcel_waits_for_the_sequencer(w: World, committed_db: Database) -> None:
    parcel = registered(w)
    told = {"gross_mass_g": 6_000, "place": "North, counter 1"}

    def accept() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '200ms'")
            move(parcel, "accept", w.act(w.amina), **told)
        finally:
            connection.close()

    with as_role(WORKER), transaction.atomic():
        assert sealing.seal(CUSTODY) == 1
        with ThreadPoolExecutor(1) as pool:
            pool.submit(accept).result()

    assert (seal(), sealed()) == (1, movements())


def test_one_transaction_may_fill_several_heads(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "MOST", 4)
    many(w, 10)

    with as_role(WORKER):
        assert [sealing.seal(CUSTODY) for _ in range(4)] == [4, 4, 3, 0]
    assert sealed() == movements()


def test_nodes_that_are_kept_are_those_of_the_tree(w: World) -> None:
    many(w, 599)
    seal()
    hashes = leaves()
    whole, kept = nodes_of(hashes), Kept(CUSTODY)

    rows = CustodyNode.objects.order_by("level", "place").values_list("level", "place", "hash")
    assert [(level, place, bytes(hash_)) for level, place, hash_ in rows] == [
        (1, 0, whole(8, 0)), (1, 1, whole(8, 1)),
    ]  # fmt: skip
    for height, place in ((0, 0), (0, 599), (3, 70), (7, 3), (8, 0), (8, 1), (9, 0)):
        assert kept(height, place) == whole(height, place)
    for index, size in ((0, 1), (0, 600), (255, 256), (256, 600), (599, 600), (300, 400)):
        assert merkle.inclusion_proof(index, size, kept) == merkle.inclusion_proof(index, size, whole)
    for older in (1, 255, 256, 257, 512, 599, 600):
        assert merkle.consistency_proof(older, 600, kept) == merkle.consistency_proof(older, 600, whole)


def test_node_that_is_not_kept_is_no_hash(w: World) -> None:
    registered(w)
    seal()

    with pytest.raises(TreeBroken):
        Kept(CUSTODY)(8, 0)


def test_heads_since_a_size_are_those_that_partners_were_not_told(w: World) -> None:
    for _ in range(3):
        registered(w)
        seal()

    assert [head.size for head in heads_since(0)] == [1, 2, 3]
    assert [head.size for head in heads_since(2)] == [3]
    assert heads_since(3) == []


def test_worker_seals_both_logs(w: World) -> None:
    registered(w)

    with as_role(WORKER):
        record(By.WORKER, Act.PURGED)
        drain("seal")

    assert sealing.unsealed(CUSTODY) == sealing.unsealed(AUDIT) == 0
    assert CustodyHead.objects.exists()
    assert AuditHead.objects.exists()


def test_log_whose_tree_is_broken_stands_still_and_the_audit_goes_on(
    w: World, committed_db: Database
) -> None:
    registered(w)
    seal()
    with psycopg.connect(committed_db.owner_url) as owner:
        owner.execute("ALTER TABLE parcels_custodyhead DISABLE TRIGGER USER")
        owner.execute("UPDATE parcels_custodyhead SET below = '0'")
    accepted(w)

    with as_role(WORKER):
        record(By.WORKER, Act.PURGED)
        drain("seal")

    assert CustodyLeaf.objects.count() == 1
    assert sealing.unsealed(AUDIT) == 0
    assert set(Alarm.objects.values_list("kind", flat=True)) == {"custody"}


def test_web_processes_seal_nothing(w: World, committed_db: Database) -> None:
    registered(w)
    database.use(committed_db.url, role="lifeline_web")

    with pytest.raises(Exception, match="permission denied"):
        sealing.seal(CUSTODY)
    assert not CustodyLeaf.objects.exists()
