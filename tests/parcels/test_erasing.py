"""Erasing one human being on request, by two officers and the worker."""

import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from parcels import erasing, erasures_log, settling, workers
from parcels.models import Note, Parcel
from people import approvals, consents, facts, groups, lists, requests
from people.actions import Telling
from people.lists.reading import Entry
from people.models import (
    Erasure,
    Fact,
    GroupMember,
    ListEntry,
    MatchStatement,
    Person,
    PersonKey,
    Restriction,
    RightsRequest,
)
from people.queries import facts_of
from people.requests import Asked, NotPossible
from tests.databases import as_role
from tests.factories import NOON, World, move, person, registered, world

ASKED = Asked("erasure", "self", "counter", "paper", NOON, document="ID-CARD-9")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, settings: object) -> None:
    settings.DATA = tmp_path  # type: ignore[attr-defined]


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def ended(w: World) -> Parcel:
    parcel = registered(w)
    settling.write_note(parcel, parcel.recipient_id, "asks for Olha", by=w.act(w.amina), now=NOON)
    return move(parcel, "cancel", w.act(w.amina))


def decided(w: World, whom: Person, also: tuple[int, ...] = ()) -> RightsRequest:
    request = requests.record(whom, ASKED, by=w.act(w.gita), now=NOON)
    proposal = erasing.propose_erasure(request, also, by=w.act(w.gita), now=NOON)
    approvals.confirm(proposal.pk, by=w.act(w.ivo), now=NOON)
    request.refresh_from_db()
    return request


def work() -> int:
    with as_role("lifeline_worker"):
        return workers.drain("erase")


def test_two_officers_decide_and_the_worker_erases(w: World, ended: Parcel) -> None:
    olha = ended.sender
    consents.give(
        olha, "correspondence", text_version="1", language="uk", channel="phone", by=w.act(w.gita), now=NOON
    )
    request = decided(w, olha)
    assert (request.outcome, PersonKey.objects.filter(pk=olha.pk).exists()) == (None, True)

    assert (work(), work()) == (1, 0)

    request.refresh_from_db()
    ended.refresh_from_db()
    assert (request.outcome, request.document) == ("done", "")
    for rows in (olha.facts, olha.name_keys, olha.match_keys, olha.consents, olha.ties_to_others):
        assert not rows.exists()  # type: ignore[attr-defined]
    assert not PersonKey.objects.filter(pk=olha.pk).exists()
    assert not Note.objects.exists()
    assert (ended.code_hash, bytes(ended.seed), ended.sealed_relationship) == (None, b"", None)
    # The person held keeps what is theirs, and the parcel its history.
    assert ended.recipient.facts.count() == 3
    assert [each.move for each in ended.movements.order_by("number")] == ["register", "cancel"]
    proof = Erasure.objects.get()
    assert (proof.person, proof.rule, proof.request, proof.approval) == (
        olha, "request", request, request.decided_under,
    )  # fmt: skip
    assert proof.counts["people_personkey"] == 1
    assert proof.counts["people_fact"] == 2


def test_one_officer_decides_nothing(w: World, ended: Parcel) -> None:
    request = requests.record(ended.sender, ASKED, by=w.act(w.gita), now=NOON)
    proposal = erasing.propose_erasure(request, (), by=w.act(w.gita), now=NOON)
    with pytest.raises(approvals.NotYours):
        approvals.confirm(proposal.pk, by=w.act(w.gita), now=NOON)

    assert work() == 0
    assert ended.sender.facts.exists()


def test_parcel_on_its_way_keeps_its_people(w: World) -> None:
    parcel = registered(w)
    request = requests.record(parcel.sender, ASKED, by=w.act(w.gita), now=NOON)
    with pytest.raises(NotPossible, match="on its way"):
        erasing.propose_erasure(request, (), by=w.act(w.gita), now=NOON)
    refusal = requests.propose_refusal(request, "under_way", by=w.act(w.gita), now=NOON)
    approvals.confirm(refusal.pk, by=w.act(w.ivo), now=NOON)
    assert Restriction.objects.filter(person=parcel.sender, mark="restriction").exists()
    assert not erasing.can_be_erased_now(w.north.pk).exists()

    move(parcel, "cancel", w.act(w.amina))

    # Now somebody has to take it up again.
    assert [each.pk for each in erasing.can_be_erased_now(w.north.pk)] == [request.pk]


def test_parcel_that_set_out_meanwhile_stops_the_second_officer(w: World, ended: Parcel) -> None:
    request = requests.record(ended.sender, ASKED, by=w.act(w.gita), now=NOON)
    proposal = erasing.propose_erasure(request, (), by=w.act(w.gita), now=NOON)
    Parcel.objects.filter(pk=registered(w).pk).update(sender=ended.sender)

    with pytest.raises(NotPossible):
        approvals.confirm(proposal.pk, by=w.act(w.ivo), now=NOON)

    proposal.refresh_from_db()
    assert (proposal.decision, work()) == (None, 0)


def test_records_held_to_be_one_person_go_together_and_others_stay_joined(w: World) -> None:
    one, two, other = (person(w, f"Pavlo Same{n}") for n in range(3))
    foreign = Person.objects.create(kind="prisoner", organisation=w.harbour)
    for a, b in ((one, two), (one, foreign)):
        groups.state_alone([groups.Stated(groups.pair(a.pk, b.pk, w.north.pk), ("number_same",))], now=NOON)

    found = erasing.reach(one)
    decided(w, one)
    work()

    assert (found.people, [each.pk for each in found.elsewhere]) == ([one.pk, two.pk], [foreign.pk])
    assert set(Erasure.objects.values_list("person", flat=True)) == {one.pk, two.pk}
    assert not MatchStatement.objects.exists()
    assert not GroupMember.objects.exists()
    assert other.facts.exists()


def test_entries_of_lists_that_name_them_are_emptied(w: World) -> None:
    pavlo = person(w, "Pavlo Listed")
    number = next(text for fact, text in _told(pavlo) if fact.kind == "service_number")
    amina = w.act(w.amina)
    made = lists.keep_list(
        [
            Entry(2, "Pavlo Listed", "1991-02-03", number),
            Entry(3, "Listed P.", "1991-02-03", ""),
            Entry(4, "Petro Other", "1970-01-01", "X-1"),
        ],
        title="South, November", stated_on=NOON.date(), stated_by=w.south, by=amina, now=NOON,
    )  # fmt: skip
    sure, maybe, other = made.entries.order_by("number")

    found = erasing.reach(pavlo)
    decided(w, pavlo, also=(maybe.pk, other.pk))
    work()

    assert (found.entries, [each.pk for each in found.uncertain]) == ([sure.pk], [maybe.pk])
    # What was ticked is taken where it may be meant; the other's row was never asked about.
    empty = {row.number for row in ListEntry.objects.all() if not bytes(row.wrapped)}
    assert empty == {2, 3}


def _told(whom: Person) -> list[tuple[Fact, str]]:
    return facts_of(whom)


def test_log_outside_the_database_names_nobody(w: World, ended: Parcel, tmp_path: Path) -> None:
    decided(w, ended.sender)
    work()

    file = tmp_path / erasures_log.NAME
    (line,) = file.read_text().splitlines()
    told = json.loads(line)
    assert (told["people"], told["entries"], told["rule"]) == ([ended.sender.reference], [], "request")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_log_that_cannot_be_written_erases_nobody(w: World, ended: Parcel, tmp_path: Path) -> None:
    (tmp_path / erasures_log.NAME).mkdir()
    request = decided(w, ended.sender)

    with pytest.raises(OSError, match="directory"):
        work()

    request.refresh_from_db()
    assert (request.outcome, ended.sender.facts.exists()) == (None, True)


def test_line_that_a_crash_cut_off_forgets_nobody(w: World, ended: Parcel, tmp_path: Path) -> None:
    """Nobody was erased by it, and what is written next stands on a line of its own."""
    file = tmp_path / erasures_log.NAME
    file.write_text('{"at": "2026-11-20T12:00:00+00:00", "peo')

    erasures_log.add([ended.sender_id], [], rule="request")

    assert list(erasures_log.lines()) == [erasures_log.Line([ended.sender.reference], [], "request")]


def test_line_that_is_damaged_is_no_line(tmp_path: Path) -> None:
    (tmp_path / erasures_log.NAME).write_text('{"people": 5}\n')
    with pytest.raises((ValueError, KeyError)):
        list(erasures_log.lines())


def test_log_leaves_nobody_out(w: World, ended: Parcel, tmp_path: Path) -> None:
    with pytest.raises(LookupError):
        erasures_log.add([ended.sender_id, 0], [], rule="request")
    assert not (tmp_path / erasures_log.NAME).exists()


def test_erased_person_can_be_told_of_no_more(w: World, ended: Parcel) -> None:
    decided(w, ended.sender)
    work()

    with pytest.raises(PersonKey.DoesNotExist):
        facts.add_fact(
            ended.sender, "other_name", "Olha Again", source_id=w.north.pk, by=w.act(w.gita), now=NOON
        )
    assert not ended.sender.facts.exists()


def test_same_sender_later_is_a_new_record(w: World, ended: Parcel) -> None:
    sender = Telling("sender", "Olha Returning", contact={"phone": "+0000999"})
    first = move(registered(w, sender=sender), "cancel", w.act(w.amina))
    decided(w, first.sender)
    work()

    second = registered(w, sender=sender)

    assert second.sender_id != first.sender_id


def test_request_is_done_well_within_its_day(w: World, ended: Parcel) -> None:
    request = decided(w, ended.sender)
    work()
    request.refresh_from_db()

    assert request.ended_at is not None
    assert request.due_at == NOON + timedelta(hours=24)
    assert not requests.open_requests(w.north.pk).exists()
