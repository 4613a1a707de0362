from datetime import datetime, timedelta

import pytest

from parcels import codes
from parcels.actions import Refused, register
from parcels.declarations import LINE_PLACE, DeclaredLine
from parcels.models import Line, Parcel
from people import vault
from people.actions import Telling
from people.actors import of_client, worker
from people.models import Person
from people.queries import key_of
from tests.factories import NOON, World, client, declaration, registered, staff, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def w() -> World:
    return world()


def test_parcel_is_registered_with_its_people_lines_and_first_movement(w: World) -> None:
    parcel = registered(w, "шкарпетки", "soap", external_id="r-1")

    movement = parcel.movements.get()
    assert codes.is_number(parcel.number)
    assert (parcel.status, parcel.external_id, movement.move, movement.number) == (
        "registered", "r-1", "register", 1,
    )  # fmt: skip
    assert (parcel.sender.kind, parcel.recipient.kind) == ("sender", "prisoner")
    assert list(parcel.lines.order_by("number").values_list("category", "quantity")) == [
        ("UNDERWEAR", 1), ("HYGIENE", 1),
    ]  # fmt: skip


def test_description_is_sealed_under_the_senders_key(w: World) -> None:
    parcel = registered(w, "лист від мами Олени")

    sealed = Line.objects.get(parcel=parcel).sealed_description
    assert "Олени".encode() not in bytes(sealed)
    assert (
        vault.unseal(key_of(parcel.sender_id), sealed, place=LINE_PLACE, row=f"{parcel.pk}/1")
        == "лист від мами Олени"
    )


def test_weighed_declaration_comes_in_accepted_by_two_movements(w: World) -> None:
    (made,) = register(
        [declaration(gross_mass_g=6_100, accepted_at=NOON, accepted_place="counter 2")],
        round_=w.round, by=w.act(w.amina), now=NOON,
    )  # fmt: skip

    parcel = Parcel.objects.get(number=made.number)
    assert (parcel.status, parcel.last_number, parcel.gross_mass_g) == ("accepted", 2, 6_100)
    assert (parcel.holder, parcel.status_since) == (w.north, NOON)
    assert list(
        parcel.movements.order_by("number").values_list("from_status", "move", "status", "details")
    ) == [
        (None, "register", "registered", {"declaration": 3}),
        ("registered", "accept", "accepted", {"gross_mass_g": 6_100, "place": "counter 2"}),
    ]
    assert list(parcel.publications.order_by("number").values_list("number", "public_from")) == [
        (1, NOON), (2, NOON),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("mass_g", "accepted_at"), [(0, NOON), (100_001, NOON), (6_100, NOON + timedelta(hours=1))]
)
def test_weighed_declaration_that_may_not_be_accepted_leaves_nothing(
    w: World, mass_g: int, accepted_at: datetime
) -> None:
    weighed = declaration(gross_mass_g=mass_g, accepted_at=accepted_at)

    with pytest.raises(Refused) as refused:
        register([declaration(), weighed], round_=w.round, by=w.act(w.amina), now=NOON)

    assert refused.value.problem == "validation"
    assert (Parcel.objects.count(), Person.objects.count()) == (0, 0)


def test_same_declaration_again_changes_nothing(w: World) -> None:
    told = declaration(external_id="r-1")
    (first,) = register([told], round_=w.round, by=w.act(w.amina), now=NOON)

    (again,) = register([told], round_=w.round, by=w.act(w.amina), now=NOON)

    assert (again.result, again.number) == ("unchanged", first.number)
    assert (Parcel.objects.count(), Person.objects.count()) == (1, 2)


def test_same_external_id_with_other_content_is_rejected(w: World) -> None:
    told = declaration(external_id="r-1")
    register([told], round_=w.round, by=w.act(w.amina), now=NOON)

    (again,) = register(
        [told._replace(lines=(DeclaredLine("soap", 2, 100),))], round_=w.round, by=w.act(w.amina), now=NOON
    )

    assert (again.result, again.problem, again.number) == ("rejected", "external-id-reused", None)
    assert Parcel.objects.count() == 1


def test_same_declaration_twice_in_one_call_is_one_parcel(w: World) -> None:
    told = declaration(external_id="r-1")

    first, second = register([told, told], round_=w.round, by=w.act(w.amina), now=NOON)

    assert (first.result, second.result, second.number) == ("created", "unchanged", first.number)
    assert Parcel.objects.count() == 1


def test_one_sender_of_two_parcels_is_one_person(w: World) -> None:
    sender = Telling("sender", "Olha Home", contact={"phone": "+0001"})
    register(
        [declaration(sender=sender), declaration(sender=sender)],
        round_=w.round, by=w.act(w.amina), now=NOON,
    )  # fmt: skip

    assert Person.objects.filter(kind="sender").count() == 1


@pytest.mark.parametrize("status", ["agreed", "closed", "postponed", "cancelled", "reported"])
def test_round_that_does_not_collect_takes_nothing(w: World, status: str) -> None:
    w.round.status = status

    with pytest.raises(Refused) as refused:
        register([declaration()], round_=w.round, by=w.act(w.amina), now=NOON)

    assert (refused.value.problem, Parcel.objects.count()) == ("not-now", 0)


def test_only_the_sending_side_registers(w: World) -> None:
    others = (
        w.act(w.bruno),
        w.act(staff("hana", "registrar", w.south)),
        of_client(client(w.south, "registrar")),
    )
    for by in others:
        with pytest.raises(Refused) as refused:
            register([declaration()], round_=w.round, by=by, now=NOON)
        assert refused.value.problem == "not-permitted"

    assert Parcel.objects.count() == 0


def test_declarers_own_category_does_not_hide_what_the_words_say(w: World) -> None:
    (made,) = register(
        [declaration(lines=(DeclaredLine("кухонный нож", 1, 200, "HYGIENE"),))],
        round_=w.round, by=w.act(w.amina), now=NOON,
    )  # fmt: skip

    line = Line.objects.get(parcel__number=made.number)
    assert (line.category, line.also, line.exact) == ("HYGIENE", ["SHARP"], False)


def test_worker_registers_only_with_the_right_an_import_lends_it(w: World) -> None:
    with pytest.raises(Refused) as refused:
        register([declaration()], round_=w.round, by=worker(w.north.pk), now=NOON)

    assert (refused.value.problem, Parcel.objects.count()) == ("not-permitted", 0)
