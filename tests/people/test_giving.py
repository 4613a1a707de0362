"""Rights to read people: proposed by a manager, in force when an officer of the office confirms them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from people import approvals, giving
from people.actors import Actor, of_staff
from people.models import Alarm, Approval, Client, Grant, Staff
from tests.factories import World, client, staff, world
from tests.parcels.admin.desk import messages, text
from tests.people.test_admin import STAFF, SYSTEMS, right, with_grants
from tests.signing_in import signed_in

WAITING = "/admin/parcels/parcel/waiting/"


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def nadia(w: World) -> Staff:
    return staff("nadia", "manager", w.north)


@pytest.fixture
def bela(w: World, nadia: Staff) -> Staff:
    """Nadia makes an account for Bela, who shall be a registrar."""
    told = with_grants(right(w.north), username="bela", display_name="Bela", is_active="on")
    signed_in(nadia).post(f"{STAFF}add/", told)
    return Staff.objects.get(username="bela")


def by(member: Staff) -> Actor:
    return of_staff(member)


def test_given_right_to_read_people_waits_and_opens_nothing(w: World, nadia: Staff, bela: Staff) -> None:
    assert (bela.grants.get().waits, bela.is_staff) == (True, False)
    page = text(signed_in(nadia).get(f"{STAFF}{bela.pk}/change/"))
    assert "Waits for a second person" in page
    assert not Alarm.objects.exists()


def test_officer_confirms_it_and_it_counts(w: World, bela: Staff) -> None:
    seen = signed_in(w.gita)
    assert "registrar of" in text(seen.get(WAITING))
    answer = seen.post(f"{WAITING}{Approval.objects.get().pk}/", {"decision": "confirm"}, follow=True)
    assert messages(answer) == ["Confirmed and done: give a right to read people."]
    assert list(bela.grants.current().values_list("role", flat=True)) == ["registrar"]


def test_rejected_right_never_counts(w: World, bela: Staff) -> None:
    approvals.reject(Approval.objects.get().pk, by=by(w.gita), reason="mistaken", now=timezone.now())
    assert not bela.grants.current().exists()


def test_manager_who_proposed_it_does_not_confirm_it(w: World, nadia: Staff, bela: Staff) -> None:
    with pytest.raises(approvals.NotYours):
        approvals.confirm(Approval.objects.get().pk, by=by(nadia), now=timezone.now())
    assert not bela.grants.current().exists()


def test_officer_of_another_office_does_not_confirm_it(w: World, bela: Staff) -> None:
    with pytest.raises(approvals.NotYours):
        approvals.confirm(
            Approval.objects.get().pk, by=by(staff("sofia", "liaison", w.south)), now=timezone.now()
        )
    assert not bela.grants.current().exists()


def test_nobody_confirms_a_right_of_their_own(w: World, nadia: Staff) -> None:
    given = Grant.objects.create(staff=w.gita, role="coordinator", organisation=w.north)
    giving.propose(given, by=by(nadia), now=timezone.now())
    with pytest.raises(approvals.NotYours):
        approvals.confirm(Approval.objects.get().pk, by=by(w.gita), now=timezone.now())
    assert not w.gita.grants.current().filter(role="coordinator").exists()


def test_right_that_opens_nobody_is_given_at_once(w: World, nadia: Staff) -> None:
    told = with_grants(right(w.north, "screener"), username="cora", display_name="Cora", is_active="on")
    signed_in(nadia).post(f"{STAFF}add/", told)
    assert not Staff.objects.get(username="cora").grants.get().waits


@pytest.mark.parametrize(("days", "waits"), [(6, True), (8, False)])
def test_ending_every_officers_right_leaves_no_manager_alone_for_a_week(
    w: World, nadia: Staff, days: int, waits: bool
) -> None:
    ended = timezone.now() - timedelta(days=days)
    Grant.objects.filter(organisation=w.north, role__in=("liaison", "coordinator")).update(until_at=ended)
    told = with_grants(right(w.north), username="cora", display_name="Cora", is_active="on")
    signed_in(nadia).post(f"{STAFF}add/", told)
    assert Staff.objects.get(username="cora").grants.get().waits is waits
    assert Alarm.objects.filter(kind="rights_given").exists() is not waits


def of_more(system: Client, people_an_hour: int) -> dict[str, object]:
    return with_grants(name=system.name, active="on", people_an_hour=people_an_hour)


def test_system_reads_more_people_an_hour_when_that_is_confirmed(w: World, nadia: Staff) -> None:
    system = client(w.north)
    signed_in(nadia).post(f"{SYSTEMS}{system.pk}/change/", of_more(system, 400))
    assert Client.objects.get(pk=system.pk).people_an_hour == 50
    approvals.confirm(Approval.objects.get().pk, by=by(w.gita), now=timezone.now())
    assert Client.objects.get(pk=system.pk).people_an_hour == 400


def test_new_system_reads_as_many_as_any_until_more_are_confirmed(w: World, nadia: Staff) -> None:
    told = with_grants(name="their office", organisation=w.north.pk, active="on", people_an_hour=400)
    signed_in(nadia).post(f"{SYSTEMS}add/", told)
    system = Client.objects.get(name="their office")
    assert system.people_an_hour == 50
    approvals.confirm(Approval.objects.get().pk, by=by(w.gita), now=timezone.now())
    system.refresh_from_db()
    assert system.people_an_hour == 400


def test_more_for_a_system_of_an_office_that_nobody_manages_is_refused_in_words(
    w: World, nadia: Staff
) -> None:
    system = client(w.south)
    answer = signed_in(nadia).post(f"{SYSTEMS}{system.pk}/change/", of_more(system, 400), follow=True)
    assert "That it reads more people an hour is for a manager of its own office." in messages(answer)
    system.refresh_from_db()
    assert (system.people_an_hour, Approval.objects.exists()) == (50, False)


def test_system_reads_fewer_at_once(w: World, nadia: Staff) -> None:
    system = client(w.north)
    signed_in(nadia).post(f"{SYSTEMS}{system.pk}/change/", of_more(system, 20))
    assert Client.objects.get(pk=system.pk).people_an_hour == 20
    assert not Approval.objects.exists()


def test_second_proposal_for_a_system_is_refused_in_words(w: World, nadia: Staff) -> None:
    system = client(w.north)
    for more in (400, 800):
        answer = signed_in(nadia).post(f"{SYSTEMS}{system.pk}/change/", of_more(system, more), follow=True)
    assert "Another number of people an hour waits to be confirmed already." in messages(answer)
    assert Approval.objects.get().details == {"people_an_hour": 400}
