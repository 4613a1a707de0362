"""Step-up: what is most sensitive asks again, and the form that asked is carried through."""

import html
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from parcels.actions.care import freeze
from people import actors
from people.approvals import propose
from people.models import Approval, AuditEntry, Organisation, Staff, StaffSession
from people.signin import issue_link, recovery
from tests.factories import NOON, World, accepted, registered, staff, world
from tests.people.signin.people import at_site, code, options, with_app, with_passkey
from tests.signing_in import signed_in

WAITING, ORGANISATION = "/admin/parcels/parcel/waiting/", "/admin/people/organisation/"


@pytest.fixture
def w(db: None) -> World:
    return world()


def stale(member: Staff, client: Client | None = None) -> Client:
    return signed_in(member, fresh_at=timezone.now() - timedelta(minutes=5, seconds=1), client=client)


def hidden(page: str) -> dict[str, list[str]]:
    """Return what the page that asks carries along, without the token, of its last form."""
    found: dict[str, list[str]] = {}
    form = page.split("<form")[-1]
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form):
        found.setdefault(name, []).append(html.unescape(value))
    found.pop("csrfmiddlewaretoken", None)
    return found


def north_told(w: World, name: str) -> dict[str, str]:
    told = {"code": "north", "party": str(w.north.party_id), "language": "en", "time_zone": "UTC"}
    return told | {
        "name_en": name,
        "name_ru": "Север",
        "name_uk": "Північ",
        "contact_en": "",
        "_save": "Save",
    }


@pytest.mark.parametrize(("minutes", "asks"), [(4.9, False), (5.1, True)])
def test_form_is_asked_about_after_five_minutes(w: World, minutes: float, asks: bool) -> None:
    nadia = with_app(staff("nadia", "manager", w.north))
    browser = signed_in(nadia, fresh_at=timezone.now() - timedelta(minutes=minutes))
    answer = browser.post(f"{ORGANISATION}{w.north.pk}/change/", north_told(w, "North anew"))
    assert answer.status_code == (403 if asks else 302)
    assert (Organisation.objects.get(pk=w.north.pk).name_en == "North anew") != asks


def test_very_same_form_goes_through_with_a_code(w: World) -> None:
    nadia = with_app(staff("nadia", "manager", w.north))
    browser, url = stale(nadia), f"{ORGANISATION}{w.north.pk}/change/"
    before = browser.session.session_key
    asked = browser.post(url, north_told(w, 'North "anew" & <more>'))
    assert f'action="{url}"' in asked.content.decode()
    told = hidden(asked.content.decode())
    assert {name: values[0] for name, values in told.items() if not name.startswith("fresh-")} == north_told(
        w, 'North "anew" & <more>'
    )
    assert browser.post(url, told | {"fresh-code": [code()]}).status_code == 302
    assert Organisation.objects.get(pk=w.north.pk).name_en == 'North "anew" & <more>'
    assert browser.session.session_key != before
    assert browser.post(url, north_told(w, "North again")).status_code == 302


def test_wrong_code_does_nothing_and_keeps_the_form(w: World) -> None:
    nadia = with_app(staff("nadia", "manager", w.north))
    browser, url = stale(nadia), f"{ORGANISATION}{w.north.pk}/change/"
    told = north_told(w, "North anew") | {"fresh-proof": "code", "fresh-code": "12345"}
    asked = browser.post(url, told)
    assert (asked.status_code, "This code is wrong" in asked.content.decode()) == (403, True)
    assert hidden(asked.content.decode())["name_en"] == ["North anew"]
    assert Organisation.objects.get(pk=w.north.pk).name_en == "North"
    assert [entry.act for entry in AuditEntry.objects.all()] == ["step_up_refused"]


def test_eleventh_code_is_refused_even_when_right(w: World) -> None:
    nadia = with_app(staff("nadia", "manager", w.north))
    browser, url = stale(nadia), f"{ORGANISATION}{w.north.pk}/change/"
    told = north_told(w, "North anew") | {"fresh-proof": "code"}
    for _ in range(10):
        browser.post(url, told | {"fresh-code": "12345"})
    answer = browser.post(url, told | {"fresh-code": code()})
    assert (answer.status_code, 0 < int(answer["Retry-After"]) <= 900) == (429, True)
    assert Organisation.objects.get(pk=w.north.pk).name_en == "North"


def test_form_goes_through_with_a_passkey(w: World) -> None:
    nadia = staff("nadia", "manager", w.north)
    key = with_passkey(nadia, signed_in(nadia, client=at_site()))
    browser, url = stale(nadia, at_site()), f"{ORGANISATION}{w.north.pk}/change/"
    answer = key.show(options(browser, "/admin/account/confirm/options/"))
    told = north_told(w, "North anew") | {"fresh-proof": "passkey", "fresh-answer": answer}
    assert browser.post(url, told).status_code == 302
    assert Organisation.objects.get(pk=w.north.pk).name_en == "North anew"


def test_passkey_of_somebody_else_does_not_make_fresh(w: World) -> None:
    nadia = staff("nadia", "manager", w.north)
    key = with_passkey(w.ivo, signed_in(w.ivo, client=at_site()))
    browser, url = stale(nadia, at_site()), f"{ORGANISATION}{w.north.pk}/change/"
    answer = key.show(options(browser, "/admin/account/confirm/options/"))
    told = north_told(w, "North anew") | {"fresh-proof": "passkey", "fresh-answer": answer}
    assert browser.post(url, told).status_code == 403
    assert Organisation.objects.get(pk=w.north.pk).name_en == "North"


def test_recovery_code_makes_fresh_once(w: World) -> None:
    nadia = with_app(staff("nadia", "manager", w.north))
    word, url = recovery.make_new(nadia)[0], f"{ORGANISATION}{w.north.pk}/change/"
    told = north_told(w, "North anew") | {"fresh-proof": "code", "fresh-code": word}
    assert [stale(nadia).post(url, told).status_code for _ in range(2)] == [302, 403]


def test_page_that_is_only_read_is_opened_after_the_code(w: World) -> None:
    amina = with_app(w.amina)
    browser = stale(amina)
    asked = browser.get("/admin/account/app/")
    assert (asked.status_code, hidden(asked.content.decode())["fresh-then"]) == (403, ["get"])
    told = {"fresh-proof": "code", "fresh-then": "get", "fresh-code": code()}
    assert browser.post("/admin/account/app/", told)["Location"] == "/admin/account/app/"
    assert browser.get("/admin/account/app/").status_code == 200


def test_no_password_is_carried_from_page_to_page(w: World) -> None:
    asked = stale(with_app(w.amina)).post(
        "/admin/password_change/", {"password": "never-to-be-shown", "x": "y"}
    )
    assert asked.status_code == 403
    assert "never-to-be-shown" not in asked.content.decode()


def test_whoever_came_by_a_link_confirms_being_at_the_machine(w: World) -> None:
    browser, nadia = Client(), staff("nadia", "manager", w.north)
    browser.post(f"/sign-in/{issue_link(nadia, timezone.now())}/")
    StaffSession.objects.update(fresh_at=timezone.now() - timedelta(minutes=6))
    url, told = f"{ORGANISATION}{w.north.pk}/change/", north_told(w, "North anew")
    assert browser.post(url, told).status_code == 403
    assert browser.post(url, told | {"fresh-proof": "here"}, REMOTE_ADDR="192.0.2.7").status_code == 403
    assert browser.post(url, told | {"fresh-proof": "here"}, headers={"via": "1.1 x"}).status_code == 403
    assert Organisation.objects.get(pk=w.north.pk).name_en == "North"
    assert browser.post(url, told | {"fresh-proof": "here"}).status_code == 302


def test_being_at_the_machine_is_no_factor_of_who_came_otherwise(w: World) -> None:
    nadia = with_app(staff("nadia", "manager", w.north))
    told = north_told(w, "North anew") | {"fresh-proof": "here"}
    assert stale(nadia).post(f"{ORGANISATION}{w.north.pk}/change/", told).status_code == 403
    assert Organisation.objects.get(pk=w.north.pk).name_en == "North"


def test_a_stranger_proves_nothing(w: World) -> None:
    answer = Client().post(
        f"{ORGANISATION}{w.north.pk}/change/", {"fresh-proof": "code", "fresh-code": "123456"}
    )
    assert answer["Location"].startswith("/admin/login/")


def test_proposal_and_decision_of_two_ask_in_the_action_itself(w: World) -> None:
    parcel = accepted(w)
    tired = actors.Actor("staff", w.north.pk, frozenset({"liaison"}), staff_id=w.gita.pk)
    with pytest.raises(actors.NotFresh):
        propose("parcel", parcel.pk, "dispose", by=tired, details={}, now=NOON)
    assert not Approval.objects.exists()


def test_decision_is_asked_about_and_carried_through(w: World) -> None:
    ivo, parcel = with_app(w.ivo), registered(w)
    freeze(parcel.number, by=w.act(w.gita), now=NOON)
    open_ = propose("parcel", parcel.pk, "unfreeze", by=w.act(w.gita), details={}, now=NOON)
    browser, url = stale(ivo), f"{WAITING}{open_.pk}/"
    asked = browser.post(url, {"decision": "confirm"})
    assert asked.status_code == 403
    open_.refresh_from_db()
    assert open_.decision is None
    browser.post(url, hidden(asked.content.decode()) | {"fresh-code": [code()]})
    open_.refresh_from_db()
    assert (open_.decision, open_.decided_by) == ("confirmed", ivo)


@pytest.mark.parametrize(
    ("who", "address", "told"),
    [
        ("amina", "/admin/parcels/parcel/{parcel}/slip/", {}),
        ("gita", "/admin/parcels/parcel/{parcel}/do/release/", {}),
        ("gita", "/admin/parcels/parcel/waiting/print/", {"round": "december"}),
        ("elena", "/admin/people/detention/", {"who": "{number}", "purpose": "parcel_delivery"}),
        ("nadia", "/admin/people/staff/add/", {"username": "bela"}),
        ("nadia", "/admin/people/client/add/", {"name": "Stock"}),
        ("nadia", "/admin/people/staff/{amina}/look-after/", {"do": "invite"}),
        ("amina", "/admin/account/", {"do": "new_codes"}),
        ("amina", "/admin/account/", {"do": "remove_app"}),
        ("amina", "/admin/account/", {"do": "end_session"}),
        ("amina", "/admin/account/passkey/", {"answer": "{}"}),
    ],
)
def test_each_most_sensitive_act_asks(w: World, who: str, address: str, told: dict[str, str]) -> None:
    staff("nadia", "manager", w.north)
    parcel, member = registered(w), with_app(Staff.objects.get(username=who))
    names = {"parcel": str(parcel.pk), "number": parcel.number, "amina": str(w.amina.pk)}
    path = address.format_map(names)
    form = {name: names.get(value.strip("{}"), value) for name, value in told.items()}
    done = AuditEntry.objects.filter(outcome="done")
    audited, browser = done.count(), stale(member)
    asked = browser.post(path, form)
    assert (asked.status_code, "Please confirm that it is you" in asked.content.decode()) == (403, True)
    assert (done.count(), Approval.objects.count()) == (audited, 0)
