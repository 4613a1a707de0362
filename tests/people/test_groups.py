"""What an office's statements come to."""

import pytest
from django.db import DatabaseError, connection, transaction

from people import groups
from people.groups import Pair, Stated, Together
from people.models import GroupMember, MatchStatement, Organisation, Person
from tests.factories import NOON, organisation
from tests.people.people import recorded

pytestmark = pytest.mark.django_db


@pytest.fixture
def north() -> Organisation:
    return organisation("north")


@pytest.fixture
def four(north: Organisation) -> list[Person]:
    return [recorded(north, f"Pavlo Away{number}", f"199{number}") for number in range(4)]


def state(office: Organisation, a: Person, b: Person) -> None:
    with transaction.atomic():
        groups.state_alone([Stated(groups.pair(a.pk, b.pk, office.pk), ("number_same",))], now=NOON)


def test_statements_join_what_they_meet(north: Organisation, four: list[Person]) -> None:
    a, b, c, d = four
    state(north, a, b)
    state(north, d, c)
    assert groups.same_as(a.pk, north.pk) == [b.pk]

    state(north, b, c)

    assert groups.same_as(d.pk, north.pk) == [a.pk, b.pk, c.pk]
    assert {member.head_id for member in GroupMember.objects.all()} == {a.pk}
    assert groups.heads_of([c.pk, 0], north.pk) == {c.pk: a.pk, 0: 0}


def test_statement_binds_its_office_alone(north: Organisation, four: list[Person]) -> None:
    state(north, four[0], four[1])

    assert groups.same_as(four[0].pk, organisation("south").pk) == []


def test_newest_word_on_a_pair_counts(north: Organisation, four: list[Person]) -> None:
    state(north, four[0], four[1])

    assert groups.newest(
        {Pair(four[0].pk, four[1].pk, north.pk), Pair(four[0].pk, four[2].pk, north.pk)}
    ) == {Pair(four[0].pk, four[1].pk, north.pk): "same"}
    assert groups.newest(set()) == {}


@pytest.mark.parametrize(
    "act", ["UPDATE people_matchstatement SET says = 'different'", "DELETE FROM people_matchstatement"]
)
def test_statement_is_never_changed(north: Organisation, four: list[Person], act: str) -> None:
    state(north, four[0], four[1])

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(act)

    assert MatchStatement.objects.get().says == "same"


def test_database_refuses_a_lone_answer_by_two_people(north: Organisation, four: list[Person]) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        MatchStatement.objects.create(
            office=north, person=four[0], other=four[1], says="different", how="alone", stated_at=NOON
        )
    assert not MatchStatement.objects.exists()


def test_together_stands_for_the_oldest() -> None:
    group = Together({5: 3})
    group.join(9, 5)
    group.join(7, 8)

    assert [group.head(person) for person in (3, 5, 9, 7, 8, 1)] == [3, 3, 3, 7, 7, 1]
    assert group.joins(9, 3)
    assert not group.joins(9, 8)
