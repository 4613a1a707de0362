"""Opening people: recorded, fifty an hour, then stopped until another coordinator lifts it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from people import actors, alarms, approvals, opening
from people.actors import Actor
from people.audit import Trail, following
from people.models import Alarm, AuditEntry, Client
from people.opening import How, Stopped, opened
from tests.databases import Database
from tests.factories import World, client, staff, world


@pytest.fixture
def w(db: None) -> Iterator[World]:
    """As in a request: what is refused is written when it is over."""
    with following(Trail(reference="REQ")):
        yield world()


def looks() -> int:
    return AuditEntry.objects.filter(act="open_person").count()


def stop(by: Actor, first: int = 1) -> None:
    """Go one too far; what is refused is written as at a request's end."""
    opened(by, range(first, first + 50), How.PAGE)
    with pytest.raises(Stopped), following(Trail(reference="REQ")):
        opened(by, [first + 50], How.PAGE)


def test_fifty_different_people_are_opened_and_the_next_is_not(w: World) -> None:
    gita = w.act(w.gita)
    for pk in range(50):
        opened(gita, [pk], How.PAGE, "verification")
    opened(gita, range(50), How.PAGE)
    assert (looks(), Alarm.objects.count()) == (100, 0)

    with pytest.raises(Stopped, match="More than 50 different people"), following(Trail(reference="REQ")):
        opened(gita, [50], How.PAGE)

    assert looks() == 100
    assert list(
        AuditEntry.objects.filter(outcome="refused").values_list("act", "staff", "subject_kind", "subject")
    ) == [("too_many_opened", w.gita.pk, "people", 1)]
    assert list(Alarm.objects.values_list("kind", "staff", "organisation", "request")) == [
        ("many_opened", w.gita.pk, w.north.pk, "REQ")
    ]


def test_scans_and_what_two_officers_allowed_do_not_count(w: World) -> None:
    amina = w.act(w.amina)
    for pk in range(80):
        opened(amina, [pk], How.SCAN)
    opened(amina, range(50), How.EXPORT_BY_TWO)
    opened(amina, range(50), How.PAGE)
    assert (looks(), Alarm.objects.count()) == (50, 0)


@pytest.mark.parametrize("how", [How.PAGE, How.UNMASK, How.READ, How.LIST, How.EXPORT])
def test_all_else_counts(w: World, how: How) -> None:
    gita = w.act(w.gita)
    opened(gita, range(49), How.PAGE)
    opened(gita, [49], how)
    with pytest.raises(Stopped):
        opened(gita, [50], how)


def test_large_file_that_two_allowed_leaves_and_is_looked_at(w: World) -> None:
    with following(Trail()):
        opened(w.act(w.gita), range(60), How.EXPORT_BY_TWO)
    assert Alarm.objects.get().kind == Alarm.Kind.MANY_EXPORTED
    assert AuditEntry.objects.filter(act="export_by_two").count() == 60
    opened(w.act(w.gita), [1], How.PAGE)


def test_stop_stands_until_another_coordinator_lifts_it(w: World) -> None:
    gita, ivo = w.act(w.gita), w.act(w.ivo)
    stop(gita)
    for pk in (1, 99):
        with pytest.raises(Stopped):
            opened(gita, [pk], How.PAGE)
    opened(gita, [99], How.SCAN)
    opened(ivo, [1], How.PAGE)

    alarms.close(Alarm.objects.get(), "needed", by=ivo, now=timezone.now())

    stop(gita, 200)
    assert Alarm.objects.filter(kind="many_opened").count() == 2
    assert AuditEntry.objects.get(act="alarm_lifted").purpose == "needed"


def test_whom_it_is_about_and_other_roles_do_not_lift_it(w: World) -> None:
    ivo = w.act(w.ivo)
    stop(ivo)
    alarm = Alarm.objects.get()
    foreign = w.act(staff("enzo", "coordinator", w.south))
    for by in (ivo, w.act(w.gita), w.act(w.amina), foreign, actors.worker(w.north.pk)):
        with pytest.raises(approvals.NotYours):
            alarms.close(alarm, "needed", by=by, now=timezone.now())
    alarm.refresh_from_db()
    assert (alarm.closed_at, alarm.reason) == (None, "")
    with pytest.raises(Stopped):
        opened(ivo, [1], How.PAGE)


def test_alarm_is_closed_once(w: World) -> None:
    stop(w.act(w.gita))
    alarm = Alarm.objects.get()
    alarms.close(alarm, "mistake", by=w.act(w.ivo), now=timezone.now())
    with pytest.raises(alarms.ClosedAlready):
        alarms.close(alarm, "needed", by=w.act(staff("ines", "coordinator", w.north)), now=timezone.now())
    assert Alarm.objects.get().reason == "mistake"


def test_hour_slides(w: World) -> None:
    AuditEntry.objects.bulk_create(
        AuditEntry(
            staff=w.gita, act="open_person", subject_kind="person", subject=pk,
            at=Now() - timedelta(minutes=61 if pk < 10 else 50), purpose="",
        )
        for pk in range(50)
    )  # fmt: skip
    opened(w.act(w.gita), range(100, 110), How.PAGE)
    with pytest.raises(Stopped):
        opened(w.act(w.gita), [110], How.PAGE)


def test_many_at_once_are_opened_wholly_or_not_at_all(w: World) -> None:
    opened(w.act(w.gita), range(30), How.PAGE)
    with pytest.raises(Stopped):
        opened(w.act(w.gita), range(100, 121), How.PAGE)
    assert looks() == 30


def test_system_has_a_number_of_its_own(w: World) -> None:
    system = client(w.harbour, "liaison")
    by = actors.of_client(system)
    opened(by, range(50), How.LIST)
    with pytest.raises(Stopped), following(Trail()):
        opened(by, [50], How.LIST)
    assert Alarm.objects.get().client_id == system.pk

    other = client(w.harbour, "liaison")
    Client.objects.filter(pk=other.pk).update(people_an_hour=2_000)
    opened(actors.of_client(other), range(2_000), How.LIST)


def test_of_parallel_looks_exactly_fifty_are_opened(committed_db: Database) -> None:
    gita = (w := world()).act(w.gita)

    def look(pk: int) -> bool:
        try:
            with suppress(Stopped), following(Trail()):
                opened(gita, [pk], How.PAGE)
                return True
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        assert sorted(pool.map(look, range(80))) == [False] * 30 + [True] * 50
    assert looks() == 50
    assert Alarm.objects.get().kind == "many_opened"
    assert AuditEntry.objects.filter(act="too_many_opened").count() == 30


def test_more_scans_than_a_counter_has_are_told_and_stop_nobody(
    w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "SCANNED_AN_HOUR", 10)
    amina = w.act(w.amina)
    for pk in (*range(1, 11), 10, 10):
        opened(amina, [pk], How.SCAN)
    assert not Alarm.objects.exists()
    with following(Trail()):
        opened(amina, [11], How.SCAN)
    assert (Alarm.objects.get().kind, Alarm.objects.get().staff) == ("many_scanned", w.amina)
    opened(amina, [12], How.SCAN)


def test_places_count_like_any_other_opening(w: World) -> None:
    elena = w.act(w.elena)
    opened(elena, range(1, 51), How.PLACE)
    with pytest.raises(Stopped):
        opened(elena, [51], How.PLACE)
