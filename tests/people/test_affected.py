from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from people import audit
from people.acts import Act
from people.affected import affected
from people.models import AuditEntry, Person, Staff
from tests.factories import NOON, World, person, world

HOUR = timedelta(hours=1)
BETWEEN = {"since": NOON - HOUR, "until": NOON + HOUR}


@pytest.fixture
def w(db: None) -> World:
    return world()


def opened(who: Staff, *people: Person, at: object = NOON) -> None:
    for each in people:
        AuditEntry.objects.create(staff=who, act="open_person", subject_kind="person", subject=each.pk, at=at)


def test_people_opened_in_the_time_are_named_by_reference_alone(w: World) -> None:
    petro, pavlo, later = (person(w, f"{name} Held") for name in ("Petro", "Pavlo", "Later"))
    opened(w.gita, petro, petro, pavlo)
    opened(w.gita, later, at=NOON + HOUR)
    opened(w.ivo, pavlo, at=NOON - HOUR)

    found = affected(**BETWEEN)

    assert [(each.reference, each.opened) for each in found] == [(petro.reference, 2), (pavlo.reference, 2)]
    assert (found[0].kind, found[0].office, found[0].last) == (
        "prisoner",
        "north",
        "2026-11-20T12:00:00+00:00",
    )


def test_one_members_looks_are_told_apart(w: World) -> None:
    petro, pavlo = person(w), person(w)
    opened(w.gita, petro)
    opened(w.ivo, pavlo)

    assert [each.reference for each in affected(**BETWEEN, staff_id=w.ivo.pk)] == [pavlo.reference]


def test_who_was_refused_has_seen_nobody(w: World) -> None:
    refused = person(w)
    with audit.following(audit.Trail()):
        audit.refuse(w.gita, Act.NOT_THEIRS, "person", refused.pk)

    assert affected(NOON - timedelta(days=1), timezone.now() + timedelta(days=1)) == []


def test_command_prints_no_names_and_is_recorded(w: World) -> None:
    opened(w.gita, person(w, "Petro Unmistakable"))
    out, err = StringIO(), StringIO()

    call_command(
        "affected", "--from", "2026-11-20T11:00", "--to", "2026-11-20T13:00", "--staff", "gita",
        stdout=out, stderr=err,
    )  # fmt: skip

    lines = out.getvalue().splitlines()
    assert (len(lines), lines[0]) == (2, "reference,kind,office,opened,last")
    assert "Unmistakable" not in out.getvalue()
    assert err.getvalue() == "1 people.\n"
    assert AuditEntry.objects.filter(act="list_affected", subject=w.gita.pk).count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        ("--from", "2026-11-20T13:00", "--to", "2026-11-20T11:00"),
        ("--from", "2026-11-20", "--to", "2026-11-21", "--staff", "nobody"),
    ],
)
def test_what_cannot_be_asked_ends_with_two(w: World, wrong: tuple[str, ...]) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("affected", *wrong)
    assert refused.value.returncode == 2
    assert not AuditEntry.objects.filter(act="list_affected").exists()


def test_it_asks_as_often_for_three_as_for_one(w: World) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            affected(**BETWEEN)
        return len(asked)

    opened(w.gita, person(w))
    one = queries()
    opened(w.gita, person(w), person(w))
    assert queries() == one
