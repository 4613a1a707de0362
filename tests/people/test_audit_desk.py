"""The auditors' pages: who did what, how far it is sealed, and the alarms that coordinators close."""

from http import HTTPStatus

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from people import alarms
from people.acts import Act
from people.audit import By, Trail, following, record, refuse
from people.models import Alarm, AuditCheck, AuditEntry, Staff
from tests.factories import World, person, staff, world
from tests.parcels.admin.desk import messages, opened_person, signed_in, text

AUDIT, ALARMS = "/admin/people/auditentry/", "/admin/people/alarm/"


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def omar(w: World) -> Staff:
    """Audits for North."""
    return staff("omar", "auditor", w.north)


def shown(auditor: Staff, query: str = "") -> list[tuple[str, str | None]]:
    rows = signed_in(auditor).get(f"{AUDIT}?{query}").context["cl"].result_list
    return [(each.act, each.staff and each.staff.username) for each in rows if each.act != "read_audit"]


def test_audit_is_filtered_by_act_outcome_who_and_when(w: World, omar: Staff) -> None:
    record(w.amina, Act.SEE_NAMES, "parcel", 7)
    record(w.gita, Act.OPEN_PERSON, "person", 8)
    record(w.elena, Act.OPEN_PERSON, "person", 9)
    with following(Trail(reference="ABCD1234")):
        refuse(w.dawit, Act.REFUSED, "person", 8)
        refuse(By.STRANGER, Act.SIGN_IN_REFUSED, name="mallory")

    everything = [
        ("sign_in_refused", None), ("refused", "dawit"), ("open_person", "gita"), ("see_names", "amina"),
    ]  # fmt: skip
    assert shown(omar) == everything
    assert shown(omar, "act=open_person") == [("open_person", "gita")]
    assert shown(omar, "outcome=refused") == everything[:2]
    assert shown(omar, f"who=staff-{w.amina.pk}") == [("see_names", "amina")]
    assert shown(omar, "who=stranger") == everything[:1]
    assert shown(omar, f"who=staff-{w.elena.pk}") == everything
    assert shown(omar, "when=hour") == everything
    assert shown(omar, "q=ABCD1234") == everything[:2]


def test_audit_names_nobody(w: World, omar: Staff) -> None:
    held = person(w, "Petro Unmistakable")
    opened_person(signed_in(w.gita), held.pk)

    said = text(signed_in(omar).get(AUDIT))
    assert ("Opened a person's page." in said, f"person {held.pk}" in said) == (True, True)
    assert "Unmistakable" not in said


def test_reading_the_audit_is_recorded_too(w: World, omar: Staff) -> None:
    signed_in(omar).get(AUDIT)
    assert AuditEntry.objects.get(act="read_audit").staff == omar


def test_audit_says_how_far_it_is_sealed_and_verified(w: World, omar: Staff) -> None:
    said = text(signed_in(omar).get(AUDIT))
    assert "Sealed nothing yet" in said
    AuditCheck.objects.create(size=12, faults=2, first=7)
    assert "2 wrong, the first at place 7" in text(signed_in(omar).get(AUDIT))


def test_list_asks_as_much_for_three_rows_as_for_one(w: World, omar: Staff) -> None:
    browser, asked = signed_in(omar), []
    for subjects in ([1], [2, 3]):
        record(w.gita, Act.OPEN_PERSON, "person", subjects)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            browser.get(AUDIT)
        asked.append(len(queries))
    assert asked[0] == asked[1]


@pytest.mark.parametrize("role", ["registrar", "coordinator", "manager", "liaison"])
def test_nobody_else_reads_the_audit(w: World, role: str) -> None:
    assert signed_in(staff("zed", role, w.north)).get(AUDIT).status_code == HTTPStatus.FORBIDDEN


@pytest.fixture
def alarm(w: World) -> Alarm:
    with following(Trail(reference="ABCD1234")):
        alarms.sound(Alarm.Kind.MANY_OPENED, w.act(w.gita))
    return Alarm.objects.get()


def test_coordinator_lifts_a_stop_with_a_reason(w: World, alarm: Alarm) -> None:
    ivo, page = signed_in(w.ivo), f"{ALARMS}{alarm.pk}/change/"
    assert "Until this is closed they open nobody but by a scan." in text(ivo.get(page))
    assert ivo.post(page, {"reason": ""}).status_code == HTTPStatus.BAD_REQUEST
    alarm.refresh_from_db()
    assert alarm.closed_at is None

    answer = ivo.post(page, {"reason": "needed"}, follow=True)
    assert messages(answer) == ["Closed."]
    alarm.refresh_from_db()
    assert (alarm.closed_by, alarm.reason) == (w.ivo, "needed")


def test_whom_it_is_about_others_and_auditors_close_nothing(w: World, omar: Staff, alarm: Alarm) -> None:
    page = f"{ALARMS}{alarm.pk}/change/"
    about = staff("ines", "coordinator", w.north)
    with following(Trail()):
        alarms.sound(Alarm.Kind.MANY_OPENED, w.act(about))
    own = Alarm.objects.get(staff=about)

    assert "Lift it" not in text(signed_in(about).get(f"{ALARMS}{own.pk}/change/"))
    signed_in(about).post(f"{ALARMS}{own.pk}/change/", {"reason": "needed"})
    assert "Lift it" not in text(signed_in(omar).get(page))
    assert signed_in(omar).post(page, {"reason": "needed"}).status_code == HTTPStatus.FORBIDDEN
    assert signed_in(w.gita).get(page).status_code == HTTPStatus.FORBIDDEN
    foreign = staff("enzo", "coordinator", w.south)
    assert signed_in(foreign).post(page, {"reason": "needed"}).status_code == HTTPStatus.NOT_FOUND
    assert set(Alarm.objects.values_list("closed_at", flat=True)) == {None}


def test_first_page_shows_open_alarms_to_auditors_and_coordinators(
    w: World, omar: Staff, alarm: Alarm
) -> None:
    for member, sees in ((omar, True), (w.ivo, True), (w.gita, False), (w.amina, False)):
        assert ("1 alarms" in text(signed_in(member).get("/admin/"))) is sees
