"""The registrar's counter: what is declared there, what the rules say, and what it must never tell."""

from http import HTTPStatus
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from exchanges.actions import make_round
from exchanges.models import Agreement, Round
from parcels import codes
from parcels.declared import declared_items, declared_people
from parcels.models import Line, Movement, Parcel
from parcels.workers import drain
from people.models import AuditEntry, Person, Staff
from tests.factories import (
    NOON,
    World,
    handed_over,
    move,
    organisation,
    registered,
    staff,
    world,
)
from tests.parcels.admin.desk import messages, signed_in, text

COUNTER = "/admin/parcels/parcel/counter/"
ONCE = "c" * 32


@pytest.fixture
def w(db: None) -> World:
    return world()


@pytest.fixture
def sparse(db: None) -> World:
    """One parcel a person held."""
    return world(quota_per_prisoner=1)


def told(*goods: str, once: str = ONCE, **fields: object) -> dict[str, object]:
    """Return what Amina types for Olha, who sends these things, each once and of 500 g."""
    lines: dict[str, object] = {}
    for number, description in enumerate(goods or ("печенье", "мыло"), 1):
        lines |= {
            f"item_{number}_description": description,
            f"item_{number}_quantity": "1",
            f"item_{number}_unit_mass_g": "500",
        }
    return {
        "once": once, "round": "december", "sender_name": "Olha Home", "sender_phone": "+00 (0)12 345",
        "contact_by": "phone", "relationship": "mother", "prisoner_name": "Pavlo Away",
        "prisoner_birth_date": "1990-04", "prisoner_service_number": "S-17", "declared_mass_g": "6000",
        **lines, **fields,
    }  # fmt: skip


def send(member: Staff | Client, data: dict[str, object]) -> Any:
    client = member if isinstance(member, Client) else signed_in(member)
    return client.post(COUNTER, data, follow=True)


def said(response: Any) -> list[tuple[int, str]]:
    """Return the verdicts the rules give to lines."""
    by_line = response.context["advice"].by_line
    return [(line, each["verdict"]) for line, found in sorted(by_line.items()) for each in found]


def test_declaring_registers_a_parcel_as_told(w: World) -> None:
    answer = send(w.amina, told("печенье", "мыло"))

    parcel = Parcel.objects.get()
    assert messages(answer) == [f"Registered: {parcel.number}."]
    assert answer.redirect_chain == [(f"/admin/parcels/parcel/{parcel.pk}/counter/", HTTPStatus.FOUND)]
    assert (parcel.status, parcel.round, parcel.organisation, parcel.declared_mass_g, parcel.external_id) == (
        "registered", w.round, w.north, 6_000, f"counter:{ONCE}",
    )  # fmt: skip
    sender, recipient = declared_people(parcel, as_declared=False)
    assert sender == {
        "name": "Olha Home", "born_on": None, "phone": "+00012345", "email": None, "relationship": "mother",
    }  # fmt: skip
    assert recipient == {"name": "Pavlo Away", "born_on": "1990-04", "service_number": "S-17"}
    items = declared_items(parcel, as_declared=False)
    assert [(each["description"], each["category"], each["quantity"], each["unit_mass_g"]) for each in items] == [
        ("печенье", "FOOD_DRY", 1, 500), ("мыло", "HYGIENE", 1, 500),
    ]  # fmt: skip
    assert parcel.movements.get().staff == w.amina


def test_weighed_parcel_is_taken_in_at_once(w: World) -> None:
    answer = send(w.amina, told(gross_mass_g="6200"))

    parcel = Parcel.objects.get()
    assert (parcel.status, parcel.gross_mass_g) == ("accepted", 6_200)
    assert parcel.movements.get(number=2).details == {"gross_mass_g": 6_200, "place": "North, counter 1"}
    assert "taken in, 6,200 g" in text(answer)


def test_place_may_be_another_than_the_rounds_own(w: World) -> None:
    send(w.amina, told(gross_mass_g="6200", accepted_place="North, counter 9"))

    assert Movement.objects.get(number=2).details["place"] == "North, counter 9"


@pytest.mark.parametrize("mass", ["", "6200"])
def test_double_click_makes_one_parcel(w: World, mass: str) -> None:
    amina, data = signed_in(w.amina), told(gross_mass_g=mass)
    first, again = send(amina, data), send(amina, data)

    parcel = Parcel.objects.get()
    assert messages(first) == [f"Registered: {parcel.number}."]
    assert messages(again) == [f"This was registered already: {parcel.number}."]
    assert parcel.movements.count() == (2 if mass else 1)


def test_form_gone_back_to_asks_whether_it_is_another_parcel(w: World) -> None:
    amina = signed_in(w.amina)
    send(amina, told())
    first = Parcel.objects.get()

    answer = send(amina, told(prisoner_name="Petro Away"))

    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert f"From this form {first.number} was registered, with other words." in text(answer)
    form = answer.context["form"]
    assert (form["prisoner_name"].value(), form["sender_name"].value()) == ("Petro Away", "Olha Home")
    assert Parcel.objects.count() == 1
    send(amina, told(prisoner_name="Petro Away", once=form["once"].value()))
    assert Parcel.objects.count() == 2


def test_rules_are_said_of_each_line_and_nothing_is_kept(w: World) -> None:
    answer = send(w.amina, told("печенье", "нож", "фывапролд", check="yes", sender_name="", prisoner_name=""))

    assert (answer.status_code, said(answer)) == (HTTPStatus.OK, [(2, "prohibit"), (3, "review")])
    rule = w.terms.rules.get(category="SHARP")
    for words in (
        rule.internal_reason or rule.family_reason_en,
        rule.family_reason_ru,
        rule.family_reason_uk,
    ):
        assert words in text(answer)
    assert answer.context["form"].errors == {}
    assert answer.context["form"]["item_2_description"].value() == "нож"
    assert (Parcel.objects.count(), Person.objects.count(), Line.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize(
    ("masses", "code"),
    [
        ({"declared_mass_g": "11000"}, ["OVER_MASS"]),
        ({"declared_mass_g": "6000", "gross_mass_g": "11000"}, ["OVER_MASS"]),
        ({"declared_mass_g": "11000", "gross_mass_g": "6000"}, []),
        ({"declared_mass_g": "", "gross_mass_g": ""}, []),
    ],
)
def test_rules_are_said_of_the_mass(w: World, masses: dict[str, str], code: list[str]) -> None:
    answer = send(w.amina, told(check="yes", **masses))

    assert [each["code"] for each in answer.context["advice"].whole] == code


def test_check_says_what_is_wrong_with_lines_and_asks_for_no_names(w: World) -> None:
    answer = send(w.amina, told(check="yes", sender_name="", item_2_quantity="two"))

    assert answer.context["form"].errors == {"item_2_quantity": ["Not a whole number from 1 to 1000."]}
    assert answer.context["advice"] is None


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("sender_name", "", "Required."),
        ("sender_name", "О", "Shorter than 2 characters."),
        ("sender_name", "x" * 201, "Longer than 200 characters."),
        ("sender_name", "Olha\u202eHome", "Has characters that cannot be seen."),
        ("sender_phone", "call me", "Not a telephone number."),
        ("sender_email", "olha", "Not an e-mail address."),
        ("prisoner_name", "", "Required."),
        ("prisoner_birth_date", "5.4.1990", "Not a date from 1900 on: YYYY, YYYY-MM or YYYY-MM-DD."),
        ("prisoner_birth_date", "2090", "In the future."),
        ("declared_mass_g", "6 kg", "Not a whole number of grams from 1 to 100000."),
        ("gross_mass_g", "0", "Not a whole number of grams from 1 to 100000."),
        ("accepted_place", "Counter 3", None),
        ("item_1_quantity", "", "Required."),
        ("item_1_unit_mass_g", "-1", "Not a whole number of grams from 1 to 100000."),
        ("item_12_quantity", "1", None),
        ("once", "mine", "Please start again."),
        ("round", "january", "Select a valid choice. january is not one of the available choices."),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_the_rest_is_kept(
    w: World, field: str, value: str, why: str | None
) -> None:
    expected = {
        "accepted_place": {"gross_mass_g": ["Weigh it too, or leave the place empty."]},
        "item_12_quantity": {"item_12_description": ["Required."], "item_12_unit_mass_g": ["Required."]},
    }.get(field, {field: [why]})

    answer = send(w.amina, told(**{field: value}))

    form = answer.context["form"]
    assert (answer.status_code, form.errors) == (HTTPStatus.BAD_REQUEST, expected)
    assert all(form[name].value() == kept for name, kept in told(**{field: value}).items())
    assert (Parcel.objects.count(), Person.objects.count()) == (0, 0)


def test_parcel_without_contents_is_not_declared(w: World) -> None:
    empty = {name: "" for name in told() if name.startswith("item_")}

    answer = send(w.amina, told(**empty))

    assert answer.context["form"].errors == {"item_1_description": ["Required."]}
    assert Parcel.objects.count() == 0


def test_twelve_lines_are_kept_in_order_and_blank_ones_left_out(w: World) -> None:
    goods = ["мыло"] * 12
    data = told(*goods)
    data |= {f"item_5_{field}": "" for field in ("description", "quantity", "unit_mass_g")}
    data["item_12_description"] = "печенье"

    send(w.amina, data)

    assert list(Line.objects.order_by("number").values_list("number", "category")) == [
        *((number, "HYGIENE") for number in range(1, 11)), (11, "FOOD_DRY"),
    ]  # fmt: skip


def test_verdicts_stand_at_the_line_they_are_about_though_one_before_is_blank(w: World) -> None:
    data = told("мыло", "мыло", "нож", check="yes")
    data |= {f"item_2_{field}": "" for field in ("description", "quantity", "unit_mass_g")}

    assert said(send(w.amina, data)) == [(3, "prohibit")]


def test_only_round_is_chosen_beforehand(w: World) -> None:
    form = signed_in(w.amina).get(COUNTER).context["form"]

    assert form.fields["round"].choices == [("december", "december")]


def test_only_ones_own_collecting_rounds_are_offered(w: World) -> None:
    def another(reference: str, **fields: object) -> Round:
        plain = {
            "agreement": w.round.agreement, "terms": w.terms, "sending": w.north, "holding": w.south,
            "status": Round.Status.COLLECTING, "target": 1, "opens_on": NOON.date(), "closes_on": NOON.date(),
            "collection_point": "x", "round_key": bytes(32),
        }  # fmt: skip
        return make_round(reference=reference, **plain | fields)

    another("back", sending=w.south, holding=w.north)
    another("closed", status=Round.Status.CLOSED)
    another("second")
    west = organisation("west")
    another("west", sending=west, holding=w.south)

    amina = signed_in(w.amina)
    choices = [value for value, _ in amina.get(COUNTER).context["form"].fields["round"].choices]
    assert choices[0] == ""
    assert set(choices) == {"", "december", "second"}
    for reference in ("back", "closed", "west"):
        assert send(amina, told(round=reference)).context["form"].errors.keys() == {"round"}
    assert Parcel.objects.count() == 0


def test_nothing_is_declared_while_no_round_collects(w: World) -> None:
    Round.objects.update(status=Round.Status.CLOSED)

    assert "No round of yours collects now" in text(signed_in(w.amina).get(COUNTER))
    assert send(w.amina, told()).status_code == HTTPStatus.BAD_REQUEST
    assert Parcel.objects.count() == 0


def test_agreement_out_of_force_is_said_and_nothing_is_lost(w: World) -> None:
    Agreement.objects.update(status=Agreement.Status.SUSPENDED)

    answer = send(w.amina, told(gross_mass_g="6200"))

    assert answer.context["form"].non_field_errors() == ["The agreement is not in force."]
    assert answer.context["form"]["sender_name"].value() == "Olha Home"
    assert (Parcel.objects.count(), Person.objects.count()) == (0, 0)


@pytest.mark.parametrize("who", ["bruno", "dawit", "gita", "ivo", "elena", "farid"])
def test_other_roles_have_no_counter(w: World, who: str) -> None:
    member, parcel = signed_in(getattr(w, who)), registered(w)

    assert member.get(COUNTER).status_code == HTTPStatus.FORBIDDEN
    assert member.post(COUNTER, told()).status_code == HTTPStatus.FORBIDDEN
    assert member.get(f"/admin/parcels/parcel/{parcel.pk}/counter/").status_code == HTTPStatus.FORBIDDEN
    assert member.post(f"/admin/parcels/parcel/{parcel.pk}/slip/").status_code == HTTPStatus.FORBIDDEN
    assert "Declare a parcel" not in text(member.get("/admin/"))
    assert "Declare a parcel" not in text(member.get("/admin/parcels/parcel/"))
    assert (Parcel.objects.count(), parcel.movements.count()) == (1, 1)


def test_parcel_of_another_office_is_not_there(w: World) -> None:
    parcel = registered(w)
    stranger = signed_in(staff("zora", "registrar", organisation("west")))

    for address in ("counter/", "slip/"):
        answer = stranger.post(f"/admin/parcels/parcel/{parcel.pk}/{address}")
        assert answer.status_code == HTTPStatus.NOT_FOUND
    assert stranger.get(f"/admin/parcels/parcel/{parcel.pk}/counter/").status_code == HTTPStatus.NOT_FOUND
    assert parcel.movements.count() == 1


def test_registrar_of_the_holding_side_has_no_counter_for_it(w: World) -> None:
    parcel, hana = registered(w), signed_in(staff("hana", "registrar", w.south))

    assert hana.get(f"/admin/parcels/parcel/{parcel.pk}/counter/").status_code == HTTPStatus.FORBIDDEN
    assert hana.post(f"/admin/parcels/parcel/{parcel.pk}/slip/").status_code == HTTPStatus.FORBIDDEN
    assert hana.post(COUNTER, told()).status_code == HTTPStatus.BAD_REQUEST
    assert (Parcel.objects.count(), parcel.movements.count()) == (1, 1)


def test_ways_lead_to_the_counter(w: World) -> None:
    amina = signed_in(w.amina)

    for page in ("/admin/", "/admin/parcels/parcel/"):
        assert amina.get(page).content.count(f'href="{COUNTER}"'.encode()) == 2  # the menu, and the page


def test_counter_shows_what_is_in_it_and_names_nobody(w: World) -> None:
    answer = send(w.amina, told("печенье", "нож"))

    page = text(answer)
    assert "нож" in page
    assert said(answer) == [(2, "prohibit")]
    for name in ("Olha", "Pavlo", "S-17", "1990", "mother"):
        assert name not in page


def strip(response: Any) -> str:
    """Return the page without what differs by chance: number, ids and tokens."""
    parcel = response.context["parcel"]
    words = text(response).replace(parcel.number, "NUMBER")
    return words.replace(str(parcel.pk), "ID")


def test_nothing_at_the_counter_tells_whether_the_addressee_is_known(sparse: World) -> None:
    """Not that others sent to him, not that there is no place left, not what became of him."""
    amina = signed_in(sparse.amina)
    first = send(amina, told("печенье", "нож", once="1" * 32))
    stranger = send(
        amina,
        told("печенье", "нож", once="2" * 32, prisoner_name="Taras Other", prisoner_service_number="S-99"),
    )
    known = send(amina, told("печенье", "нож", once="3" * 32, sender_name="Iryna Else"))
    assert len({each.recipient_id for each in Parcel.objects.all()}) == 2

    assert strip(first) == strip(stranger) == strip(known)
    checks = [
        text(send(amina, told("печенье", "нож", check="yes", prisoner_name=name)))
        for name in ("Pavlo Away", "Nobody Known")
    ]
    assert checks[0] == checks[1]


def test_screened_parcel_reads_at_the_counter_as_before(sparse: World) -> None:
    """Its status would tell of the addressee: held over the quota, or cleared."""
    amina = signed_in(sparse.amina)
    before = [strip(send(amina, told(once=once, gross_mass_g="6200"))) for once in ("1" * 32, "2" * 32)]
    drain("screen")
    parcels = list(Parcel.objects.order_by("pk"))
    assert [each.status for each in parcels] == ["cleared", "in_review"]

    after = [strip(amina.get(f"/admin/parcels/parcel/{each.pk}/counter/")) for each in parcels]

    without_message = [words.replace("Registered: NUMBER. ", "") for words in before]
    assert after == without_message
    assert after[0] == after[1]


def test_end_that_is_not_released_is_not_told(w: World) -> None:
    amina, plain, ended = signed_in(w.amina), registered(w), registered(w)
    move(ended, "cancel", w.act(w.amina))
    Parcel.objects.filter(pk=ended.pk).update(held_from=2)

    told_ = [strip(amina.get(f"/admin/parcels/parcel/{each.pk}/counter/")) for each in (plain, ended)]
    slip = amina.post(f"/admin/parcels/parcel/{ended.pk}/slip/")

    assert told_[0] == told_[1]
    assert slip["Content-Type"] == "application/pdf"


def test_withdrawn_parcel_is_said_so(w: World) -> None:
    parcel = move(registered(w), "cancel", w.act(w.amina))

    page = text(signed_in(w.amina).get(f"/admin/parcels/parcel/{parcel.pk}/counter/"))

    assert "withdrawn" in page
    assert "Weigh and accept" not in page
    assert "Print the slip" not in page


def test_registrar_prints_a_slip_and_each_print_is_recorded(w: World) -> None:
    amina, parcel = signed_in(w.amina), registered(w)
    address = f"/admin/parcels/parcel/{parcel.pk}/slip/"

    assert amina.get(address).status_code == HTTPStatus.METHOD_NOT_ALLOWED
    for _ in range(2):
        slip = amina.post(address)
        assert slip.content.startswith(b"%PDF-")
        assert (slip["Content-Type"], slip["Content-Disposition"]) == (
            "application/pdf", f'inline; filename="slip-{parcel.number}.pdf"',
        )  # fmt: skip
        assert "no-store" in slip["Cache-Control"]

    seen = parcel.movements.filter(move="observe").order_by("number")
    assert [(each.details, each.staff) for each in seen] == [({"move": "print_slips"}, w.amina)] * 2
    audited = AuditEntry.objects.filter(act="print_slips")
    assert (
        list(audited.values_list("staff", "subject_kind", "subject"))
        == [(w.amina.pk, "parcel", parcel.pk)] * 2
    )


def test_slip_of_what_was_handed_over_is_not_printed_by_one(w: World) -> None:
    parcel = handed_over(w)

    answer = signed_in(w.amina).post(f"/admin/parcels/parcel/{parcel.pk}/slip/", follow=True)

    assert messages(answer) == ["Its slip is given again by two officers only: they propose a new code."]
    assert not parcel.movements.filter(move="observe").exists()
    assert not AuditEntry.objects.filter(act="print_slips").exists()


def test_no_page_of_the_counter_holds_a_receipt_code(w: World) -> None:
    answer = send(w.amina, told(gross_mass_g="6200"))

    parcel = Parcel.objects.get()
    page = answer.content.decode()
    code = codes.receipt_code(bytes.fromhex(settings.KEYS.code), bytes(parcel.seed))
    assert code not in page
    assert code.replace("-", "") not in page


def test_lines_cost_no_queries_of_their_own(w: World) -> None:
    amina = signed_in(w.amina)

    def count(data: dict[str, object]) -> int:
        with CaptureQueriesContext(connection) as asked:
            send(amina, data)
        return len(asked)

    assert count(told("нож", check="yes")) == count(told("нож", "мыло", "печенье", check="yes"))
    one, three = (registered(w, *goods) for goods in (["нож"], ["нож", "мыло", "печенье"]))
    costs = []
    for parcel in (one, three):
        with CaptureQueriesContext(connection) as asked:
            amina.get(f"/admin/parcels/parcel/{parcel.pk}/counter/")
        costs.append(len(asked))
    assert costs[0] == costs[1]
