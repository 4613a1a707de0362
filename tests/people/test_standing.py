"""The status of a prisoner is the mirror of the events; asked of the database, the answer is the same."""

from datetime import date, timedelta
from itertools import product
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from people.models import SituationEvent
from people.queries import standing_of
from people.situations import in_force as in_force_sql
from people.standing import STATUS_AFTER, Word, in_force, standing
from tests.factories import World, registered, world

DAY = date(2026, 11, 1)


def words(*told: tuple[str, int, str]) -> list[Word]:
    return [
        Word(number, situation, DAY + timedelta(days=day), by)
        for number, (situation, day, by) in enumerate(told, 1)
    ]


def status(*told: tuple[str, int, str]) -> str:
    return standing(words(*told)).status


def test_every_event_has_a_status() -> None:
    assert set(STATUS_AFTER) == set(SituationEvent.Situation.values)


def test_nobody_has_a_status_without_an_event() -> None:
    assert (standing([]).founded, standing([]).alone, standing([]).status) == (None, None, "not known")


def test_status_follows_the_latest_day_that_is_well_founded() -> None:
    told = [("captured", 0, "neutral"), ("in_hospital", 3, "both_sides"), ("discharged", 9, "two_officers")]
    assert [status(*told[:many]) for many in (1, 2, 3)] == ["held", "in hospital", "held"]
    assert status(*told, ("exchanged", 10, "both_sides")) == "exchanged"


def test_what_is_recorded_late_of_an_earlier_day_changes_nothing() -> None:
    assert status(("exchanged", 10, "both_sides"), ("in_hospital", 3, "neutral")) == "exchanged"
    assert status(("exchanged", 10, "both_sides"), ("captured", 0, "neutral")) == "exchanged"


def test_of_one_day_the_last_recorded_counts() -> None:
    assert status(("held", 5, "neutral"), ("released", 5, "neutral")) == "released"


def test_death_counts_whatever_its_day_until_a_later_day_is_recorded() -> None:
    died = [("held", 10, "both_sides"), ("deceased", 5, "neutral")]
    assert status(*died) == "deceased"
    assert status(*died, ("held", 4, "both_sides")) == "deceased"
    assert status(*died, ("held", 12, "both_sides")) == "held"


def test_word_of_one_side_alone_is_shown_as_that() -> None:
    now = standing(words(("held", 5, "neutral"), ("exchanged", 8, "one_side")))
    assert (now.status, now.alone and now.alone.situation) == ("held", "exchanged")


@pytest.mark.parametrize("alone", [("exchanged", 3, "one_side"), ("held", 8, "one_side")])
def test_word_of_one_side_is_no_news_when_it_is_older_or_says_the_same(alone: tuple[str, int, str]) -> None:
    assert standing(words(("captured", 5, "neutral"), alone)).alone is None


@pytest.fixture
def w(db: None) -> World:
    return world()


def test_database_knows_the_same_event_in_force(w: World) -> None:
    dice = Random(7)  # noqa: S311
    people = [registered(w).recipient for _ in range(40)]
    kinds = list(product(SituationEvent.Situation.values, SituationEvent.StatedBy.values))
    SituationEvent.objects.bulk_create(
        SituationEvent(
            person=dice.choice(people), situation=situation, stated_by=by, source=w.harbour,
            happened_on=DAY + timedelta(days=dice.randrange(6)), recorded_by=w.farid,
        )
        for situation, by in (dice.choice(kinds) for _ in range(200))
    )  # fmt: skip
    told: dict[int, list[Word]] = {}
    for person, *word in SituationEvent.objects.values_list(
        "person", "pk", "situation", "happened_on", "stated_by"
    ):
        told.setdefault(person, []).append(Word(*word))

    with connection.cursor() as cursor:
        cursor.execute(in_force_sql())
        kept = dict(cursor.fetchall())

    expected = {person: in_force(each) for person, each in told.items()}
    assert kept == {person: word.id for person, word in expected.items() if word}


def test_standing_of_many_is_one_query(w: World) -> None:
    people = [registered(w).recipient for _ in range(3)]
    for person in people[:2]:
        SituationEvent.objects.create(
            person=person, situation="held", happened_on=DAY, stated_by="neutral", source=w.harbour,
            recorded_by=w.farid,
        )  # fmt: skip

    with CaptureQueriesContext(connection) as asked:
        found = standing_of(person.pk for person in people)

    assert {pk: each.status for pk, each in found.items()} == {person.pk: "held" for person in people[:2]}
    assert len(asked) == 1
