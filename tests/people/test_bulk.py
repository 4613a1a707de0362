import threading
from collections.abc import Callable, Iterable, Iterator

import pytest
from django.db import DataError, IntegrityError, transaction
from django.db.models import Model

from people import bulk
from people.models import Organisation, Person, PersonKey
from tests.factories import NOON, organisation

pytestmark = pytest.mark.django_db

PERSON = ("id", "reference", "kind", "organisation_id", "recorded_at")
KEY = ("person_id", "wrapped", "kek_version")


@pytest.fixture
def office() -> Organisation:
    return organisation("north")


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() == before


def people(office: Organisation, *references: str) -> list[tuple[object, ...]]:
    ids = bulk.new_ids(Person, len(references))
    return [(pk, each, "sender", office.pk, NOON) for pk, each in zip(ids, references, strict=True)]


def nobody() -> bool:
    return not Person.objects.exists()


def write(writer: bulk.Writer, *tables: tuple[type[Model], Iterable[tuple[object, ...]]]) -> None:
    for model, rows in tables:
        writer.insert(model, PERSON if model is Person else KEY, rows)
    writer.whole()
    writer.wait()


def write_behind(*tables: tuple[type[Model], Iterable[tuple[object, ...]]]) -> None:
    with transaction.atomic(), bulk.Background() as writer:
        write(writer, *tables)


def write_at_once(*tables: tuple[type[Model], Iterable[tuple[object, ...]]]) -> None:
    with transaction.atomic():
        write(bulk.Writer(), *tables)


@pytest.mark.parametrize("how", [write_at_once, write_behind])
def test_rows_are_written_as_they_are_given(office: Organisation, how: Callable[..., None]) -> None:
    olha, pavlo = people(office, "olha", "pavlo")

    how((Person, [olha, pavlo]), (PersonKey, [(olha[0], b"\x00\t\\\n", 1)]))

    assert list(Person.objects.order_by("pk").values_list(*PERSON)) == [olha, pavlo]
    assert bytes(PersonKey.objects.get().wrapped) == b"\x00\t\\\n"


@pytest.mark.parametrize("how", [write_at_once, write_behind])
def test_what_the_database_refuses_leaves_nothing(office: Organisation, how: Callable[..., None]) -> None:
    olha, namesake = people(office, "olha", "olha")

    with pytest.raises(IntegrityError, match="person_reference_once"):
        how((Person, [olha]), (Person, [namesake]), (PersonKey, [(olha[0], b"key", 1)]))

    assert nobody()


def test_row_that_refers_to_nothing_is_refused_before_the_commit(office: Organisation) -> None:
    with pytest.raises(IntegrityError, match="foreign key"):
        write_behind((Person, people(office, "olha")), (PersonKey, [(-1, b"key", 1)]))

    assert nobody()


def test_order_within_what_is_whole_does_not_matter(office: Organisation) -> None:
    olha, pavlo = people(office, "olha", "pavlo")

    with transaction.atomic(), bulk.Background() as writer:
        write(writer, (Person, [olha]))
        write(writer, (PersonKey, [(pavlo[0], b"key", 1)]), (Person, [pavlo]))

    assert Person.objects.count() == 2


@pytest.mark.parametrize("version", [2**15, 2**31, 2**63])
@pytest.mark.parametrize("how", [write_at_once, write_behind])
def test_number_that_does_not_fit_is_refused(
    office: Organisation, how: Callable[..., None], version: int
) -> None:
    (olha,) = people(office, "olha")

    with pytest.raises((DataError, OverflowError)):
        how((Person, [olha]), (PersonKey, [(olha[0], b"key", version)]))

    assert nobody()


@pytest.mark.parametrize("how", [write_at_once, write_behind])
def test_text_that_is_too_long_is_refused(office: Organisation, how: Callable[..., None]) -> None:
    with pytest.raises(DataError):
        how((Person, people(office, "o" * 17)))

    assert nobody()


def test_interruption_stops_what_is_being_written_and_leaves_nothing(office: Organisation) -> None:
    rows = people(office, *map(str, range(20_000)))

    def keys() -> Iterator[tuple[object, ...]]:
        yield rows[0][0], b"key", 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_behind((Person, rows), (PersonKey, keys()))

    assert nobody()
