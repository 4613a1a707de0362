import pytest
from django.db import connection

from config.celery import app
from parcels import workers
from parcels.models import Parcel, Tick
from parcels.workers import ticks
from tests.databases import as_role
from tests.factories import World, accepted
from tests.parcels.workers.conftest import WORKER


@pytest.mark.django_db
def test_slot_is_taken_once() -> None:
    with as_role(WORKER):
        first = ticks.take("tidy")
        slots = Tick.objects.count()

        assert (first, ticks.take("tidy"), Tick.objects.count() - slots) == (True, False, 0)


@pytest.mark.django_db
def test_slot_is_the_databases_time_floored_to_the_period() -> None:
    ticks.take("sweep")

    slot = Tick.objects.get().slot
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp() - %s", [slot])
        (ago,) = cursor.fetchone()
    assert (slot.timestamp() % 15, 0 <= ago.total_seconds() < 16) == (0, True)


def test_run_does_the_schedules_kinds_for_the_one_that_took_the_slot(w: World) -> None:
    accepted(w)
    with as_role(WORKER):
        assert ticks.run("sweep") is True
    assert Parcel.objects.get().status == "cleared"
    Tick.objects.all().delete()
    again = accepted(w)
    ticks.take("sweep")

    assert ticks.run("sweep") is False

    again.refresh_from_db()
    assert again.status == "accepted"


def test_beat_rings_for_each_schedule_at_its_period() -> None:
    beat = {
        (entry["task"], *entry["args"]): entry["schedule"].total_seconds()
        for entry in app.conf.beat_schedule.values()
    }
    assert beat == {("parcels.tick", name): schedule.period_s for name, schedule in ticks.SCHEDULES.items()}
    assert {kind for schedule in ticks.SCHEDULES.values() for kind in schedule.kinds} == {*workers.DRAINS}
