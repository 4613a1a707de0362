"""What a word of the person stops, where it would else be done: matching, lists."""

from datetime import date

import pytest

from people import lists, requests
from people.lists.reading import Entry
from people.models import ComparedRow, Person, PossibleMatch
from people.requests import Asked
from tests.factories import NOON, World, person, world
from tests.people.people import match, recorded

OBJECTS = Asked("objection", "self", "phone", "code", NOON, purpose="verification")


@pytest.fixture
def w(db: None) -> World:
    return world()


def _twins(w: World) -> tuple[Person, Person]:
    return recorded(w.north, "Pavlo Away", "1990"), recorded(w.north, "Pavlo Away", "1990-04")


@pytest.mark.parametrize("who", [0, 1])
def test_who_objects_to_verification_is_matched_with_nobody(w: World, who: int) -> None:
    twins = _twins(w)
    requests.record(twins[who], OBJECTS, by=w.act(w.gita), now=NOON)

    match(*twins)

    assert not PossibleMatch.objects.exists()
    # It is not asked of them again and again.
    assert not Person.objects.filter(matched_at=None).exclude(kind="sender").exists()


def test_objection_to_another_purpose_leaves_matching(w: World) -> None:
    twins = _twins(w)
    objects = OBJECTS._replace(purpose="correspondence")
    requests.record(twins[0], objects, by=w.act(w.gita), now=NOON)

    match(*twins)

    assert PossibleMatch.objects.count() == 1


def test_entry_of_who_objects_is_compared_with_nothing(w: World) -> None:
    petro, pavlo = person(w, "Petro Held"), person(w, "Pavlo Held")
    amina = w.act(w.amina)

    def kept(stated_by: object, **more: object) -> object:
        entries = [Entry(2, "Petro Held", "1991-02-03"), Entry(3, "Pavlo Held", "1991-02-03")]
        return lists.keep_list(
            entries, title="A list", stated_on=date(2026, 11, 1), stated_by=stated_by, by=amina, now=NOON,
            **more,
        )  # type: ignore[arg-type]  # fmt: skip

    ours, theirs = kept(w.north, people={2: petro.pk, 3: pavlo.pk}), kept(w.south)
    requests.record(petro, OBJECTS, by=w.act(w.gita), now=NOON)

    lists.compare_lists(ours, theirs, by=amina, now=NOON)  # type: ignore[arg-type]

    rows = [
        (row.kind, row.ours and row.ours.number, row.theirs and row.theirs.number)
        for row in ComparedRow.objects.order_by("pk")
    ]
    assert sorted(rows, key=str) == [("both", 3, 3), ("only_theirs", None, 2)]
