"""Finding other records of one human being: what joins by itself, what is asked, and who may know."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from people import groups, matching
from people.actions import Telling, record_people
from people.models import MatchKey, MatchStatement, Person, PossibleMatch
from people.resemblance import Described
from tests.factories import NOON, organisation
from tests.people.people import everybody, match, recorded

pytestmark = pytest.mark.django_db
IVAN = ("Коваленко Іван Сергійович", "1985-03-04")


def questions() -> list[tuple[int, int]]:
    return list(PossibleMatch.objects.filter(settled_at=None).order_by("pk").values_list("person", "other"))


def test_unique_match_without_contradiction_joins_by_itself() -> None:
    north = organisation("north")
    first, second = recorded(north, *IVAN), recorded(north, "Kovalenko Ivan Sergeevich", "1985-03-04")

    match(first)
    match(second)

    said = MatchStatement.objects.get()
    assert (said.office, said.person, said.other) == (north, first, second)
    assert (said.says, said.how, said.approval) == ("same", "alone", None)
    assert "surname_same" in said.reasons
    assert groups.same_as(second.pk, north.pk) == [first.pk]
    assert questions() == []
    assert {each.matched_at for each in Person.objects.all()} == {NOON}


def test_two_of_one_batch_are_joined_once() -> None:
    north = organisation("north")
    people = [recorded(north, *IVAN) for _ in range(3)]

    match(*people)

    assert MatchStatement.objects.count() == 3  # the third fits the first two, who are one by then
    assert groups.same_as(people[2].pk, north.pk) == [people[0].pk, people[1].pk]
    assert questions() == []


def test_whoever_fits_two_is_asked_about() -> None:
    """Two namesakes of one day, told apart by their numbers: the third gives none."""
    north = organisation("north")
    first, second = recorded(north, *IVAN, "A-1"), recorded(north, *IVAN, "B-2")
    match(first, second)
    third = recorded(north, *IVAN)

    match(third)

    assert questions() == [(first.pk, second.pk), (first.pk, third.pk), (second.pk, third.pk)]
    assert [each.reasons[-1] for each in PossibleMatch.objects.order_by("pk")] == [
        "number_differs", "not_alone", "not_alone",
    ]  # fmt: skip
    assert not MatchStatement.objects.exists()


@pytest.mark.parametrize(
    ("name", "born"),
    [
        ("Коваленко Петро Сергійович", "1985-03-04"),  # a twin
        ("Коваленко Сергій Іванович", "1955-05-05"),  # the father
        ("Коваленко Іван Сергійович", "1991-06-11"),  # a namesake
        ("Ковальчук Іван Сергійович", "1991-06-11"),
    ],
)
def test_look_alikes_are_neither_joined_nor_asked_about(name: str, born: str) -> None:
    north = organisation("north")
    match(recorded(north, *IVAN))

    match(recorded(north, name, born))

    assert (questions(), MatchStatement.objects.count()) == ([], 0)


@pytest.mark.parametrize(
    ("name", "born"),
    [
        ("Коваленко Іван", "1985-03-04"),  # some two of one name were born on one day
        ("Коваленко І. С.", "1985-03-04"),
        ("Коваленко Ваня", "1985-03-04"),
        ("Коваленко Іван Сергійович", "1985-04-03"),
        ("Мельник Іван Сергійович", "1985-03-04"),
        ("Коваленко Іван Сергійович", None),
    ],
)
def test_plausible_ones_wait_for_two_people(name: str, born: str | None) -> None:
    north = organisation("north")
    first = recorded(north, *IVAN)
    match(first)
    second = recorded(north, name, born)

    match(second)

    assert questions() == [(first.pk, second.pk)]
    assert not MatchStatement.objects.exists()
    assert groups.same_as(first.pk, north.pk) == []


@pytest.mark.parametrize("born", ["XXXX", "1980/1986"])
def test_whose_day_of_birth_is_not_known_is_looked_for_by_name(born: str) -> None:
    north = organisation("north")
    first = recorded(north, *IVAN)
    match(first)
    second = recorded(north, IVAN[0], born)

    match(second)

    assert questions() == [(first.pk, second.pk)]


def test_what_was_answered_is_not_asked_again() -> None:
    north = organisation("north")
    first, second = recorded(north, *IVAN), recorded(north, "Коваленко І. С.", "1985-03-04")
    match(first, second)
    PossibleMatch.objects.update(settled_at=NOON)

    matching.due_again([second.pk])
    assert Person.objects.filter(matched_at=None).count() == 1
    match(second)

    assert [each.settled_at for each in PossibleMatch.objects.all()] == [NOON]


def test_another_offices_record_is_neither_joined_nor_opened_unless_it_is_shown() -> None:
    north, south = organisation("north"), organisation("south")
    ours, theirs = recorded(north, *IVAN), recorded(south, *IVAN)
    match(theirs)

    match(ours)

    assert (questions(), MatchStatement.objects.count()) == ([], 0)


def test_office_states_for_itself_only() -> None:
    north, south = organisation("north"), organisation("south")
    ours, theirs = recorded(north, *IVAN), recorded(south, *IVAN)
    match(theirs)

    match(ours, shown=lambda asked: {(person, office) for person, office in asked if office == north.pk})

    assert [said.office for said in MatchStatement.objects.all()] == [north]
    assert groups.same_as(ours.pk, north.pk) == [theirs.pk]
    assert groups.same_as(ours.pk, south.pk) == []


def test_both_offices_state_where_each_may_read_the_other() -> None:
    north, south = organisation("north"), organisation("south")
    match(recorded(north, *IVAN))

    match(recorded(south, *IVAN), shown=everybody)

    assert {said.office for said in MatchStatement.objects.all()} == {north, south}


def test_people_of_two_kinds_are_two() -> None:
    north = organisation("north")
    with transaction.atomic():
        (sender,) = record_people([Telling("evacuee", *IVAN)], organisation_id=north.pk, now=NOON)
    match(Person.objects.get(pk=sender.id))

    match(recorded(north, *IVAN))

    assert (questions(), MatchStatement.objects.count()) == ([], 0)


def test_keys_do_not_tell_what_they_were_made_of() -> None:
    north = organisation("north")
    person = recorded(north, *IVAN)
    match(person)

    kept = list(MatchKey.objects.values_list("key", flat=True))

    assert 4 <= len(kept) <= 20
    assert len(set(kept)) == len(kept)
    assert all(-(2**63) <= key < 2**63 for key in kept)


def test_key_of_very_many_finds_none_of_them() -> None:
    """Else the commonest name would have thousands opened."""
    north = organisation("north")
    people = [recorded(north, "Коваленко Іван") for _ in range(matching.MOST_UNDER_A_KEY + 1)]
    matching.file_keys((person.pk, Described(("Коваленко Іван",))) for person in people)

    assert matching.candidates([(0, Described(("Kovalenko Ivan",)))]) == {}


def test_as_many_statements_for_many_as_for_few() -> None:
    north = organisation("north")
    asked = []
    for names in (["Коваленко", "Мельник"], ["Петренко", "Бондар", "Ткач", "Орлик", "Лисенко", "Гончар"]):
        people = [
            recorded(north, f"{name} Іван Олегович", f"19{len(names)}{year}-03-04")
            for year, name in enumerate(names)
            for _ in range(2)
        ]
        with CaptureQueriesContext(connection) as queries:
            match(*people)
        assert MatchStatement.objects.count() >= len(names)
        asked.append(len(queries))

    assert asked[0] == asked[1]
