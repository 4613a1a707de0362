"""Visits: their steps, who may take them, and that nobody is booked twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from exchanges import access, actions
from exchanges.actions import LetterChange, NotPossible, ToldParcel, ToldPerson, ToldReport
from exchanges.actions.visit_reports import WORDS
from exchanges.lifecycle import VISIT
from exchanges.models import (
    ReportedParcel,
    ReportedPerson,
    Visit,
    VisitParticipant,
    VisitPerson,
    VisitReport,
    VisitStep,
)
from exchanges.queries import VisitCount, counted, visit_counts
from people import approvals, consents, vault
from people.models import AuditEntry
from people.queries import key_of
from tests.config.test_dump import dump
from tests.databases import Database
from tests.exchanges.visits import HOUR, agreed, held, host_liaison, person, reported, says, scheduled
from tests.factories import NOON, World, organisation, staff, world

PZ = "PZ000000005ZZ"


@pytest.fixture
def w(db: None) -> World:
    return world()


def done(visit: Visit) -> list[str]:
    return list(visit.history.order_by("pk").values_list("what", flat=True))


def state(visit: Visit) -> tuple[Any, ...]:
    """Everything that an act on it could change."""
    visit = Visit.objects.get(pk=visit.pk)
    return (
        visit.status, visit.reason, visit.starts_at, visit.ends_at, visit.in_private, visit.letters_given,
        visit.letters_received, visit.sealed_place, VisitStep.objects.count(),
        sorted(visit.people.values_list("person", "during")),
        sorted(visit.participants.values_list("staff", "during")), VisitReport.objects.count(),
        ReportedParcel.objects.count(), visit.letters.count(),
    )  # fmt: skip


def refused(visit: Visit, error: type[Exception], act: Callable[[], object]) -> str:
    before = state(visit)
    with pytest.raises(error) as raised, transaction.atomic():
        act()
    assert state(visit) == before
    return str(raised.value)


def test_visit_goes_from_agreed_to_reported(w: World) -> None:
    pavlo = person(w.north, "Pavlo Away")
    visit = held(w, pavlo)

    reported(w, visit, says(pavlo, [ToldParcel(PZ, True, "yes")], words="all well"), in_private="no")

    visit.refresh_from_db()
    assert (visit.status, visit.in_private) == ("reported", "no")
    assert done(visit) == ["agree", "add_prisoners", "schedule", "hold", "report"]
    told = ReportedPerson.objects.get()
    assert told.sealed_words is not None
    assert vault.unseal(key_of(pavlo.pk), told.sealed_words, place=WORDS, row=told.pk) == "all well"


def test_every_step_of_the_table_and_no_other(w: World) -> None:
    by, ends = w.act(w.gita), {"by": w.act(w.gita), "now": NOON + 3 * HOUR}
    takes: dict[str, Callable[[Visit], object]] = {
        "agreed": lambda visit: visit,
        "scheduled": lambda visit: actions.schedule_visit(visit, NOON, NOON + HOUR, by=by, now=NOON),
        "postponed": lambda visit: actions.postpone_visit(visit, "travel", by=by, now=NOON),
        "cancelled": lambda visit: actions.cancel_visit(visit, "by_host", by=by, now=NOON),
        "held": lambda visit: actions.hold_visit(visit, **ends),  # type: ignore[arg-type]
        "reported": lambda visit: reported(w, visit),
    }
    ways = {
        "agreed": [], "scheduled": ["scheduled"], "postponed": ["postponed"], "cancelled": ["cancelled"],
        "held": ["scheduled", "held"], "reported": ["scheduled", "held", "reported"],
    }  # fmt: skip
    for status, way in ways.items():
        for step in VISIT.statuses:
            if step == "agreed" or (status, step) == ("reported", "reported"):  # a report is added to
                continue
            visit = agreed(w)
            for each in way:
                takes[each](visit)
                visit.refresh_from_db()
            visit.starts_at, visit.ends_at = visit.starts_at or NOON, visit.ends_at or NOON + HOUR
            if VISIT.allows(status, step):
                takes[step](visit)
                visit.refresh_from_db()
                assert visit.status == step
            else:
                refused(visit, NotPossible, lambda visit=visit, step=step: takes[step](visit))  # type: ignore[misc]


def test_database_refuses_other_steps_and_undated_or_unexplained_ones(w: World) -> None:
    visit = agreed(w)
    for change in (
        {"status": "held", "starts_at": NOON, "ends_at": NOON + HOUR},
        {"status": "scheduled"},
        {"status": "postponed"},
        {"starts_at": NOON, "ends_at": NOON},
        {"reason": "travel"},
        {"kind": "private"},
    ):
        refused(
            visit, DatabaseError, lambda change=change: Visit.objects.filter(pk=visit.pk).update(**change)
        )  # type: ignore[misc]


def test_what_was_told_and_done_stands(w: World) -> None:
    pavlo = person(w.north, "Pavlo Away")
    visit = held(w, pavlo)
    reported(w, visit, says(pavlo, [ToldParcel(PZ, False)]))
    for model in (VisitStep, VisitReport, ReportedPerson, ReportedParcel):
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.all().delete()  # type: ignore[attr-defined]
    assert ReportedParcel.objects.count() == 1


@pytest.mark.parametrize("who", ["amina", "dawit", "elena", "farid", "zora"])
def test_only_officers_of_the_two_act(w: World, who: str) -> None:
    stranger = staff("zora", "coordinator", organisation("west"))
    by = w.act(stranger if who == "zora" else getattr(w, who))
    pavlo = person(w.north, "Pavlo Away")
    visit, early = held(w, pavlo), scheduled(w)

    for act in (
        lambda: actions.cancel_visit(early, "travel", by=by, now=NOON),
        lambda: actions.postpone_visit(early, "travel", by=by, now=NOON),
        lambda: actions.hold_visit(early, by=by, now=NOON + HOUR),
        lambda: actions.add_people(early, [pavlo.pk], "prisoner", by=by, now=NOON),
        lambda: actions.name_participants(early, [w.gita.pk], by=by, now=NOON),
    ):
        refused(early, approvals.NotYours, act)
    told = ToldReport("form", "yes", [says(pavlo)])
    refused(visit, approvals.NotYours, lambda: actions.report_visit(visit, told, by=by, now=NOON + 3 * HOUR))
    with pytest.raises(approvals.NotYours):
        actions.agree_visit(w.terms.agreement, "mutual", visited_by=w.north, host=w.south, by=by, now=NOON)


def test_host_acts_but_does_not_report(w: World) -> None:
    hana = w.act(host_liaison(w))
    pavlo = person(w.north, "Pavlo Away")
    visit = actions.hold_visit(scheduled(w, pavlo), by=hana, now=NOON + HOUR)

    told = ToldReport("form", "yes", [says(pavlo, [ToldParcel(PZ, True, "yes")])])
    refused(visit, approvals.NotYours, lambda: actions.report_visit(visit, told, by=hana, now=NOON + HOUR))


def test_organisations_and_kind_must_fit_the_agreement(w: World) -> None:
    west, gita, farid = organisation("west"), w.act(w.gita), w.act(w.farid)
    agreement = w.terms.agreement
    for kind, visited_by, host, by in (
        ("neutral", w.north, w.south, gita),
        ("mutual", w.harbour, w.south, farid),
        ("mutual", w.north, west, gita),
        ("mutual", w.north, w.harbour, gita),
    ):
        with pytest.raises(NotPossible):
            actions.agree_visit(agreement, kind, visited_by=visited_by, host=host, by=by, now=NOON)
    assert Visit.objects.count() == 0
    agreed(w, by=w.farid, kind="neutral")


def test_visit_is_not_held_before_it_begins(w: World) -> None:
    visit = scheduled(w, at=NOON + HOUR)

    why = refused(visit, NotPossible, lambda: actions.hold_visit(visit, by=w.act(w.gita), now=NOON))

    assert why == "It has not begun yet."


def test_evacuees_and_senders_are_not_to_be_seen_and_prisoners_do_not_visit(w: World) -> None:
    visit, family = agreed(w), agreed(w, kind="family")
    evacuee, olha = person(w.north, "Ira Moved", "evacuee"), person(w.north, "Olha Home", "sender")
    pavlo, by = person(w.north, "Pavlo Away"), w.act(w.gita)
    for one, who, part in (
        (visit, evacuee, "prisoner"), (visit, olha, "prisoner"), (visit, olha, "relative"),
        (family, evacuee, "relative"), (family, pavlo, "relative"),
    ):  # fmt: skip
        refused(
            one,
            NotPossible,
            lambda one=one, who=who, part=part: actions.add_people(one, [who.pk], part, by=by, now=NOON),
        )  # type: ignore[misc]
        refused(
            one,
            DatabaseError,
            lambda one=one, who=who, part=part: VisitPerson.objects.create(visit=one, person=who, part=part),
        )  # type: ignore[misc]
    actions.add_people(family, [olha.pk], "relative", by=by, now=NOON)
    assert family.people.get().part == "relative"


def test_prisoner_is_not_booked_twice_at_one_time(w: World) -> None:
    pavlo, by = person(w.north, "Pavlo Away"), w.act(w.gita)
    scheduled(w, pavlo)
    later, neutral = agreed(w, pavlo), agreed(w, pavlo, by=w.farid, kind="neutral")

    why = refused(
        later,
        NotPossible,
        lambda: actions.schedule_visit(later, NOON + HOUR, NOON + 3 * HOUR, by=by, now=NOON),
    )
    assert pavlo.reference not in why
    refused(
        neutral, NotPossible,
        lambda: actions.schedule_visit(neutral, NOON - HOUR, NOON + HOUR, by=w.act(w.farid), now=NOON),
    )  # fmt: skip
    # One may follow the other.
    assert (
        actions.schedule_visit(later, NOON + 2 * HOUR, NOON + 3 * HOUR, by=by, now=NOON).status == "scheduled"
    )


def test_participant_and_relative_are_not_booked_twice(w: World) -> None:
    by, olha = w.act(w.gita), person(w.north, "Olha Home", "sender")
    first, second = scheduled(w, kind="family"), scheduled(w, kind="family")
    actions.name_participants(first, [w.gita.pk, w.ivo.pk], by=by, now=NOON)
    actions.add_people(first, [olha.pk], "relative", by=by, now=NOON)

    refused(second, NotPossible, lambda: actions.name_participants(second, [w.ivo.pk], by=by, now=NOON))
    refused(second, NotPossible, lambda: actions.add_people(second, [olha.pk], "relative", by=by, now=NOON))


@pytest.mark.parametrize("aside", ["postpone", "cancel"])
def test_postponed_and_cancelled_visits_free_their_people(w: World, aside: str) -> None:
    pavlo, by = person(w.north, "Pavlo Away"), w.act(w.gita)
    first, second = scheduled(w, pavlo), agreed(w, pavlo)

    getattr(actions, f"{aside}_visit")(first, "safety", by=by, now=NOON)

    assert first.people.get().during is None
    actions.schedule_visit(second, NOON, NOON + HOUR, by=by, now=NOON)
    if aside == "postpone":
        refused(first, NotPossible, lambda: actions.schedule_visit(first, NOON, NOON + HOUR, by=by, now=NOON))


def test_nobody_writes_when_somebody_is_booked(w: World) -> None:
    visit = scheduled(w, person(w.north, "Pavlo Away"))
    VisitPerson.objects.update(during=None)

    during = visit.people.get().during
    assert (during.lower, during.upper) == (NOON, NOON + 2 * HOUR)


def test_members_of_one_s_own_organisation_are_named(w: World) -> None:
    visit, hana = agreed(w), host_liaison(w)
    actions.name_participants(visit, [w.gita.pk], by=w.act(w.gita), now=NOON)
    actions.name_participants(visit, [hana.pk, w.elena.pk], by=w.act(hana), now=NOON)

    refused(
        visit, NotPossible, lambda: actions.name_participants(visit, [hana.pk], by=w.act(w.gita), now=NOON)
    )
    actions.name_participants(visit, [w.ivo.pk], by=w.act(w.gita), now=NOON)

    assert set(visit.participants.values_list("staff", flat=True)) == {hana.pk, w.elena.pk, w.ivo.pk}


def test_place_is_sealed_and_looked_up_by_those_who_go_and_the_hosts_logistics(w: World) -> None:
    visit, hana = scheduled(w), host_liaison(w)
    elena = w.act(w.elena)
    refused(visit, approvals.NotYours, lambda: actions.set_place(visit, "Ward 7", by=w.act(w.gita), now=NOON))
    actions.set_place(visit, "Ward 7", by=elena, now=NOON)
    actions.name_participants(visit, [w.ivo.pk], by=w.act(w.gita), now=NOON)

    visit.refresh_from_db()
    assert visit.sealed_place is not None
    assert b"Ward 7" not in bytes(visit.sealed_place)
    for who in (w.elena, w.ivo):
        assert actions.look_up_place(visit, "visit", by=w.act(who), now=NOON) == "Ward 7"
    looks = AuditEntry.objects.filter(act="see_place", subject=visit.pk, purpose="visit")
    assert set(looks.values_list("staff", flat=True)) == {w.elena.pk, w.ivo.pk}
    for who in (w.gita, hana, w.amina, w.farid):
        with pytest.raises(approvals.NotYours):
            actions.look_up_place(visit, "visit", by=w.act(who), now=NOON)
    with pytest.raises(NotPossible):
        actions.look_up_place(visit, "", by=elena, now=NOON)
    assert looks.count() == 2


def test_report_that_contradicts_itself_is_not_kept(w: World) -> None:
    pavlo, other = person(w.north, "Pavlo Away"), person(w.north, "Ivan Elsewhere")
    visit, by = held(w, pavlo), w.act(w.gita)
    twice = [ToldParcel(PZ, True, "yes"), ToldParcel(PZ, False)]
    for told in (
        ToldReport("form", "maybe", [says(pavlo)]),
        ToldReport("form", "yes", [says(other)]),
        ToldReport("form", "yes", [says(pavlo), says(pavlo)]),
        ToldReport("form", "yes", [says(pavlo, twice)]),
        ToldReport("form", "yes", [says(pavlo, [ToldParcel("PZ12", True)])]),
        ToldReport("form", "yes", [ToldPerson(pavlo.pk, False, [ToldParcel(PZ, False)])]),
        ToldReport("form", "yes", [says(pavlo, letters_given=3)], letters_given=2),
        ToldReport("form", "yes", [says(pavlo, words="x" * 2001)]),
    ):
        refused(
            visit,
            NotPossible,
            lambda told=told: actions.report_visit(visit, told, by=by, now=NOON + 3 * HOUR),
        )  # type: ignore[misc]


def test_form_sent_twice_is_one_report_and_a_second_one_adds(w: World) -> None:
    pavlo, ivan = person(w.north, "Pavlo Away"), person(w.north, "Ivan Elsewhere")
    visit, by, now = held(w, pavlo, ivan), w.act(w.gita), NOON + 3 * HOUR
    told = ToldReport("form", "yes", [says(pavlo, letters_given=2)], letters_received=7)

    assert actions.report_visit(visit, told, by=by, now=now) == actions.report_visit(
        visit, told, by=by, now=now
    )
    reported(w, visit, says(ivan, letters_given=1, letters_received=1), in_private="no")

    visit = counted(Visit.objects.all()).get()
    assert (VisitReport.objects.count(), visit.letters.count()) == (2, 4)
    assert (visit.letters_given, visit.letters_received, visit.prisoners_seen) == (3, 8, 2)  # type: ignore[attr-defined]


def test_letters_tell_what_became_of_them(w: World) -> None:
    pavlo, olha = person(w.north, "Pavlo Away"), person(w.north, "Olha Home", "sender")
    visit = held(w, pavlo)
    reported(w, visit, says(pavlo, letters_given=1, letters_received=1))
    back = visit.letters.get(direction="received")
    change = {back.pk: LetterChange("once", "delivered", olha.pk)}

    for who in (w.act(w.amina), w.act(host_liaison(w))):
        refused(
            visit,
            approvals.NotYours,
            lambda who=who: actions.change_letters(visit, change, by=who, now=NOON),  # type: ignore[misc]
        )
    refused(
        visit,
        NotPossible,
        lambda: actions.change_letters(
            visit, {back.pk: LetterChange("once", "delivered", pavlo.pk)}, by=w.act(w.gita), now=NOON
        ),
    )
    assert actions.change_letters(visit, change, by=w.act(w.gita), now=NOON) == 1
    assert actions.change_letters(visit, change, by=w.act(w.gita), now=NOON) == 0

    back.refresh_from_db()
    assert (back.read, back.outcome, back.to_person, back.from_person) == ("once", "delivered", olha, pavlo)


def test_relative_who_withdrew_from_correspondence_is_named_on_no_new_letter(w: World) -> None:
    pavlo, olha = person(w.north, "Pavlo Away"), person(w.north, "Olha Home", "sender")
    visit, gita = held(w, pavlo), w.act(w.gita)
    reported(w, visit, says(pavlo, letters_received=2))
    first, second = visit.letters.order_by("pk")
    named = LetterChange("once", "delivered", olha.pk)
    actions.change_letters(visit, {first.pk: named}, by=gita, now=NOON)
    consents.give(olha, "correspondence", text_version="1", language="uk", channel="phone", by=gita, now=NOON)
    consents.withdraw(olha, "correspondence", channel="phone", by=gita, now=NOON)
    another = person(w.north, "Vira Home", "sender")
    consents.give(
        another, "correspondence", text_version="1", language="uk", channel="phone", by=gita, now=NOON
    )
    consents.withdraw(another, "correspondence", channel="phone", by=gita, now=NOON)

    refused(
        visit,
        NotPossible,
        lambda: actions.change_letters(
            visit, {second.pk: LetterChange("once", "delivered", another.pk)}, by=gita, now=NOON
        ),
    )
    # What was written down before is still brought to its end.
    returned = LetterChange("once", "returned", olha.pk)
    assert actions.change_letters(visit, {first.pk: returned}, by=gita, now=NOON) == 1


def test_visits_are_counted_each_way_with_whose_word_it_is(w: World) -> None:
    pavlo, ivan = person(w.north, "Pavlo Away"), person(w.north, "Ivan Elsewhere")
    first, neutral = held(w, pavlo, ivan), held(w, pavlo, by=w.farid, kind="neutral", at=NOON + 5 * HOUR)
    scheduled(w)
    reported(w, first, says(pavlo, letters_given=2), says(ivan, letters_received=1))
    reported(w, first, says(pavlo))

    assert visit_counts(w.terms.agreement_id) == [
        VisitCount(w.north.pk, w.south.pk, 1, 1, 2, 2, 1, NOON + 3 * HOUR),
        VisitCount(w.harbour.pk, w.south.pk, 1, 0, 0, 0, 0, None),
    ]
    assert neutral.status == "held"


def test_who_sees_which_visit(w: World) -> None:
    hana, stranger = host_liaison(w), staff("zora", "coordinator", organisation("west"))
    visit = scheduled(w, by=w.farid, kind="neutral")
    north = scheduled(w, at=NOON + 9 * HOUR)
    actions.name_participants(north, [w.bruno.pk], by=w.act(w.gita), now=NOON)
    seen = {
        who.username: set(access.visits(w.act(who)))
        for who in (w.gita, w.ivo, w.amina, w.bruno, w.dawit, w.elena, hana, w.farid, stranger)
    }
    assert seen == {
        "gita": {north}, "ivo": {north}, "amina": set(), "bruno": {north}, "dawit": set(),
        "elena": {visit, north}, "hana": {visit, north}, "farid": {visit}, "zora": set(),
    }  # fmt: skip


def test_who_sees_what_of_a_visit(w: World) -> None:
    hana = host_liaison(w)
    visit = scheduled(w)
    actions.name_participants(visit, [w.ivo.pk, w.amina.pk, w.bruno.pk], by=w.act(w.gita), now=NOON)
    sights = {
        who.username: tuple(access.visit_sight(w.act(who), visit))
        for who in (w.gita, w.ivo, w.amina, w.bruno, w.dawit, w.elena, hana, w.farid)
    }
    #                acts, names, place, word
    assert sights == {
        "gita": (True, True, False, True), "ivo": (True, True, True, True),
        "amina": (False, True, True, True), "bruno": (False, False, True, False),
        "dawit": (False, False, False, False), "elena": (False, False, True, False),
        "hana": (True, True, False, False), "farid": (False, False, False, False),
    }  # fmt: skip


def test_visits_of_a_person_are_those_one_may_know_of(w: World) -> None:
    pavlo, hana = person(w.north, "Pavlo Away"), host_liaison(w)
    visit = scheduled(w, pavlo)
    scheduled(w, at=NOON + 9 * HOUR)
    actions.name_participants(visit, [w.bruno.pk], by=w.act(w.gita), now=NOON)
    seen = {
        who.username: list(access.visits_of_person(w.act(who), pavlo.pk))
        for who in (w.gita, hana, w.bruno, w.elena, w.farid)
    }
    assert seen == {"gita": [visit], "hana": [visit], "bruno": [], "elena": [], "farid": []}


def test_dump_tells_neither_place_nor_words_nor_the_calendars_address(committed_db: Database) -> None:
    w = world()
    pavlo = person(w.north, "Pavlo Away")
    visit = held(w, pavlo)
    actions.set_place(visit, "Ward 7", by=w.act(w.elena), now=NOON)
    reported(w, visit, says(pavlo, [ToldParcel(PZ, True, "yes")], words="all well"))
    token = actions.issue_calendar(w.ivo.pk, now=NOON)

    taken = dump(committed_db.owner_url)

    assert PZ.encode() in taken  # the dump holds what it should
    assert [word for word in ("Ward 7", "all well", "Pavlo", token) if word.encode() in taken] == []


def test_two_bookings_at_once_are_one(committed_db: Database) -> None:
    w = world()
    pavlo, ivan = person(w.north, "Pavlo Away"), person(w.north, "Ivan Elsewhere")
    visits = [agreed(w, pavlo, ivan), agreed(w, ivan, pavlo)]
    by, start = w.act(w.gita), Barrier(2)

    def book(visit: Visit) -> str:
        try:
            start.wait(10)
            return actions.schedule_visit(visit, NOON, NOON + HOUR, by=by, now=NOON).status
        except NotPossible:
            return "refused"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(book, visits))

    assert answers == ["refused", "scheduled"]
    assert Visit.objects.filter(status="scheduled").count() == 1


def test_naming_and_scheduling_at_once_book_once(committed_db: Database) -> None:
    w = world()
    first, second, start = scheduled(w), agreed(w), Barrier(2)
    by = w.act(w.gita)
    actions.name_participants(second, [w.ivo.pk], by=by, now=NOON)

    def do(act: Callable[[], object]) -> str:
        try:
            start.wait(10)
            act()
        except NotPossible:
            return "refused"
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(
            pool.map(
                do,
                [
                    lambda: actions.name_participants(first, [w.ivo.pk], by=by, now=NOON),
                    lambda: actions.schedule_visit(second, NOON, NOON + HOUR, by=by, now=NOON),
                ],
            )
        )

    assert answers == ["done", "refused"]
    assert VisitParticipant.objects.filter(during__isnull=False).count() == 1
