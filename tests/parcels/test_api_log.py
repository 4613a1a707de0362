"""Heads and proofs of the custody log, as partners' systems ask for them and check them."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from custody_verifier.custody_verify import canonical, includes, is_consistent, leaf_hash
from parcels.models import CustodyHead, CustodyLeaf, Parcel
from people import heads
from people.models import AuditEntry
from tests.databases import Database
from tests.factories import World, handed_over, move, registered, world
from tests.parcels.custody_log.conftest import seal
from tests.partners import Partner, partner, problem

HEADS, PROOFS = "/api/v1/log/heads/", "/api/v1/log/proofs/"


@pytest.fixture
def w(committed_db: Database) -> World:
    return world()


@pytest.fixture
def north(w: World) -> Partner:
    return partner(w.north, "registrar", "dispatcher", "liaison")


@pytest.fixture
def south(w: World) -> Partner:
    return partner(w.south, "logistics", "dispatcher", "liaison")


@pytest.fixture
def parcel(w: World) -> Parcel:
    """Three heads: of a parcel that was handed over, and of two that were declared."""
    parcel = handed_over(w)
    seal()
    for _ in range(2):
        registered(w)
        seal()
    return parcel


def proofs(reader: Partner, **asked: object) -> dict[str, Any]:
    response = reader.get(PROOFS, {key: str(value) for key, value in asked.items()})
    assert response.status_code == 200, response.content
    told: dict[str, Any] = response.json()
    return told


def refused(reader: Partner, **asked: object) -> tuple[int, str]:
    return problem(reader.get(PROOFS, {key: str(value) for key, value in asked.items()}))


NOT_FOUND, VALIDATION = (404, "/problems/not-found"), (400, "/problems/validation")


def test_heads_are_told_newest_first_and_each_is_signed(parcel: Parcel, south: Partner) -> None:
    told = south.get(HEADS).json()["results"]

    assert [head["size"] for head in told] == [9, 8, 7]
    ((name, public),) = heads.public_keys().items()
    for head in told:
        assert (head["key"], head["public_key"]) == (name, public.hex())
        assert heads.verify(public, head["signed"].encode(), bytes.fromhex(head["signature"]))
        assert f'"root":"{head["root"]}","size":{head["size"]}' in head["signed"]


def test_heads_come_in_pages(parcel: Parcel, south: Partner) -> None:
    first = south.get(HEADS, {"page_size": "2"}).json()
    second = south.get(first["next"]).json()

    assert [head["size"] for page in (first, second) for head in page["results"]] == [9, 8, 7]
    assert second["next"] is None


@pytest.mark.parametrize("size", [7, 9])
def test_every_leaf_is_proved_to_whoever_asks(parcel: Parcel, south: Partner, size: int) -> None:
    for index in range(size):
        told = proofs(south, index=index, size=size)
        leaf, proof = bytes.fromhex(told["inclusion"]["leaf"]), told["inclusion"]["proof"]
        root = bytes.fromhex(told["head"]["root"])
        assert (told["head"]["size"], told["inclusion"]["movement"]) == (size, None)
        assert leaf == bytes(CustodyLeaf.objects.get(index=index).hash)
        assert includes(leaf, index, size, [bytes.fromhex(each) for each in proof], root)


def test_movement_is_proved_with_all_that_its_reader_may_read(parcel: Parcel, north: Partner) -> None:
    told = proofs(north, parcel=parcel.number, number=5)

    inclusion, root = told["inclusion"], bytes.fromhex(told["head"]["root"])
    movement = inclusion["movement"]
    assert (movement["entry"]["move"], movement["entry"]["parcel"]) == ("dispatch", parcel.number)
    assert movement["parts"]["number"]["told"] == {"number": 5, "corrects": None}
    assert set(movement["parts"]) == {"contents", "number", "own", "route"}
    leaf = leaf_hash(bytes.fromhex(movement["salt"]) + canonical(movement["entry"]).encode())
    assert leaf.hex() == inclusion["leaf"]
    assert includes(leaf, inclusion["index"], 9, [bytes.fromhex(each) for each in inclusion["proof"]], root)
    assert AuditEntry.objects.filter(act="see_route", subject_kind="movement").count() == 1


def test_log_is_proved_to_have_grown(parcel: Parcel, south: Partner) -> None:
    told = proofs(south, older=7)

    older, proof = told["consistency"]["older"], told["consistency"]["proof"]
    assert is_consistent(
        7, 9, [bytes.fromhex(each) for each in proof], bytes.fromhex(older["root"]),
        bytes.fromhex(told["head"]["root"]),
    )  # fmt: skip


def test_one_call_may_ask_for_all_or_for_none(parcel: Parcel, north: Partner) -> None:
    whole = proofs(north, older=8, index=4, parcel=parcel.number, number=5, size=9)
    alone = proofs(north)

    assert (whole["inclusion"]["index"], whole["consistency"]["older"]["size"]) == (4, 8)
    assert alone == {"head": whole["head"], "inclusion": None, "consistency": None}


def test_holding_side_is_proved_no_movement_that_it_is_not_told(
    w: World, parcel: Parcel, south: Partner
) -> None:
    """It reads its own later word as what does not fit, whether or not somebody has contested."""
    plain = handed_over(w)
    for each in (plain, parcel):
        move(each, "receive", w.act(w.elena), evidence="holding_list", complete="yes")
    move(parcel, "contest", w.act(w.gita), document="LETTER-1")
    seal()

    movement = proofs(south, parcel=parcel.number, number=8)["inclusion"]["movement"]
    assert movement["entry"]["move"] == "receive"
    assert "number" not in movement["parts"]
    for each in (plain, parcel):
        assert refused(south, parcel=each.number, number=9) == NOT_FOUND


def test_system_that_reads_what_is_published_is_proved_leaves_and_no_movement(
    w: World, parcel: Parcel
) -> None:
    reader = partner(w.north, "registrar")

    assert proofs(reader, index=0)["inclusion"]["proof"]
    assert refused(reader, parcel=parcel.number) == NOT_FOUND


def test_what_is_not_there_is_not_found(w: World, parcel: Parcel, north: Partner) -> None:
    unsealed = registered(w)
    for asked in (
        {"index": 9}, {"index": 7, "size": 7}, {"size": 6}, {"older": 6}, {"older": 9, "size": 8}, {"size": 10},
        {"number": 1}, {"parcel": "PZ000000000ZZ"}, {"parcel": parcel.number, "number": 99},
        {"parcel": parcel.number, "number": 1, "index": 1}, {"parcel": unsealed.number},
    ):  # fmt: skip
        assert refused(north, **asked) == NOT_FOUND


@pytest.mark.parametrize(
    "asked",
    [{"index": -1}, {"index": "x"}, {"index": ""}, {"index": "1.0"}, {"index": "01"}, {"size": 0}, {"older": 0},
     {"number": 0}, {"index": 2**53}, {"parcel": "PZ1"}, {"parcel": ""}, {"index": "１"}],
)  # fmt: skip
def test_what_is_no_number_is_refused(parcel: Parcel, north: Partner, asked: dict[str, object]) -> None:
    assert refused(north, **asked) == VALIDATION


def test_scope_is_asked_for(w: World, parcel: Parcel) -> None:
    other = partner(w.north, "liaison", scope="parcels:read")
    for address in (HEADS, PROOFS):
        assert problem(other.get(address)) == (403, "/problems/not-permitted")


def test_log_without_a_head_proves_nothing(w: World, north: Partner) -> None:
    registered(w)

    assert north.get(HEADS).json()["results"] == []
    assert refused(north, index=0) == NOT_FOUND
    assert not CustodyHead.objects.exists()


def test_proof_asks_the_database_no_more_for_a_longer_log(w: World, parcel: Parcel, north: Partner) -> None:
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            proofs(north, index=0, older=7)
        counts.append(len(asked))
        for _ in range(3):
            registered(w)
        seal()
    assert counts[0] == counts[1]
