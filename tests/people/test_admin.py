"""Staff, systems and rights, kept by managers; audits read by auditors."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password
from django.db import connection
from django.test.utils import CaptureQueriesContext

from people.actors import OFFICERS
from people.desk import audit
from people.models import Alarm, AuditEntry, Client, Grant, Organisation, Staff
from tests.factories import LONG_AGO, World, client, staff, world
from tests.signing_in import signed_in

STAFF, SYSTEMS = "/admin/people/staff/", "/admin/people/client/"


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def nadia(w: World) -> Staff:
    return staff("nadia", "manager", w.north)


def with_grants(*grants: dict[str, Any], kept: int = 0, **fields: Any) -> dict[str, Any]:
    told = {"grants-TOTAL_FORMS": len(grants), "grants-INITIAL_FORMS": kept, **fields}
    for place, grant in enumerate(grants):
        told |= {f"grants-{place}-{name}": value for name, value in grant.items()}
    return told


def right(organisation: Organisation, role: str = "registrar") -> dict[str, Any]:
    return {
        "role": role, "organisation": organisation.pk, "from_at_0": "2026-11-01", "from_at_1": "00:00",
        "until_at_0": "", "until_at_1": "",
    }  # fmt: skip


def test_manager_makes_staff_with_rights_and_no_password(w: World, nadia: Staff) -> None:
    told = with_grants(
        right(w.north), username="bela", display_name="Bela", is_active="on",
        new_password="fifteen letters at least",
    )  # fmt: skip
    assert "/invitation/" in signed_in(nadia).post(f"{STAFF}add/", told).content.decode()
    bela = Staff.objects.get(username="bela")
    assert not bela.has_usable_password()
    assert list(bela.grants.values_list("role", "organisation")) == [("registrar", w.north.pk)]
    assert sorted(AuditEntry.objects.values_list("staff", "act")) == [
        (nadia.pk, "add_record"), (nadia.pk, "change_grant"), (nadia.pk, "invited"), (nadia.pk, "proposed"),
    ]  # fmt: skip


def test_manager_sets_nobodys_password(w: World, nadia: Staff) -> None:
    w.amina.set_password("as it was, long enough")
    w.amina.save()
    told = with_grants(username="amina", is_active="on", new_password="fifteen letters at least")
    signed_in(nadia).post(f"{STAFF}{w.amina.pk}/change/", told)
    w.amina.refresh_from_db()
    assert w.amina.check_password("as it was, long enough")


@pytest.mark.parametrize(
    ("roles", "ends"),
    [(("manager", "registrar"), {}), (("auditor", "manager"), {"until_at_0": "2099-01-01"})],
)
def test_who_manages_users_is_given_no_other_role(
    w: World, nadia: Staff, roles: tuple[str, str], ends: dict[str, str]
) -> None:
    given = [{**right(w.north, role), **ends, "until_at_1": "00:00" if ends else ""} for role in roles]
    told = with_grants(*given, username="bela", is_active="on")
    page = signed_in(nadia).post(f"{STAFF}add/", told).content.decode()
    assert "a manager holds no other role" in page
    assert not Staff.objects.filter(username="bela").exists()


def test_registrar_becomes_a_manager_once_the_other_right_has_ended(w: World, nadia: Staff) -> None:
    grant = w.amina.grants.get()
    kept = {"id": grant.pk, "staff": w.amina.pk, "until_at_0": "", "until_at_1": ""}
    url, then = f"{STAFF}{w.amina.pk}/change/", {**right(w.north, "manager"), "from_at_0": "2026-11-22"}
    told = with_grants(kept, then, kept=1, username="amina", is_active="on")
    assert "a manager holds no other role" in signed_in(nadia).post(url, told).content.decode()
    kept |= {"until_at_0": "2026-11-21", "until_at_1": "10:00"}
    told = with_grants(kept, then, kept=1, username="amina", is_active="on")
    assert signed_in(nadia).post(url, told).status_code == HTTPStatus.FOUND
    assert list(w.amina.grants.current().values_list("role", flat=True)) == ["manager"]


def test_manager_gives_no_rights_in_an_organisation_with_a_manager_of_its_own(w: World, nadia: Staff) -> None:
    staff("mira", "manager", w.south)
    told = with_grants(right(w.south), username="bela", is_active="on")
    assert signed_in(nadia).post(f"{STAFF}add/", told).status_code == HTTPStatus.OK
    assert not Staff.objects.filter(username="bela").exists()


def test_where_no_officer_is_a_right_to_read_people_raises_an_alarm_and_one_that_reads_none_does_not(
    w: World, nadia: Staff
) -> None:
    Grant.objects.filter(organisation=w.north, role__in=OFFICERS).update(
        until_at=LONG_AGO + timedelta(days=1)
    )
    for name, role, alarms in (("bela", "screener", 0), ("cora", "registrar", 1)):
        told = with_grants(right(w.north, role), username=name, display_name=name, is_active="on")
        signed_in(nadia).post(f"{STAFF}add/", told)
        assert Alarm.objects.filter(kind="rights_given", staff=nadia).count() == alarms


def test_office_that_nobody_manages_gets_a_manager_first(w: World, nadia: Staff) -> None:
    for name, role, made in (("bela", "logistics", False), ("cora", "manager", True)):
        told = with_grants(right(w.south, role), username=name, display_name=name, is_active="on")
        answer = signed_in(nadia).post(f"{STAFF}add/", told).content.decode()
        assert ("Nobody manages this office yet" in answer) is not made
        assert Staff.objects.filter(username=name).exists() is made


def test_organisation_without_a_manager_is_looked_after(w: World, nadia: Staff) -> None:
    told = with_grants(right(w.south, "manager"), username="mira", is_active="on")
    signed_in(nadia).post(f"{STAFF}add/", told)
    assert Staff.objects.get(username="mira").grants.get().organisation == w.south


def test_account_with_rights_elsewhere_is_not_taken_over(w: World, nadia: Staff) -> None:
    staff("mira", "manager", w.south)
    w.elena.grants.create(role="registrar", organisation=w.north)
    w.elena.set_password("as it was, long enough")
    w.elena.save()
    told = with_grants(right(w.north, "screener"), username="nadia-2")
    assert signed_in(nadia).post(f"{STAFF}{w.elena.pk}/change/", told).status_code == HTTPStatus.FOUND
    w.elena.refresh_from_db()
    assert (w.elena.username, w.elena.is_active) == ("elena", True)
    look_after = f"{STAFF}{w.elena.pk}/look-after/"
    assert signed_in(nadia).post(look_after, {"do": "invite"}).status_code == HTTPStatus.FORBIDDEN
    assert w.elena.check_password("as it was, long enough")
    assert not w.elena.invitations.exists()
    assert sorted(w.elena.grants.filter(organisation=w.north).values_list("role", flat=True)) == [
        "registrar", "screener",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "asked", [f"{STAFF}?password__startswith=p", f"{SYSTEMS}?client_secret__startswith=p", f"{STAFF}?pk=1"]
)
def test_list_tells_no_column_by_its_address(nadia: Staff, asked: str) -> None:
    assert signed_in(nadia).get(asked).status_code == HTTPStatus.BAD_REQUEST


def test_no_address_leads_from_a_row_to_the_site(nadia: Staff) -> None:
    assert signed_in(nadia).get("/admin/r/1/1/").status_code == HTTPStatus.NOT_FOUND


def test_nobody_gives_rights_to_themselves(w: World, nadia: Staff) -> None:
    url = f"{STAFF}{nadia.pk}/change/"
    told = with_grants(right(w.north, "coordinator"), username="nadia", is_active="on")
    signed_in(nadia).post(url, told)
    assert list(nadia.grants.values_list("role", flat=True)) == ["manager"]


def test_right_is_ended_and_not_rewritten(w: World, nadia: Staff) -> None:
    grant = w.amina.grants.get()
    told = with_grants(
        {
            **right(w.south, "coordinator"), "id": grant.pk, "staff": w.amina.pk, "until_at_0": "2026-11-21",
            "until_at_1": "10:00",
        },
        kept=1, username="amina", is_active="on",
    )  # fmt: skip
    assert signed_in(nadia).post(f"{STAFF}{w.amina.pk}/change/", told).status_code == HTTPStatus.FOUND
    grant.refresh_from_db()
    assert (grant.role, grant.organisation, str(grant.until_at)) == (
        "registrar", w.north, "2026-11-21 10:00:00+00:00",
    )  # fmt: skip


@pytest.mark.parametrize("who", ["amina", "ivo", "gita"])
def test_others_keep_no_staff_and_no_systems(w: World, who: str) -> None:
    browser = signed_in(getattr(w, who))
    for url in (STAFF, SYSTEMS, "/admin/people/grant/", f"{STAFF}add/", f"{SYSTEMS}add/"):
        assert browser.get(url).status_code == HTTPStatus.FORBIDDEN
    told = with_grants(right(w.north, "manager"), username="bela", is_active="on")
    assert browser.post(f"{STAFF}add/", told).status_code == HTTPStatus.FORBIDDEN
    assert not Staff.objects.filter(username="bela").exists()


def test_secret_of_a_system_is_shown_once_and_kept_as_a_hash(w: World, nadia: Staff) -> None:
    browser = signed_in(nadia)
    told = with_grants(right(w.north, "dispatcher"), name="North stock", organisation=w.north.pk, active="on")
    shown = browser.post(f"{SYSTEMS}add/", told)
    made, secret = Client.objects.get(name="North stock"), shown.context["secret"]
    assert secret in shown.content.decode()
    assert made.client_secret != secret
    assert check_password(secret, made.client_secret)
    assert made.grants.get().role == "dispatcher"
    assert secret not in browser.get(f"{SYSTEMS}{made.pk}/change/").content.decode()


def test_system_is_closed_and_keeps_its_secret(w: World, nadia: Staff) -> None:
    made = client(w.north, "dispatcher")
    hashed = made.client_secret
    told = with_grants(kept=0, name="renamed", organisation=w.south.pk)
    signed_in(nadia).post(f"{SYSTEMS}{made.pk}/change/", told)
    made.refresh_from_db()
    assert (made.active, made.organisation, made.client_secret) == (False, w.north, hashed)


def test_nothing_of_the_token_tables_or_groups_has_a_page(w: World, nadia: Staff) -> None:
    for page in ("oauth2_provider/accesstoken", "oauth2_provider/grant", "auth/group"):
        assert signed_in(nadia).get(f"/admin/{page}/").status_code == HTTPStatus.NOT_FOUND


def test_audits_are_read_by_auditors_and_changed_by_nobody(w: World, nadia: Staff) -> None:
    audit(w.amina, "see_names", "parcel", [7])
    audit(w.elena, "see_names", "parcel", [8])
    omar = signed_in(staff("omar", "auditor", w.north))
    shown = omar.get("/admin/people/auditentry/").context["cl"].result_list
    looks = [(entry.staff, entry.subject) for entry in shown if entry.act == "see_names"]
    assert looks == [(w.amina, 7)]
    assert signed_in(nadia).get("/admin/people/auditentry/").status_code == HTTPStatus.FORBIDDEN
    entry = AuditEntry.objects.get(subject=7)
    for act in ("change", "delete"):
        omar.post(f"/admin/people/auditentry/{entry.pk}/{act}/", {"act": "x", "post": "yes"})
    assert AuditEntry.objects.get(subject=7).act == "see_names"
    assert AuditEntry.objects.filter(act="see_names").count() == 2


def test_list_of_staff_asks_as_often_for_many_as_for_one(w: World, nadia: Staff) -> None:
    counts = []
    for number in range(3):
        staff(f"more{number}", "registrar", w.north)
        browser = signed_in(nadia)
        with CaptureQueriesContext(connection) as queries:
            browser.get(STAFF)
        counts.append(len(queries))
    assert counts[0] == counts[2]
