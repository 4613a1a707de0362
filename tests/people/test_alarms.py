"""Alarms are told: a line of the log at once, and the program of whoever is on call until it ends well."""

import json
import logging
from pathlib import Path

import psycopg
import pytest
from pytest_django import Settings

from people import alarms
from people.audit import By, Trail, following
from people.models import Alarm
from tests.databases import Database, as_role
from tests.factories import world

WORKER = "lifeline_worker"


def raised(w: object = None) -> Alarm:
    here = world()
    with following(Trail(reference="REQ")):
        alarms.sound(Alarm.Kind.CANARY, here.act(here.gita))
    return Alarm.objects.get()


@pytest.mark.django_db
def test_alarm_is_a_critical_line_of_the_log_without_a_name(caplog: pytest.LogCaptureFixture) -> None:
    alarm = raised()
    (line,) = [each for each in caplog.records if each.levelno == logging.CRITICAL]
    assert f"staff {alarm.staff_id}" in str(line.msg)
    assert "gita" not in str(line.msg).lower()


@pytest.mark.django_db
def test_alarm_that_is_open_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    here = world()
    with following(Trail()):
        for _ in range(3):
            alarms.sound(Alarm.Kind.MANY_OPENED, here.act(here.gita))
    lines = [each for each in caplog.records if each.levelno == logging.CRITICAL]
    assert (len(lines), Alarm.objects.count()) == (1, 1)


@pytest.mark.django_db
def test_one_alarm_of_a_kind_about_somebody_is_open_at_a_time() -> None:
    here = world()
    with following(Trail()):
        for who in (here.act(here.gita), here.act(here.gita), here.act(here.ivo), By.WORKER, By.WORKER):
            alarms.sound(Alarm.Kind.AUDIT, who)
    assert sorted(Alarm.objects.values_list("staff", flat=True), key=str) == sorted(
        [here.gita.pk, here.ivo.pk, None], key=str
    )


@pytest.mark.django_db
def test_program_reads_the_alarm_and_is_called_once(tmp_path: Path, settings: Settings) -> None:
    alarm, told = raised(), tmp_path / "told"
    settings.ALARM_COMMAND = f"tee -a {told}"
    with as_role(WORKER):
        assert (alarms.tell(), alarms.tell()) == (1, 0)

    alarm.refresh_from_db()
    assert json.loads(told.read_text()) == {
        "alarm": alarm.pk, "kind": "canary", "raised_at": alarms.moment(alarm.raised_at),
        "organisation": "north", "by": f"staff {alarm.staff_id}", "request": "REQ",
    }  # fmt: skip
    assert alarm.told_at is not None


@pytest.mark.django_db
@pytest.mark.parametrize("program", ["false", "/no/such/program"])
def test_program_that_fails_is_called_again_later(settings: Settings, program: str) -> None:
    alarm = raised()
    settings.ALARM_COMMAND = program
    with as_role(WORKER):
        assert alarms.tell() == 0
    alarm.refresh_from_db()
    assert (alarm.told_at, alarm.tries, alarm.next_try_at > alarm.raised_at) == (None, 1, True)


def test_what_raised_an_alarm_stands_and_it_is_closed_once(committed_db: Database) -> None:
    alarm = raised()
    with psycopg.connect(committed_db.owner_url, autocommit=True) as owner:
        for statement in (
            "UPDATE people_alarm SET staff_id = NULL", "UPDATE people_alarm SET kind = 'audit'",
            "DELETE FROM people_alarm",
            f"UPDATE people_alarm SET closed_by_id = {alarm.staff_id}, closed_at = now(), reason = 'needed'",
            "UPDATE people_alarm SET closed_at = now()",
        ):  # fmt: skip
            with pytest.raises(psycopg.errors.CheckViolation):
                owner.execute(statement)  # type: ignore[arg-type]
    assert Alarm.objects.get().closed_at is None
