from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exchanges.actions import make_round, next_version
from exchanges.models import ContentRule, Round, Terms
from parcels import screening
from parcels.actions import Step, advance, register, vote
from parcels.models import Parcel
from people.models import Role, Staff
from tests import factories
from tests.factories import NOON, World, accepted, move, registered, world
from tests.parcels.workers.conftest import history, last_details

Drain = Callable[[str], int]
PLAIN = ("печенье", "мыло")


def findings(parcel: Parcel) -> list[tuple[int | None, str | None, str, str]]:
    rows = parcel.findings.order_by("at_number", "id")
    return list(rows.values_list("line", "category", "verdict", "code"))


def status(parcel: Parcel) -> str:
    parcel.refresh_from_db()
    return parcel.status


def test_screen_clears_what_the_terms_allow_and_says_by_which_version(w: World, drain: Drain) -> None:
    parcel = accepted(w, *PLAIN)

    assert drain("screen") == 1

    assert status(parcel) == "cleared"
    assert history(parcel) == [("clear", "cleared")]
    assert last_details(parcel) == {"rules_version": 1}
    last = parcel.movements.get(number=3)
    assert (last.actor, last.staff, last.client, last.organisation) == ("worker", None, None, w.north)


def test_screen_holds_what_nobody_recognises(w: World, drain: Drain) -> None:
    parcel = accepted(w, "загадочная вещь")

    drain("screen")

    assert status(parcel) == "in_review"
    assert last_details(parcel) == {"rules_version": 1, "findings": ["UNKNOWN_CATEGORY"]}
    assert findings(parcel) == [(1, "UNKNOWN", "review", "UNKNOWN_CATEGORY")]


def test_screen_refuses_what_is_certainly_prohibited(w: World, drain: Drain) -> None:
    parcel = accepted(w, "печенье", "нож")

    drain("screen")

    rule = w.terms.rules.get(category="SHARP")
    assert status(parcel) == "refused"
    assert last_details(parcel) == {"rules_version": 1, "reason": rule.reason_code}
    found = parcel.findings.get(verdict="prohibit")
    assert (found.line, found.at_number, found.rule, found.terms) == (2, 3, rule, w.terms)


def test_screen_holds_a_parcel_without_items_left(w: World, drain: Drain) -> None:
    parcel = accepted(w, "нож")
    drain("screen")
    removed = [{"line": 1, "count": 1, "reason": "SHARP", "fate": "returned"}]
    move(parcel, "amend", w.act(w.amina), lines_removed=removed, gross_mass_g=6_000)

    drain("screen")

    assert history(parcel) == [("refuse", "refused"), ("amend", "accepted"), ("hold", "in_review")]
    assert last_details(parcel)["findings"] == ["NO_ITEMS"]


def test_screen_leaves_out_what_was_taken_out_again(w: World, drain: Drain) -> None:
    parcel = accepted(w, "печенье", "нож")
    drain("screen")
    removed = [{"line": 2, "count": 1, "reason": "SHARP", "fate": "returned"}]
    move(parcel, "amend", w.act(w.amina), lines_removed=removed, gross_mass_g=5_500)

    drain("screen")

    assert history(parcel) == [("refuse", "refused"), ("amend", "accepted"), ("clear", "cleared")]


def test_screen_waits_for_a_frozen_parcel(w: World, drain: Drain) -> None:
    parcel = accepted(w, *PLAIN)
    Parcel.objects.update(frozen=True)

    assert drain("screen") == 0

    assert (status(parcel), history(parcel)) == ("accepted", [])


def test_screen_twice_moves_once(w: World, drain: Drain) -> None:
    parcel = accepted(w, *PLAIN)

    assert [drain("screen"), drain("screen")] == [1, 0]

    assert history(parcel) == [("clear", "cleared")]


def test_place_in_quota_is_order_of_registration_not_of_screening(db: None, drain: Drain) -> None:
    w = world(quota_per_prisoner=2)
    to_one = {"recipient": factories.declaration().recipient}
    first, second, third = (registered(w, *PLAIN, **to_one) for _ in range(3))
    for parcel in (third, second, first):
        move(parcel, "accept", w.act(w.amina), gross_mass_g=6_000, place="counter")
        drain("screen")

    assert [status(parcel) for parcel in (first, second, third)] == ["cleared", "cleared", "in_review"]
    assert findings(third)[-1] == (None, None, "review", "OVER_QUOTA")


def test_second_look_is_drawn_by_the_rounds_key(db: None, drain: Drain) -> None:
    w = world(second_look_share="0.500")
    parcels = [accepted(w, *PLAIN, external_id=f"draw-{n}") for n in range(12)]

    drain("screen")

    drawn = {p.external_id for p in parcels if status(p) == "in_review"}
    assert drawn == {f"draw-{n}" for n in range(12) if screening.second_look(bytes(32), f"draw-{n}", 0.5)}
    assert 0 < len(drawn) < 12


def test_second_look_goes_by_the_number_where_there_is_no_external_id(db: None, drain: Drain) -> None:
    w = world(second_look_share="0.500")
    parcels = [accepted(w, *PLAIN) for _ in range(6)]
    Parcel.objects.update(external_id=None)

    drain("screen")

    drawn = {p.number for p in parcels if status(p) == "in_review"}
    assert drawn == {p.number for p in parcels if screening.second_look(bytes(32), p.number, 0.5)}


def settle_review(w: World, parcel: Parcel) -> None:
    for screener in (w.bruno, w.chiara):
        vote(parcel.number, "clear", by=w.act(screener), now=NOON)


def amended(w: World, parcel: Parcel) -> None:
    move(parcel, "reopen", w.act(w.bruno), reason="found")
    removed = [{"line": 1, "count": 1, "reason": "found", "fate": "returned"}]
    move(parcel, "amend", w.act(w.amina), lines_removed=removed, gross_mass_g=6_000)


def test_decision_of_two_screeners_stands_when_screened_again(w: World, drain: Drain) -> None:
    parcel = accepted(w, "печенье", "загадочная вещь")
    drain("screen")
    settle_review(w, parcel)
    amended(w, parcel)

    drain("screen")

    assert history(parcel)[-1] == ("clear", "cleared")


def test_decision_outlives_new_terms_that_say_the_same_and_no_others(w: World, drain: Drain) -> None:
    same, changed = (accepted(w, thing, "мыло") for thing in ("сало домашнее", "загадочная вещь"))
    drain("screen")
    assert [status(same), status(changed)] == ["in_review", "in_review"]
    settle_review(w, same)
    settle_review(w, changed)
    terms = next_version(w.terms)
    ContentRule.objects.create(terms=terms, category="UNKNOWN", verdict="prohibit", reason_code="LOCAL_RULE")
    in_force(w, terms)

    drain("recheck")
    drain("screen")

    assert (status(same), status(changed)) == ("cleared", "in_review")


def in_force(w: World, terms: Terms) -> None:
    Terms.objects.filter(pk=w.terms.pk).update(status="superseded")
    Terms.objects.filter(pk=terms.pk).update(status="in_force", in_force_at=NOON)
    Round.objects.update(terms=terms)


def test_each_round_is_screened_by_its_own_terms_and_office(w: World, drain: Drain) -> None:
    west = factories.organisation("west")
    amina = factories.staff("amina-west", Role.REGISTRAR, west)
    terms = next_version(w.terms)
    ContentRule.objects.filter(terms=terms, category="HYGIENE").update(verdict="prohibit", reason_code="NO")
    ours = accepted(w, *PLAIN)
    Terms.objects.filter(pk=w.terms.pk).update(status="superseded")
    Terms.objects.filter(pk=terms.pk).update(status="in_force", in_force_at=NOON)
    january = make_round(
        reference="january", agreement=w.round.agreement, terms=terms, sending=west, holding=w.south,
        status=Round.Status.COLLECTING, target=10, opens_on=w.round.opens_on,
        closes_on=w.round.closes_on, collection_point="West",
    )  # fmt: skip
    theirs = registered_in(january, w, amina)

    drain("screen")

    assert (status(ours), status(theirs)) == ("cleared", "refused")
    assert theirs.movements.get(move="refuse").organisation == west


def registered_in(round_: Round, w: World, registrar: Staff) -> Parcel:
    by = w.act(registrar)
    (made,) = register([factories.declaration(*PLAIN)], round_=round_, by=by, now=NOON)
    details = {"gross_mass_g": 6_000, "place": "West"}
    advance([Step(str(made.number), "accept", NOON, details=details)], by=by, now=NOON)
    return Parcel.objects.get(number=made.number)


@pytest.mark.parametrize("share", ["0", "1"])
def test_screen_asks_as_often_for_three_parcels_as_for_one(db: None, drain: Drain, share: str) -> None:
    w = world(quota_per_prisoner=1, second_look_share=share)
    asked = []
    for count in (1, 3):
        for _ in range(count):
            accepted(w, *PLAIN)
        drain("match")
        with CaptureQueriesContext(connection) as queries:
            assert drain("screen") == count
        asked.append(len(queries))

    assert asked[0] == asked[1]
