"""What reconciliation found, and who works, on pages for officers and auditors."""

from http import HTTPStatus

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from parcels.models import Difference, Liveness, Parcel, Reconciliation
from people.models import Role, Staff
from tests.databases import as_role
from tests.factories import World, accepted, organisation, staff, world
from tests.parcels.admin.desk import signed_in, text
from tests.parcels.workers.conftest import WORKER

LIST = "/admin/parcels/difference/"
WORKERS = "/admin/parcels/liveness/"


@pytest.fixture
def w(db: None) -> World:
    return world()


def kept(**fields: object) -> Difference:
    """As reconciliation keeps it: no page may."""
    with as_role(WORKER):
        return Difference.objects.create(**fields)


def wrong(parcel: Parcel) -> Difference:
    return kept(kind="status", parcel=parcel, number=2, expected="accepted after 2", found="cleared after 2")


def numbers(member: Staff) -> dict[str, int]:
    return {each.label: each.many for each in signed_in(member).get("/admin/").context["numbers"]}


def test_officer_reads_of_a_difference_and_its_history(w: World) -> None:
    parcel = accepted(w)
    difference = wrong(parcel)
    with as_role(WORKER):
        Reconciliation.objects.create(movements=2, differences=1, ended_at=parcel.status_since)
    ivo = signed_in(w.ivo)

    listed = text(ivo.get(LIST))
    assert "Its status is not what its movements come to" in listed
    assert (parcel.number in listed, "2 movements, 1 difference." in listed) == (True, True)
    told = text(ivo.get(f"{LIST}{difference.pk}/change/"))
    assert "Expected accepted after 2 Found cleared after 2 Shows at movement 2" in told
    assert "2 here weighed and accepted registered accepted" in told
    assert numbers(w.ivo)["differences"] == 1
    assert "differences" not in numbers(w.bruno)


def test_difference_of_others_rounds_is_not_there(w: World) -> None:
    difference = wrong(accepted(w))
    east = organisation("east")
    stranger = signed_in(staff("stranger", Role.COORDINATOR, east))

    assert difference.parcel is not None
    assert difference.parcel.number not in text(stranger.get(LIST))
    assert stranger.get(f"{LIST}{difference.pk}/change/").status_code == HTTPStatus.NOT_FOUND
    assert signed_in(w.bruno).get(LIST).status_code == HTTPStatus.FORBIDDEN


def test_holding_side_reads_no_movements_of_it(w: World) -> None:
    difference = wrong(accepted(w))
    hugo = signed_in(staff("hugo", Role.COORDINATOR, w.south))

    assert "Its movements" not in text(hugo.get(f"{LIST}{difference.pk}/change/"))


def test_gone_parcel_work_left_and_those_found_no_more_are_shown(w: World) -> None:
    gone = kept(kind="status", parcel_id=10**9, expected="a", found="no parcel")
    kept(kind="left", work="screen", expected="done within 600 s", found="3 due")
    kept(kind="path", parcel=accepted(w), gone_at=gone.since)
    ivo = signed_in(w.ivo)

    every, still = text(ivo.get(LIST)), text(ivo.get(f"{LIST}?state=open"))

    assert ("a parcel that is gone" in every, "work: screen" in every) == (True, True)
    assert ("no legal step" in every, "no legal step" in still) == (True, False)
    assert ivo.get(f"{LIST}{gone.pk}/change/").status_code == HTTPStatus.OK


def test_list_asks_as_often_for_three_as_for_one(w: World) -> None:
    ivo, asked = signed_in(w.ivo), []
    for many in (1, 2):
        for _ in range(many):
            wrong(accepted(w))
        with CaptureQueriesContext(connection) as queries:
            assert ivo.get(LIST).status_code == HTTPStatus.OK
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_silent_worker_is_shown_with_what_to_do(w: World) -> None:
    with as_role(WORKER), connection.cursor() as cursor:
        for pid in (1, 2):
            Liveness.objects.create(program="sweep", host="here", pid=pid)
        cursor.execute("UPDATE parcels_liveness SET seen_at = seen_at - interval '61 s' WHERE pid = 2")

    told = text(signed_in(w.ivo).get(WORKERS))

    assert ("Silent: sweep." in told, "silent: have it started again" in told, "lives" in told) == (True,) * 3
    assert numbers(w.ivo)["workers silent"] == 1
    assert signed_in(w.bruno).get(WORKERS).status_code == HTTPStatus.FORBIDDEN
