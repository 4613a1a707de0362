"""Later words on a person: beside what was told before, found by every name, refused where they are none."""

from datetime import date

import pytest
from django.db import DatabaseError, transaction

from people import approvals, facts, groups
from people.actions import Telling
from people.facts import NotAFact, add_fact
from people.models import AuditEntry, Fact, Person, PersonKey
from people.queries import facts_of, names_of, people_named
from tests.factories import NOON, World, registered, staff, world
from tests.people.people import match, recorded


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def prisoner(w: World) -> Person:
    return registered(w, recipient=Telling("prisoner", "Щербаков Сергій О.", "1990-04-05")).recipient


def told(person: Person) -> list[tuple[str, str]]:
    return [(fact.kind, text) for fact, text in reversed(facts_of(person))]


def test_later_word_stands_beside_the_first_with_its_source(w: World, prisoner: Person) -> None:
    add_fact(
        prisoner, "birth_date", "1990-05-04", source_id=w.south.pk, stated_on=date(2026, 11, 1),
        document="List 12", by=w.act(w.amina), now=NOON,
    )  # fmt: skip

    assert told(prisoner) == [
        ("name", "Щербаков Сергій О."), ("birth_date", "1990-04-05"), ("birth_date", "1990-05-04"),
    ]  # fmt: skip
    last = Fact.objects.latest("pk")
    assert (last.source, last.stated_on, last.document, last.recorded_by) == (
        w.south, date(2026, 11, 1), "List 12", w.amina,
    )  # fmt: skip
    assert AuditEntry.objects.get(act="add_fact").subject == prisoner.pk


@pytest.mark.parametrize(
    "latin",
    [
        "Shcherbakov Serhii",
        "Ŝerbakov Sergìj",
        "Scherbakov Sergey",
        "Shcherbakov Sergei",
        "SHCHERBAKOV SERGII",
    ],
)
def test_latin_spelling_is_known_whatever_its_system(w: World, prisoner: Person, latin: str) -> None:
    add_fact(prisoner, "name_latin", latin, source_id=w.north.pk, by=w.act(w.gita), now=NOON)

    assert told(prisoner)[-1] == ("name_latin", latin)
    assert people_named(latin) == [prisoner.pk]


@pytest.mark.parametrize("latin", ["Shcherbenko Serhii", "Щербаков Сергей", "Shcherbakоv Serhii", "S. S."])
def test_latin_name_of_somebody_else_or_of_no_letters_is_refused(
    w: World, prisoner: Person, latin: str
) -> None:
    before = told(prisoner)
    with pytest.raises(NotAFact):
        add_fact(prisoner, "name_latin", latin, source_id=w.north.pk, by=w.act(w.gita), now=NOON)
    assert told(prisoner) == before


def test_other_name_finds_and_names_nobody_anew(w: World, prisoner: Person) -> None:
    add_fact(prisoner, "other_name", "Коваленко Сергій", source_id=w.north.pk, by=w.act(w.amina), now=NOON)

    assert people_named("Kovalenko Serhiy") == [prisoner.pk]
    assert names_of([prisoner.pk]) == {prisoner.pk: "Щербаков Сергій О."}


def test_name_as_the_other_side_writes_it_replaces_ours_nowhere(w: World, prisoner: Person) -> None:
    add_fact(prisoner, "name", "Щербаков Сергей", source_id=w.south.pk, by=w.act(w.amina), now=NOON)
    assert names_of([prisoner.pk]) == {prisoner.pk: "Щербаков Сергій О."}

    add_fact(prisoner, "name", "Щербаков Сергій Олегович", source_id=w.north.pk, by=w.act(w.amina), now=NOON)
    assert names_of([prisoner.pk]) == {prisoner.pk: "Щербаков Сергій Олегович"}


@pytest.mark.parametrize("text", ["1990", "1990-04", "1988/1991", "XXXX"])
def test_date_of_birth_is_as_precise_as_it_is_known(w: World, prisoner: Person, text: str) -> None:
    add_fact(prisoner, "birth_date", text, source_id=w.north.pk, by=w.act(w.amina), now=NOON)
    assert told(prisoner)[-1] == ("birth_date", text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("birth_date", "spring 1990"), ("birth_date", "2026-11-21"), ("name", "  "), ("name", "S. O."),
        ("name", "x" * 201), ("contact", "+0001"), ("external_id", "a-1"), ("nonsense", "x"),
        ("service_number", "A\x00B"),
    ],
)  # fmt: skip
def test_what_is_no_such_fact_is_refused(w: World, prisoner: Person, kind: str, text: str) -> None:
    before = told(prisoner)
    with pytest.raises(NotAFact):
        add_fact(prisoner, kind, text, source_id=w.north.pk, by=w.act(w.gita), now=NOON)
    assert told(prisoner) == before


def test_word_of_a_day_that_has_not_come_is_refused(w: World, prisoner: Person) -> None:
    before = told(prisoner)
    with pytest.raises(NotAFact):
        add_fact(
            prisoner, "service_number", "A-1", source_id=w.north.pk, stated_on=date(2026, 11, 21),
            by=w.act(w.gita), now=NOON,
        )  # fmt: skip
    assert told(prisoner) == before


def test_others_than_the_own_registrars_and_officers_add_nothing(w: World, prisoner: Person) -> None:
    before = told(prisoner)
    for member in (w.bruno, w.dawit, w.elena, w.farid, staff("enzo", "liaison", w.south)):
        with pytest.raises(approvals.NotYours):
            add_fact(prisoner, "service_number", "A-1", source_id=w.north.pk, by=w.act(member), now=NOON)
    assert told(prisoner) == before


def test_nothing_is_added_to_who_was_erased(w: World, prisoner: Person) -> None:
    with pytest.raises(PersonKey.DoesNotExist):
        add_fact(
            Person(pk=0, organisation=w.north), "term", "evacuated", source_id=w.north.pk,
            by=w.act(w.gita), now=NOON,
        )  # fmt: skip


def test_fact_is_never_changed(w: World, prisoner: Person) -> None:
    before = told(prisoner)
    with pytest.raises(DatabaseError), transaction.atomic():
        Fact.objects.update(kind="term")
    assert told(prisoner) == before


def test_whether_a_latin_form_spells_a_name() -> None:
    assert facts.is_latin_form("Khmelnytskyi Yevhen", "Хмельницький Євген")
    assert not facts.is_latin_form("Kovalchuk Yevhen", "Коваленко Євген")


@pytest.mark.parametrize(
    ("kind", "text", "is_due"),
    [
        ("name", "Щербак Сергій О.", True), ("other_name", "Мельник Сергій О.", True),
        ("birth_date", "1990-05", True), ("service_number", "S-17", True),
        ("name_latin", "Shcherbakov Serhii", False), ("term", "to 2031", False),
    ],
)  # fmt: skip
def test_person_is_matched_anew_by_what_was_told_later(
    w: World, prisoner: Person, kind: str, text: str, is_due: bool
) -> None:
    match(prisoner)

    add_fact(prisoner, kind, text, source_id=w.north.pk, by=w.act(w.amina), now=NOON)

    prisoner.refresh_from_db()
    assert (prisoner.matched_at is None) == is_due


def test_person_is_found_by_a_former_name_told_later(w: World, prisoner: Person) -> None:
    other = recorded(w.north, "Мельник Сергій Олегович", "1990-04-05")
    match(prisoner, other)

    add_fact(
        prisoner, "other_name", "Мельник Сергій Олегович", source_id=w.north.pk, by=w.act(w.amina), now=NOON
    )
    match(prisoner)

    assert groups.same_as(prisoner.pk, w.north.pk) == [other.pk]
