import pytest

from people.actions import Telling, record_people
from people.models import Fact, NameKey, PersonKey
from people.queries import contact_of, names_of, people_named
from tests.factories import NOON, organisation

pytestmark = pytest.mark.django_db


def record(*tellings: Telling) -> list[int]:
    office = organisation(f"office{NameKey.objects.count()}")
    return [known.id for known in record_people(tellings, organisation_id=office.pk, now=NOON)]


@pytest.mark.parametrize(
    "asked", ["Сергій Коваленко", "kovalenko sergey", "Serhii Kovalenko", "Коваленко", "КОВАЛЕНКО Сергей"]
)
def test_people_are_found_by_whole_names_in_any_script(asked: str) -> None:
    (sergey, _, _) = record(
        Telling("prisoner", "Коваленко Сергей Петрович"),
        Telling("prisoner", "Ковальчук Сергій"),
        Telling("prisoner", "Петренко Іван"),
    )

    assert people_named(asked) == [sergey]


@pytest.mark.parametrize("asked", ["", "  ", "Kovalenk", "Ковал", "С. К."])
def test_part_of_a_name_finds_nobody(asked: str) -> None:
    record(Telling("prisoner", "Коваленко Сергей Петрович"))

    assert people_named(asked) == []


def test_two_tellings_with_one_identity_are_one_person() -> None:
    olha = Telling("sender", "Olha Home", contact={"phone": "+0001"})
    first, second, other = record(olha, olha, Telling("sender", "Olha Home", contact={"phone": "+0002"}))

    assert first == second != other
    assert PersonKey.objects.count() == 2


def test_name_alone_joins_nobody() -> None:
    first, second = record(Telling("prisoner", "Pavlo Away"), Telling("prisoner", "Pavlo Away"))

    assert first != second


def test_unknown_date_of_birth_joins_nobody() -> None:
    first, second = record(*[Telling("prisoner", "Pavlo Away", "XXXX")] * 2)

    assert first != second


def test_people_are_found_by_either_spelling_they_were_told_in() -> None:
    (person,) = record(Telling("prisoner", "Коваленко Сергій", name_latin="Kovalenko Serge"))

    assert people_named("Kovalenko Serge") == people_named("Коваленко Сергій") == [person]


def test_facts_open_with_the_persons_key_and_lie_sealed() -> None:
    (olha,) = record(Telling("sender", "Olha Home", contact={"phone": "+0001"}))
    fact = Fact.objects.select_related("person").get(person=olha, kind="contact")

    assert contact_of(fact.person) == {"phone": "+0001"}
    assert names_of([olha]) == {olha: "Olha Home"}
    assert b"+0001" not in bytes(fact.sealed)


def test_unknown_person_has_no_name() -> None:
    (olha,) = record(Telling("sender", "Olha Home"))

    assert names_of([olha + 1_000]) == {}
