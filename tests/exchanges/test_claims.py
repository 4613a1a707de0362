"""Claims: whose they are, how they stand, and that what was said is never changed."""

from datetime import date
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from django.db import DatabaseError, IntegrityError, transaction

from exchanges import actions, sealed
from exchanges.access import claims_of
from exchanges.actions import NotPossible, Statement
from exchanges.lifecycle import CLAIM
from exchanges.models import Assessment, Claim, Return
from exchanges.queries import claims_about, notes_of, words_of
from people import approvals
from people.actions import Telling, record_people
from people.actors import Actor
from people.models import Person, Staff
from tests import factories
from tests.exchanges.visits import person
from tests.factories import NOON, World, group_asked_for, world

DAY = date(2026, 11, 12)
NUMBER = "PZ123456785ZZ"


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def hana(w: World) -> Staff:
    return factories.staff("hana", "coordinator", w.south)


@pytest.fixture
def group(w: World) -> Return:
    return group_asked_for(w, "Vera Lake")


@pytest.fixture
def pavlo(w: World) -> Person:
    (known,) = record_people(
        [Telling("prisoner", "Pavlo Away", "1990")], organisation_id=w.north.pk, now=NOON
    )
    return Person.objects.get(pk=known.id)


def said(w: World, words: str = "They are not accepted back", **fields: Any) -> Statement:
    plain: dict[str, Any] = {
        "kind": "not_accepted_back",
        "words": words,
        "said_on": DAY,
        "stated_by": w.south,
    }
    return Statement(**plain | fields)


def record(w: World, subject: Any, by: Staff | None = None, **fields: Any) -> Claim:
    answers = fields.pop("answers", None)
    return actions.record_claim(subject, said(w, **fields), answers=answers, by=w.act(by or w.gita), now=NOON)


def assess(w: World, claim: Claim, standing: str, by: Staff | None = None, **fields: Any) -> Assessment:
    plain: dict[str, Any] = {"reason": "differs", "assessed_on": DAY}
    return actions.assess_claim(claim, standing, by=w.act(by or w.gita), now=NOON, **plain | fields)


def seen(by: Actor) -> set[int]:
    return set(Claim.objects.filter(claims_of(by)).values_list("pk", flat=True))


def test_claim_is_kept_as_it_was_said(w: World, group: Return) -> None:
    claim = record(w, group, published_on=date(2026, 11, 13), evidence="video", evidence_reference="Tape 2")
    claim.refresh_from_db()
    assert (claim.kind, claim.status, claim.stated_by, claim.said_on, claim.published_on, claim.evidence) == (
        "not_accepted_back", "reported", w.south, DAY, date(2026, 11, 13), "video",
    )  # fmt: skip
    assert b"accepted" not in bytes(claim.sealed_words)
    assert words_of([claim]) == {claim.pk: "They are not accepted back"}


def test_words_about_a_person_open_with_their_key_only(w: World, pavlo: Person) -> None:
    claim = record(w, pavlo, words="Said to be well", kind="state")
    assert words_of([claim]) == {claim.pk: "Said to be well"}
    another = person(w.north, "Oleh Home")
    another_key = sealed.keys_of([another.pk]).people[another.pk]
    with pytest.raises(InvalidTag):
        sealed.opened(another_key, claim.sealed_words, sealed.CLAIM, claim.pk)
    assert sealed.opened(None, claim.sealed_words, sealed.CLAIM, claim.pk) == "erased"


def test_not_accepted_back_is_the_claim_of_a_named_party(w: World, group: Return) -> None:
    with pytest.raises(NotPossible):
        record(w, group, stated_by=None, source="a newspaper")
    with pytest.raises(IntegrityError), transaction.atomic():
        Claim.objects.create(
            kind="not_accepted_back", group=group, source="a newspaper", said_on=DAY, sealed_words=b"x",
            organisation=w.north, recorded_by=w.gita,
        )  # fmt: skip
    assert Claim.objects.count() == 0
    assert "not_accepted_back" not in Return.Status.values


@pytest.mark.parametrize(
    "wrong",
    [
        {"stated_by": None},
        {"said_on": date(2026, 11, 21)},
        {"published_on": date(2026, 11, 11)},
        {"published_on": date(2026, 11, 21)},
    ],
)
def test_claim_has_a_source_and_days_in_order(w: World, group: Return, wrong: dict[str, Any]) -> None:
    with pytest.raises(NotPossible):
        record(w, group, kind="other", **wrong)
    assert Claim.objects.count() == 0


def test_claim_is_about_a_person_a_parcel_a_return_or_a_number(
    w: World, group: Return, pavlo: Person
) -> None:
    number = actions.state_count(
        group, 6, "returned", stated_by=w.north, said_on=DAY, by=w.act(w.gita), now=NOON
    )
    made = [record(w, subject, kind="other") for subject in (pavlo, NUMBER, group, number)]
    assert [actions.subject_of(claim) for claim in made] == [pavlo, NUMBER, group, number]
    with pytest.raises(IntegrityError), transaction.atomic():
        Claim.objects.create(
            kind="other", group=group, parcel=NUMBER, stated_by=w.north, said_on=DAY, sealed_words=b"x",
            organisation=w.north, recorded_by=w.gita,
        )  # fmt: skip
    with pytest.raises(NotPossible):
        record(w, "not a number", kind="other")
    assert Claim.objects.count() == 4


# How it stands.


@pytest.mark.parametrize("standing", [status for status in CLAIM.statuses if status != "reported"])
def test_claim_takes_the_steps_of_its_table(w: World, group: Return, standing: str) -> None:
    claim = record(w, group)
    if standing == "corrected":
        actions.correct_claim(claim, said(w, "They are accepted"), by=w.act(w.gita), now=NOON)
    else:
        assess(w, claim, standing)
    claim.refresh_from_db()
    assert claim.status == standing == claim.assessments.get().standing
    for other in set(CLAIM.statuses) - set(CLAIM.steps.get(standing, ())):
        with pytest.raises(NotPossible):
            assess(w, claim, other)
    assert claim.assessments.count() == 1


def test_status_mirrors_the_last_assessment_at_the_database(w: World, group: Return) -> None:
    claim = record(w, group)
    for change in ({"status": "supported"}, {"source": "another"}, {"said_on": date(2026, 1, 1)}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Claim.objects.filter(pk=claim.pk).update(**change)
    assess(w, claim, "disputed")
    assess(w, claim, "supported")
    with pytest.raises(DatabaseError), transaction.atomic():
        Claim.objects.filter(pk=claim.pk).update(status="disputed")
    claim.refresh_from_db()
    assert (claim.status, list(claim.assessments.order_by("pk").values_list("standing", flat=True))) == (
        "supported", ["disputed", "supported"],
    )  # fmt: skip


def test_assessment_says_why(w: World, group: Return) -> None:
    claim = record(w, group)
    with pytest.raises(NotPossible):
        assess(w, claim, "disputed", reason="")
    with pytest.raises(NotPossible):
        assess(w, claim, "corrected")
    assert (Claim.objects.get().status, Assessment.objects.count()) == ("reported", 0)


def test_correction_is_a_new_claim_of_the_same_source(w: World, group: Return) -> None:
    claim = record(w, group)
    with pytest.raises(NotPossible):
        actions.correct_claim(claim, said(w, stated_by=w.north), by=w.act(w.gita), now=NOON)
    assert Claim.objects.count() == 1

    made = actions.correct_claim(claim, said(w, "They are accepted"), by=w.act(w.gita), now=NOON)
    claim.refresh_from_db()
    assert (claim.status, made.status, made.corrects, made.group) == ("corrected", "reported", claim, group)
    assert words_of([claim])[claim.pk] == "They are not accepted back"
    with pytest.raises(NotPossible):
        actions.correct_claim(claim, said(w), by=w.act(w.gita), now=NOON)
    assert Claim.objects.count() == 2


def test_counter_claim_answers_one_about_the_same(w: World, group: Return, pavlo: Person) -> None:
    claim = record(w, group)
    answer = record(w, group, kind="ready_to_receive", stated_by=w.north, words="At any time", answers=claim)
    assert list(claim.answered_by.all()) == [answer]
    with pytest.raises(NotPossible):
        record(w, pavlo, kind="other", answers=claim)
    with pytest.raises(DatabaseError), transaction.atomic():
        Claim.objects.create(
            kind="other", person=pavlo, stated_by=w.north, said_on=DAY, sealed_words=b"x", answers=claim,
            organisation=w.north, recorded_by=w.gita,
        )  # fmt: skip
    assert Claim.objects.count() == 2


# Who may.


@pytest.mark.parametrize("who", ["amina", "bruno", "dawit", "elena"])
def test_only_officers_record_and_assess(w: World, group: Return, who: str) -> None:
    claim, member = record(w, group), getattr(w, who)
    for attempt in (lambda: record(w, group, member), lambda: assess(w, claim, "disputed", member)):
        with pytest.raises(approvals.NotYours):
            attempt()
    assert (Claim.objects.count(), Claim.objects.get().status) == (1, "reported")


def test_claims_are_read_by_their_office_and_whom_the_return_concerns(
    w: World, group: Return, pavlo: Person, hana: Staff
) -> None:
    number = actions.state_count(
        group, 6, "returned", stated_by=w.north, said_on=DAY, by=w.act(w.gita), now=NOON
    )
    on_return, on_number = record(w, group), record(w, number, kind="number")
    on_person, on_parcel = record(w, pavlo, kind="state"), record(w, NUMBER, kind="parcel")
    vera = group.persons.get().person
    on_member = record(w, vera, kind="state", by=hana, stated_by=w.south)
    zora = factories.staff("zora", "liaison", factories.organisation("west"))
    everything = {on_return.pk, on_number.pk, on_person.pk, on_parcel.pk, on_member.pk}
    assert seen(w.act(w.gita)) == everything
    assert seen(w.act(hana)) == {on_return.pk, on_number.pk, on_member.pk}
    assert seen(w.act(w.farid)) == {on_return.pk, on_number.pk}
    # A registrar reads the people of the office, and what is said of them; no more.
    assert seen(w.act(w.amina)) == {on_person.pk, on_member.pk}
    for member in (w.bruno, w.dawit, w.elena, zora):
        assert seen(w.act(member)) == set()


def test_subject_of_others_is_no_subject(w: World, group: Return, pavlo: Person, hana: Staff) -> None:
    zora = factories.staff("zora", "liaison", factories.organisation("west"))
    for member, subject in ((hana, pavlo), (zora, group), (zora, pavlo), (zora, group.persons.get().person)):
        with pytest.raises(approvals.NotYours):
            record(w, subject, member, kind="other")
    claim = record(w, pavlo, kind="state")
    with pytest.raises(approvals.NotYours):
        assess(w, claim, "disputed", hana)
    assert (Claim.objects.count(), Assessment.objects.count()) == (1, 0)


def test_notes_are_for_the_office_that_assessed(w: World, group: Return, hana: Staff) -> None:
    claim = record(w, group)
    assess(w, claim, "disputed", note="The list says otherwise")
    assess(w, claim, "unresolved", hana, note="Asked again")
    assert [note for _, note in notes_of(claim, [w.north.pk])] == ["The list says otherwise", None]
    assert [note for _, note in notes_of(claim, [w.south.pk])] == [None, "Asked again"]
    assert [note for _, note in notes_of(claim, [])] == [None, None]


# The timeline.


def entries(subject: Any, by: Actor) -> list[tuple[str, str, str]]:
    rows = claims_about(subject, for_=by).rows
    return [(each.speaker, each.what, each.words) for row in rows for _, cell in row.cells for each in cell]


def test_timeline_shows_every_side_in_its_own_words(w: World, group: Return, hana: Staff) -> None:
    """The mirrored case: one movement, told as each side tells it."""
    moved = record(w, group, kind="moved_across_line", words="They were evacuated", said_on=date(2026, 11, 3))
    record(
        w, group, hana, kind="moved_across_line", words="They were taken", stated_by=w.north,
        said_on=date(2026, 11, 5), answers=moved,
    )  # fmt: skip
    record(w, group, said_on=date(2026, 11, 9))
    assess(w, moved, "disputed")
    told = [
        ("South", "moved across the line", "They were evacuated"),
        ("North", "moved across the line", "They were taken"),
        ("South", "not accepted back", "They are not accepted back"),
        ("North", f"holds claim {moved.reference} to be disputed", ""),
    ]
    for member in (w.gita, hana, w.farid):
        assert entries(group, w.act(member)) == told
    assert claims_about(group, for_=w.act(w.gita)).speakers == ["South", "North", "Harbour"]


def test_claims_about_a_person_and_a_parcel_are_those_one_may_read(
    w: World, pavlo: Person, hana: Staff
) -> None:
    claim = record(w, pavlo, kind="state", words="Said to be well")
    record(w, NUMBER, kind="parcel", words="It was given to another")
    assess(w, claim, "unresolved", note="Asked")
    state, held = (
        ("South", "how they are", "Said to be well"),
        ("North", f"holds claim {claim.reference} to be unresolved", ""),
    )
    assert entries(pavlo, w.act(w.gita)) == [state, held]
    assert entries(pavlo, w.act(w.amina)) == [state]
    assert entries(NUMBER, w.act(w.ivo)) == [("South", "what became of a parcel", "It was given to another")]
    for member in (hana, w.farid, w.bruno, w.elena):
        assert (entries(pavlo, w.act(member)), entries(NUMBER, w.act(member))) == ([], [])
    assert entries("", w.act(w.gita)) == []


@pytest.mark.parametrize("many", [1, 3])
def test_timeline_asks_as_often_for_three_claims_as_for_one(
    w: World, pavlo: Person, many: int, django_assert_num_queries: Any
) -> None:
    for _ in range(many):
        assess(w, record(w, pavlo, kind="state"), "disputed")
    by = w.act(w.gita)
    with django_assert_num_queries(3):
        claims_about(pavlo, for_=by)
