"""What each side did under an agreement, in each one's own words, and what is owed."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exchanges.actions import first_terms, make_round
from exchanges.models import Agreement, Round
from parcels.actions import Step, advance, propose
from parcels.ledger import Balance, Count, Ledger, Obligation, ledger_of
from parcels.models import Parcel, Publication
from people import approvals
from people.models import Staff
from tests.factories import (
    NOON,
    World,
    accepted,
    cleared,
    dispatched,
    handed_over,
    move,
    registered,
    staff,
    world,
)

LATER = NOON + timedelta(days=1)
TODAY = NOON.date()


@pytest.fixture
def w(db: None) -> World:
    return world()


def ledger(w: World, member: Staff | None = None, *, now: datetime = LATER) -> Ledger:
    return ledger_of(w.terms.agreement, actor=w.act(member or w.gita), now=now)


def counts(w: World, key: str, member: Staff | None = None) -> list[tuple[int, str]]:
    (row,) = [row for row in ledger(w, member).rows if row.key == key]
    assert all((count.sending, count.holding) == ("north", "south") for count in row.counts)
    return [(count.value, count.source) for count in row.counts]


def received(w: World) -> Parcel:
    return move(handed_over(w), "receive", w.act(w.elena), evidence="holding_list", complete="yes")


def contested(w: World) -> Parcel:
    return move(received(w), "contest", w.act(w.gita), document="Letter 3")


def mirror_of(w: World, **fields: object) -> Round:
    told: dict[str, object] = {
        "reference": "december-back", "agreement": w.terms.agreement, "terms": w.terms, "sending": w.south,
        "holding": w.north, "mirror": w.round, "status": "collecting", "target": 31,
        "opens_on": date(2026, 11, 1), "closes_on": date(2026, 12, 15), "collection_point": "x",
    }  # fmt: skip
    return make_round(**(told | fields))


def test_each_source_is_counted_by_itself(w: World) -> None:
    handed_over(w)
    both = handed_over(w)
    advance([Step(both.number, "hand_over", NOON, details={"act": "A"})], by=w.act(w.farid), now=NOON)
    assert counts(w, "accept") == [(2, "north")]
    assert counts(w, "dispatch") == [(2, "north")]
    assert counts(w, "entrust") == [(2, "harbour")]
    # The holding side's word on both, the neutral agency's on one: neither added up nor made equal.
    assert counts(w, "hand_over") == [(1, "harbour"), (2, "south")]


def test_word_recorded_on_anothers_behalf_is_that_ones(w: World) -> None:
    parcel = handed_over(w)
    move(
        parcel, "receive", w.act(w.gita), evidence="holding_list", complete="yes", on_behalf_of="south",
        document="List 4",
    )  # fmt: skip
    assert counts(w, "receive") == [(1, "south")]


def test_what_was_undone_does_not_count(w: World) -> None:
    parcel = received(w)
    hana, ines = staff("hana", "liaison", w.south), staff("ines", "coordinator", w.south)
    details = {"corrects": parcel.last_number, "reason": "wrong_parcel"}
    act = propose(parcel.number, "correct", by=w.act(hana), now=NOON, details=details)
    approvals.confirm(act.pk, by=w.act(ines), now=NOON)
    assert counts(w, "receive") == []


def test_count_keeps_scope_and_the_day_of_its_newest_record(w: World) -> None:
    accepted(w)
    (row,) = [row for row in ledger(w).rows if row.key == "accept"]
    assert row.counts == (Count("north", "south", 1, "north", "its own records", TODAY),)


def test_target_and_what_is_declared_of_it(w: World) -> None:
    registered(w)
    move(registered(w), "cancel", w.act(w.amina))
    mirror_of(w, status="proposed")  # not agreed yet
    assert counts(w, "target") == [(2000, "both sides")]
    assert counts(w, "declared") == [(1, "north")]


def test_letters_in_parcels_that_left_are_counted(w: World) -> None:
    for make in (dispatched, cleared):
        parcel = make(w)
        parcel.lines.filter(number=1).update(category="LETTER", quantity=3)
    assert counts(w, "letters") == [(3, "north")]
    # What is in a parcel the neutral agency does not read.
    assert counts(w, "letters", w.farid) == []


def test_contest_that_no_liaison_released_is_unknown_to_the_holding_side(w: World) -> None:
    hana = staff("hana", "liaison", w.south)
    quiet = received(w)
    Parcel.objects.filter(pk=quiet.pk).update(overdue_since=None)
    before = ledger(w, hana)

    parcel = move(quiet, "contest", w.act(w.gita), document="Letter 3")
    move(parcel, "confirm", w.act(w.farid), evidence="own_reply", complete="yes")

    assert ledger(w, hana) == before
    assert (counts(w, "confirm", w.gita), counts(w, "confirm", hana)) == ([(1, "harbour")], [])

    for movement in parcel.movements.filter(move="contest"):
        Publication.objects.create(parcel=parcel, number=movement.number, public_from=NOON)
    assert counts(w, "confirm", hana) == [(1, "harbour")]


def test_contested_parcel_is_owed_nothing_new_at_the_holding_side(w: World) -> None:
    hana = staff("hana", "liaison", w.south)
    parcel = contested(w)
    Parcel.objects.filter(pk=parcel.pk).update(overdue_since=NOON)
    assert ledger(w, hana).obligations == []


def test_rounds_stand_beside_their_mirrors_whatever_they_are(w: World) -> None:
    back = mirror_of(w)
    dispatched(w)
    assert ledger(w).balances == [Balance("december-back", "december", 31, 2000, 0, 1)]
    Round.objects.filter(pk=w.round.pk).update(mirror=back)
    assert len(ledger(w).balances) == 1


def test_receipts_not_told_within_the_term_are_owed_by_the_holding_side(w: World) -> None:
    parcel, since = handed_over(w), datetime(2026, 11, 19, 12, tzinfo=UTC)
    assert ledger(w).obligations == []
    Parcel.objects.filter(pk=parcel.pk).update(overdue_since=since)
    assert ledger(w).obligations == [
        Obligation("word that parcels were received", "south", "december", 1, date(2026, 11, 19))
    ]


def test_hand_over_not_told_within_the_term_is_owed_by_the_neutral_agency(w: World) -> None:
    Parcel.objects.filter(pk=dispatched(w).pk).update(overdue_since=NOON)
    (owed,) = ledger(w).obligations
    assert (owed.what, owed.owed_by) == ("word that parcels were handed over", "harbour")


def test_lists_promised_and_rounds_past_their_last_day_are_owed(w: World) -> None:
    mirror_of(w, status="agreed", opens_on=TODAY)
    now = datetime(2026, 12, 16, 12, tzinfo=UTC)
    assert [each[:4] for each in ledger(w, now=now).obligations] == [
        ("its list of prisoners", "north", "december-back", 1),
        ("its list of prisoners", "south", "december-back", 1),
        ("to close the round", "north", "december", 1),
    ]
    assert ledger(w, now=datetime(2026, 11, 19, 12, tzinfo=UTC)).obligations == []


def test_what_a_closed_round_is_short_of_its_target_is_owed(w: World) -> None:
    dispatched(w)
    Round.objects.update(status="closed", target=5)
    (owed,) = ledger(w).obligations
    assert owed == Obligation("parcels short of the target", "north", "december", 4, date(2026, 12, 15))


def test_what_left_counts_under_the_agreement_it_left_under(w: World) -> None:
    dispatched(w)
    cleared(w)
    successor = Agreement.objects.create(title_en="Second", valid_from=TODAY, succeeds=w.terms.agreement)
    terms = first_terms(successor)
    Round.objects.update(agreement=successor, terms=terms)
    assert (counts(w, "dispatch"), counts(w, "accept")) == ([(1, "north")], [(1, "north")])
    later = ledger_of(successor, actor=w.act(w.gita), now=LATER)
    told = {row.key: [(each.value, each.source) for each in row.counts] for row in later.rows}
    assert (told["dispatch"], told["accept"]) == ([], [(1, "north")])


def test_three_parcels_ask_as_often_as_one(w: World) -> None:
    dispatched(w)
    with CaptureQueriesContext(connection) as one:
        ledger(w)
    for _ in range(2):
        dispatched(w)
    with CaptureQueriesContext(connection) as three:
        ledger(w)
    assert len(one) == len(three)
