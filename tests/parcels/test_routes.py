"""A consignment's route: sealed, told by its dispatcher, looked up for a purpose by those who need it."""

import pytest

from parcels import routes
from parcels.actions import Refused
from parcels.models import Consignment
from parcels.routes import Route
from people.models import AuditEntry, DataKey
from tests.databases import as_role
from tests.factories import NOON, World, consignment, packed, world

pytestmark = pytest.mark.django_db
TOLD = Route("Canary Lines", "by Canaryville on Monday", "The Canary Order", "Bridge of Canary")


@pytest.fixture
def w() -> World:
    return world()


def looks() -> list[tuple[str, int | None, str]]:
    rows = AuditEntry.objects.filter(act__in=("see_route", "tell_route")).order_by("pk")
    return list(rows.values_list("act", "staff", "purpose"))


def test_route_is_sealed_under_the_consignments_key_and_told_anew(w: World) -> None:
    into, dawit = consignment(w), w.act(w.dawit)
    routes.tell(into, Route("Another"), by=dawit, now=NOON)
    routes.tell(into, TOLD, by=dawit, now=NOON)
    into.refresh_from_db()

    assert b"Canary" not in bytes(into.sealed_route or b"")
    assert routes.look(into, "parcel_delivery", by=dawit, now=NOON) == TOLD
    assert DataKey.objects.filter(kind="consignment", subject=into.pk).count() == 1
    assert looks() == [
        ("tell_route", w.dawit.pk, ""), ("tell_route", w.dawit.pk, ""), ("see_route", w.dawit.pk, "parcel_delivery"),
    ]  # fmt: skip


def test_neutral_agency_looks_and_tells_nothing(w: World) -> None:
    into = consignment(w)
    routes.tell(into, TOLD, by=w.act(w.dawit), now=NOON)
    into.refresh_from_db()

    assert routes.look(into, "verification", by=w.act(w.farid), now=NOON) == TOLD
    with pytest.raises(Refused, match="not-permitted"):
        routes.tell(into, Route("Mine"), by=w.act(w.farid), now=NOON)
    assert routes.look(into, "verification", by=w.act(w.dawit), now=NOON) == TOLD


def test_holding_side_looks_only_once_it_holds_the_parcels(w: World) -> None:
    into = consignment(w)
    parcel = packed(w, into)
    routes.tell(into, TOLD, by=w.act(w.dawit), now=NOON)
    into.refresh_from_db()
    before = looks()
    with pytest.raises(Refused, match="not-permitted"):
        routes.look(into, "parcel_delivery", by=w.act(w.elena), now=NOON)
    assert looks() == before

    parcel.holder = w.south
    parcel.save(update_fields=["holder"])

    assert routes.look(into, "parcel_delivery", by=w.act(w.elena), now=NOON) == TOLD


@pytest.mark.parametrize("name", ["amina", "bruno", "gita"])
def test_whoever_does_not_dispatch_at_the_sending_side_neither_tells_nor_looks(w: World, name: str) -> None:
    into, by = consignment(w), w.act(getattr(w, name))

    for refused in (
        lambda: routes.tell(into, TOLD, by=by, now=NOON),
        lambda: routes.look(into, "parcel_delivery", by=by, now=NOON),
    ):
        with pytest.raises(Refused, match="not-permitted"):
            refused()
    into.refresh_from_db()
    assert (into.sealed_route, looks()) == (None, [])


def test_look_without_a_purpose_shows_and_records_nothing(w: World) -> None:
    into = consignment(w)

    with pytest.raises(Refused, match="validation"):
        routes.look(into, "curiosity", by=w.act(w.dawit), now=NOON)
    assert looks() == []
    assert routes.look(into, "incident", by=w.act(w.dawit), now=NOON) is None


def test_route_is_not_told_once_it_was_handed_over_nor_too_long(w: World) -> None:
    into = consignment(w)
    with pytest.raises(Refused, match="validation"):
        routes.tell(into, Route("x" * 301), by=w.act(w.dawit), now=NOON)
    Consignment.objects.filter(pk=into.pk).update(status="handed_over", seal="S-1")

    with pytest.raises(Refused, match="not-now"):
        routes.tell(into, TOLD, by=w.act(w.dawit), now=NOON)
    into.refresh_from_db()
    assert into.sealed_route is None


def test_route_whose_key_was_destroyed_reads_as_erased(w: World) -> None:
    into = consignment(w)
    routes.tell(into, TOLD, by=w.act(w.dawit), now=NOON)
    into.refresh_from_db()
    with as_role("lifeline_worker"):
        DataKey.objects.filter(kind="consignment", subject=into.pk).delete()

    assert routes.look(into, "incident", by=w.act(w.dawit), now=NOON) == Route(way="erased")
