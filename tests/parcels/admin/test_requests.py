"""Requests about one's own data, on the pages where officers work with them."""

import io
import zipfile
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from parcels import workers
from parcels.models import Parcel
from people import requests, retention_periods
from people.models import (
    Approval,
    AuditEntry,
    PersonKey,
    PurgeRun,
    Restriction,
    RetentionPeriod,
    RightsRequest,
)
from people.requests import Asked
from tests.databases import as_role
from tests.factories import NOON, World, move, organisation, registered, staff, world
from tests.parcels.admin.desk import messages, opened_person, signed_in, text

LIST = "/admin/people/rightsrequest/"
RECORDED = {
    "deed": "request", "kind": "erasure", "purpose": "", "asked_by": "self", "identity": "paper",
    "channel": "counter", "document": "CARD-7", "received_at": "2026-11-20T09:30",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, settings: object) -> None:
    settings.DATA = tmp_path  # type: ignore[attr-defined]


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def ended(w: World) -> Parcel:
    return move(registered(w), "cancel", w.act(w.amina))


def page_of(person_id: int) -> str:
    return f"/admin/people/person/{person_id}/change/"


def recorded(w: World, parcel: Parcel, **told: str) -> RightsRequest:
    answer = signed_in(w.gita).post(page_of(parcel.sender_id), RECORDED | told, follow=True)
    assert answer.status_code == HTTPStatus.OK, text(answer)
    return RightsRequest.objects.latest("pk")


def test_officer_records_a_request_on_the_persons_page(w: World, ended: Parcel) -> None:
    asked = recorded(w, ended)

    assert (asked.kind, asked.identity, asked.document, asked.recorded_by) == (
        "erasure", "paper", "CARD-7", w.gita,
    )  # fmt: skip
    shown = text(opened_person(signed_in(w.gita), ended.sender_id))
    assert f"{asked.reference} to be erased" in shown


def test_request_that_lacks_something_stays_on_the_page_with_the_reason(w: World, ended: Parcel) -> None:
    wrong = RECORDED | {"asked_by": "representative", "document": ""}
    gita = signed_in(w.gita)
    opened_person(gita, ended.sender_id)
    answer = gita.post(page_of(ended.sender_id), wrong)
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert "Name the mandate" in text(answer)
    assert not RightsRequest.objects.exists()


def test_registrar_reads_the_mark_and_records_nothing(w: World, ended: Parcel) -> None:
    recorded(w, ended, kind="restriction")
    registrar = signed_in(w.amina)

    shown = text(opened_person(registrar, ended.sender_id))

    assert "kept, and not used since" in shown
    assert "Record a request" not in shown
    assert registrar.post(page_of(ended.sender_id), RECORDED).status_code == HTTPStatus.FORBIDDEN
    assert registrar.get(LIST).status_code == HTTPStatus.FORBIDDEN


def test_erasure_goes_from_the_page_through_two_officers_to_the_worker(w: World, ended: Parcel) -> None:
    asked = recorded(w, ended)
    address = f"{LIST}{asked.pk}/change/"
    assert "1 record of your office is held to be this person" in text(signed_in(w.gita).get(address))

    proposed = signed_in(w.gita).post(address, {"deed": "erase"}, follow=True)
    (proposal,) = Approval.objects.filter(act="erase")
    decided = signed_in(w.ivo).post(
        f"/admin/parcels/parcel/waiting/{proposal.pk}/", {"decision": "confirm"}, follow=True
    )
    with as_role("lifeline_worker"):
        workers.drain("erase")

    assert messages(proposed) == ["Proposed. Another officer confirms it; it is done within seconds then."]
    assert messages(decided) == ["Confirmed and done: erase a person, as asked in."]
    assert not PersonKey.objects.filter(pk=ended.sender_id).exists()
    shown = text(opened_person(signed_in(w.gita), ended.sender_id))
    assert "Name erased" in shown
    assert "What stays names nobody" in shown
    assert "done" in text(signed_in(w.gita).get(address))


def test_waiting_page_shows_how_many_rows_and_no_ids(w: World, ended: Parcel) -> None:
    asked = recorded(w, ended)
    signed_in(w.gita).post(f"{LIST}{asked.pk}/change/", {"deed": "erase"})

    shown = text(signed_in(w.ivo).get("/admin/parcels/parcel/waiting/"))

    assert f"Erase a person, as asked in: request {asked.reference}" in shown
    assert "People 1 Entries 0" in shown


def test_parcel_on_its_way_offers_no_erasure_but_a_refusal_for_now(w: World) -> None:
    parcel = registered(w)
    asked = recorded(w, parcel)
    address = f"{LIST}{asked.pk}/change/"

    shown = text(signed_in(w.gita).get(address))
    answer = signed_in(w.gita).post(address, {"deed": "erase"}, follow=True)

    assert f"On the way: {parcel.number}" in shown
    assert "Propose to erase" not in shown
    assert messages(answer)[0].startswith("Nothing was done. A parcel of theirs is on its way.")
    signed_in(w.gita).post(address, {"deed": "refuse", "reason": "under_way"})
    (proposal,) = Approval.objects.filter(act="refuse_request")
    signed_in(w.ivo).post(f"/admin/parcels/parcel/waiting/{proposal.pk}/", {"decision": "confirm"})
    assert Restriction.objects.get().mark == "restriction"
    move(parcel, "cancel", w.act(w.amina))
    assert "1 erasures to take up again" in text(signed_in(w.gita).get("/admin/"))


def test_file_is_taken_once_from_the_page(w: World, ended: Parcel) -> None:
    asked = recorded(w, ended, kind="access")
    address = f"{LIST}{asked.pk}/change/"
    signed_in(w.gita).post(address, {"deed": "propose_file"})
    (proposal,) = Approval.objects.filter(act="subject_file")
    signed_in(w.ivo).post(f"/admin/parcels/parcel/waiting/{proposal.pk}/", {"decision": "confirm"})

    taken = signed_in(w.gita).post(address, {"deed": "take_file", "language": "uk"})
    again = signed_in(w.gita).post(address, {"deed": "take_file", "language": "uk"}, follow=True)

    assert (taken["Content-Type"], "no-store" in taken["Cache-Control"]) == ("application/zip", True)
    page = zipfile.ZipFile(io.BytesIO(taken.content)).read("file.html").decode()
    assert "Що ми зберігаємо про одну людину" in page
    assert messages(again) == ["Nothing was done. This is no approval of two officers for this."]
    assert "It was handed out." in text(signed_in(w.gita).get(address))


def test_correction_links_to_the_same_page_and_ends_there(w: World, ended: Parcel) -> None:
    asked = recorded(w, ended, kind="correction", received_at="2026-11-21T09:30")
    address = f"{LIST}{asked.pk}/change/"
    early = signed_in(w.gita).post(address, {"deed": "corrected"}, follow=True)
    told = {
        "deed": "fact", "kind": "other_name", "text": "Olha Corrected", "source": str(w.north.pk),
        "stated_on": "", "document": "",
    }  # fmt: skip
    signed_in(w.gita).post(page_of(ended.sender_id), told)
    late = signed_in(w.gita).post(address, {"deed": "corrected"}, follow=True)

    assert messages(early)[0].startswith("Nothing was done. Nothing was told")
    assert messages(late) == ["Done: what is right stands beside what was told before."]


def test_hold_is_proposed_on_the_persons_page(w: World, ended: Parcel) -> None:
    until = (timezone.now() + timedelta(days=90)).date()
    signed_in(w.gita).post(page_of(ended.sender_id), {"deed": "hold", "until_on": until.isoformat()})
    (proposal,) = Approval.objects.filter(act="hold_record")
    signed_in(w.ivo).post(f"/admin/parcels/parcel/waiting/{proposal.pk}/", {"decision": "confirm"})

    assert "not purged since" in text(opened_person(signed_in(w.gita), ended.sender_id))
    signed_in(w.gita).post(page_of(ended.sender_id), {"deed": "lift", "mark": "hold", "purpose": ""})
    (lifting,) = Approval.objects.filter(act="lift_mark")
    signed_in(w.ivo).post(f"/admin/parcels/parcel/waiting/{lifting.pk}/", {"decision": "confirm"})
    assert "not purged since" not in text(opened_person(signed_in(w.gita), ended.sender_id))


def test_first_page_counts_what_is_open_and_what_is_late(w: World, ended: Parcel) -> None:
    recorded(w, ended)  # came in on a day that has passed
    recorded(w, ended, kind="access", received_at=timezone.now().strftime("%Y-%m-%dT00:00"))

    shown = text(signed_in(w.ivo).get("/admin/"))

    assert "1 requests about data, late" in shown
    assert "1 requests about data Each has a deadline" in shown


def test_auditor_sees_references_and_does_nothing(w: World, ended: Parcel) -> None:
    asked = recorded(w, ended)
    auditor = signed_in(staff("olena", "auditor", w.north))

    assert asked.reference in text(auditor.get(LIST))
    shown = text(auditor.get(f"{LIST}{asked.pk}/change/"))
    assert "Propose" not in shown
    assert page_of(ended.sender_id) not in shown
    answer = auditor.post(f"{LIST}{asked.pk}/change/", {"deed": "refuse", "reason": "claim"})
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert not Approval.objects.exists()


def test_request_of_another_office_is_not_there(w: World, ended: Parcel) -> None:
    asked = recorded(w, ended)
    foreign = signed_in(staff("hana", "liaison", w.south))
    elsewhere = signed_in(staff("zoya", "auditor", organisation("east")))

    for member in (foreign, elsewhere):
        assert asked.reference not in text(member.get(LIST))
        assert member.get(f"{LIST}{asked.pk}/change/").status_code == HTTPStatus.NOT_FOUND


def test_list_asks_as_often_for_three_as_for_one(w: World, ended: Parcel) -> None:
    def queries() -> int:
        member = signed_in(w.gita)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            member.get(LIST)
        return len(asked)

    recorded(w, ended)
    one = queries()
    for _ in range(2):
        requests.record(
            registered(w).sender, Asked("access", "self", "paper", "paper", NOON), by=w.act(w.gita), now=NOON
        )
    assert queries() == one


def test_days_are_proposed_and_confirmed_on_their_page(w: World) -> None:
    address = "/admin/people/retentionperiod/"
    review = (timezone.now() + timedelta(days=200)).date().isoformat()
    short = signed_in(w.gita).post(address, {"rule": "codes", "days": "3", "review_on": review})
    signed_in(w.gita).post(address, {"rule": "codes", "days": "60", "review_on": review})
    (proposal,) = Approval.objects.filter(act="retention")
    signed_in(w.ivo).post(f"/admin/parcels/parcel/waiting/{proposal.pk}/", {"decision": "confirm"})

    assert "At least 30 days" in text(short)
    assert next(each.days for each in retention_periods.periods() if each.rule.name == "codes") == 60
    assert "60 (began at 183)" in text(signed_in(w.gita).get(address))
    assert AuditEntry.objects.filter(act="set_retention", staff=w.ivo).exists()


def test_auditor_reads_periods_and_purges_and_changes_nothing(w: World, ended: Parcel) -> None:
    with as_role("lifeline_worker"):
        workers.drain("purge")
    auditor, before = signed_in(staff("olena", "auditor", w.north)), RetentionPeriod.objects.count()
    run = PurgeRun.objects.get()

    assert "Contacts of senders" in text(auditor.get("/admin/people/retentionperiod/"))
    assert "Contacts of senders" in text(auditor.get(f"/admin/people/purgerun/{run.pk}/change/"))
    assert auditor.get("/admin/people/purgerun/").status_code == HTTPStatus.OK
    told = {"rule": "codes", "days": "60", "review_on": "2030-01-01"}
    assert auditor.post("/admin/people/retentionperiod/", told).status_code == HTTPStatus.FORBIDDEN
    assert (RetentionPeriod.objects.count(), Approval.objects.count()) == (before, 0)


@pytest.mark.parametrize("who", ["amina", "bruno", "dawit", "elena"])
def test_other_roles_have_none_of_these_pages(w: World, who: str) -> None:
    member = signed_in(getattr(w, who))
    for address in (LIST, "/admin/people/retentionperiod/", "/admin/people/purgerun/"):
        assert member.get(address).status_code == HTTPStatus.FORBIDDEN
