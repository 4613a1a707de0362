"""Visits and returned people in the ledger: each count as it was stated, and who owes what."""

from datetime import date, timedelta

import pytest

from exchanges.actions import agree_visit, hold_visit, schedule_visit, state_count
from exchanges.models import Visit
from parcels.ledger import Count, Obligation, ledger_of
from people.models import Staff
from tests.factories import NOON, World, group_asked_for, organisation, staff, world

LATER = NOON + timedelta(days=3)


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def visit(w: World) -> Visit:
    by = w.act(w.gita)
    made = agree_visit(w.terms.agreement, "mutual", visited_by=w.north, host=w.south, by=by, now=NOON)
    return schedule_visit(made, NOON + timedelta(days=1), NOON + timedelta(days=1, hours=2), by=by, now=NOON)


def counts(w: World, key: str, member: Staff) -> list[Count]:
    ledger = ledger_of(w.terms.agreement, actor=w.act(member), now=LATER)
    return [count for row in ledger.rows if row.key == key for count in row.counts]


def owed(w: World, member: Staff) -> list[Obligation]:
    return list(ledger_of(w.terms.agreement, actor=w.act(member), now=LATER).obligations)


def test_visits_that_were_held_count_for_both_that_took_part(w: World, visit: Visit) -> None:
    assert counts(w, "visits", w.gita) == []
    hold_visit(visit, by=w.act(w.gita), now=LATER)
    hana = staff("hana", "liaison", w.south)
    for member in (w.gita, hana):
        assert counts(w, "visits", member) == [Count("north", "south", 1, "north", "held", None)]
    assert counts(w, "visits", w.farid) == []


def test_letters_go_each_way(w: World, visit: Visit) -> None:
    hold_visit(visit, by=w.act(w.gita), now=LATER)
    Visit.objects.update(letters_given=7, letters_received=5)
    assert [(each.sending, each.value) for each in counts(w, "letters_given", w.gita)] == [("north", 7)]
    assert [(each.sending, each.value) for each in counts(w, "letters_back", w.gita)] == [("south", 5)]


def test_visit_not_held_and_report_not_given_are_owed(w: World, visit: Visit) -> None:
    on = date(2026, 11, 21)
    assert owed(w, w.gita) == [Obligation("to hold the visit agreed for that day", "south", "", 1, on)]
    hold_visit(visit, by=w.act(w.gita), now=LATER)
    assert owed(w, w.gita) == [Obligation("its report on a visit", "north", "", 1, on)]
    assert owed(w, w.farid) == []


def test_counts_of_returned_people_stand_side_by_side(w: World) -> None:
    group = group_asked_for(w)
    told = {"said_on": date(2026, 11, 15), "by": w.act(w.gita), "now": NOON}
    state_count(group, 124, "own_operations", stated_by=w.harbour, document="Note", **told)
    state_count(group, 119, "returned", stated_by=w.north, **told)
    found = counts(w, "returned", w.gita)
    assert [(each.sending, each.holding, each.value, each.source) for each in found] == [
        ("south", "north", 124, "harbour"), ("south", "north", 119, "north"),
    ]  # fmt: skip
    assert found[0].scope == "returned in its own operations, said on 2026-11-15"


def test_return_of_others_is_not_counted(w: World) -> None:
    west = organisation("west")
    group = group_asked_for(w)
    state_count(
        group, 5, "returned", stated_by=w.north, said_on=date(2026, 11, 15), by=w.act(w.gita), now=NOON
    )
    w.terms.agreement.signatories.add(west)
    assert counts(w, "returned", staff("walid", "liaison", west)) == []
