from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from parcels.actions import Result, Step, advance, observe, release_news
from parcels.models import Movement, Parcel, Publication
from people import actors
from people.actors import Actor
from tests import factories
from tests.factories import (
    NOON,
    World,
    accepted,
    cleared,
    consignment,
    dispatched,
    handed_over,
    move,
    packed,
    registered,
    settle,
    world,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def w() -> World:
    return world()


def one(parcel: Parcel, name: str, by: Actor, *, external_id: str | None = None, **details: object) -> Result:
    (result,) = advance([Step(parcel.number, name, NOON, external_id, details)], by=by, now=NOON)
    return result


def refused(parcel: Parcel, name: str, by: Actor, **details: object) -> str | None:
    """Return the problem of a step that must be refused and change nothing."""
    before = (
        Parcel.objects.values().get(pk=parcel.pk),
        parcel.movements.count(),
        Publication.objects.count(),
    )

    result = one(parcel, name, by, **details)

    after = (Parcel.objects.values().get(pk=parcel.pk), parcel.movements.count(), Publication.objects.count())
    assert (result.result, after) == ("refused", before)
    return result.problem


def history(parcel: Parcel) -> list[tuple[int, str, str]]:
    return list(parcel.movements.order_by("number").values_list("number", "move", "status"))


def test_accept_moves_and_records_who_when_and_what(w: World) -> None:
    parcel = registered(w)

    result = one(parcel, "accept", w.act(w.amina), external_id="a-1", gross_mass_g=6_200, place="counter 1")

    parcel.refresh_from_db()
    movement = parcel.movements.get(number=2)
    assert result == Result("moved", parcel.number, "a-1", 2, "accepted")
    assert (parcel.status, parcel.last_number, parcel.gross_mass_g, parcel.holder) == (
        "accepted", 2, 6_200, w.north,
    )  # fmt: skip
    assert (movement.staff, movement.organisation, movement.happened_at, movement.recorded_at) == (
        w.amina, w.north, NOON, NOON,
    )  # fmt: skip
    assert movement.details == {"gross_mass_g": 6_200, "place": "counter 1"}


def test_repeat_of_an_external_id_changes_nothing(w: World) -> None:
    parcel = registered(w)
    first = one(parcel, "accept", w.act(w.amina), external_id="a-1", gross_mass_g=6_200, place="counter 1")

    again = one(parcel, "accept", w.act(w.amina), external_id="a-1", gross_mass_g=6_200, place="counter 1")

    assert again == first._replace(result="repeated")
    assert parcel.movements.count() == 2


def test_external_id_used_for_another_parcel_is_refused(w: World) -> None:
    parcel, other = registered(w), registered(w)
    one(parcel, "accept", w.act(w.amina), external_id="a-1", gross_mass_g=6_200, place="counter 1")

    result = one(other, "accept", w.act(w.amina), external_id="a-1", gross_mass_g=6_200, place="counter 1")

    assert result.problem == "external-id-reused"
    assert history(other) == [(1, "register", "registered")]


def test_decision_that_does_not_fit_is_refused(w: World) -> None:
    assert refused(cleared(w), "accept", w.act(w.amina), gross_mass_g=6_000, place="x") == "illegal-move"


def test_fact_that_does_not_fit_is_observed(w: World) -> None:
    parcel = cleared(w)

    result = one(parcel, "hand_over", w.act(w.elena), act="ACT-7")

    parcel.refresh_from_db()
    assert (result.result, result.number, parcel.status) == ("observed", 4, "cleared")
    assert parcel.movements.get(number=4).details == {"act": "ACT-7", "move": "hand_over"}
    assert not Publication.objects.filter(parcel=parcel, number=4).exists()


def test_wrong_role_is_refused_even_for_a_fact(w: World) -> None:
    assert refused(dispatched(w), "hand_over", w.act(w.bruno), act="ACT-7") == "not-permitted"


@pytest.mark.parametrize("name", ["register", "fly", "observe"])
def test_move_outside_the_table_is_refused(w: World, name: str) -> None:
    assert refused(accepted(w), name, w.act(w.amina), declaration="x") in ("validation", "illegal-move")


def test_parcel_of_foreign_rounds_is_unknown(w: World) -> None:
    stranger = factories.staff("zoe", "registrar", factories.organisation("elsewhere"))

    assert refused(registered(w), "accept", w.act(stranger), gross_mass_g=1, place="x") == "unknown-parcel"
    missing = one(Parcel(number="PZ000000015ZZ"), "cancel", w.act(w.amina))
    assert missing.problem == "unknown-parcel"


def test_missing_details_are_named(w: World) -> None:
    result = one(registered(w), "accept", w.act(w.amina), gross_mass_g=5_000)

    assert (result.problem, result.detail) == ("missing-detail", "place")


def test_what_happens_more_than_five_minutes_ahead_is_refused(w: World) -> None:
    parcel = registered(w)
    late, soon = (Step(parcel.number, "cancel", NOON + timedelta(minutes=minutes)) for minutes in (6, 5))

    assert advance([late], by=w.act(w.amina), now=NOON)[0].problem == "validation"
    assert advance([soon], by=w.act(w.amina), now=NOON)[0].result == "moved"


def test_steps_of_one_parcel_apply_in_order(w: World) -> None:
    parcel = registered(w)
    steps = [
        Step(parcel.number, "accept", NOON, "a", {"gross_mass_g": 6_000, "place": "x"}),
        Step(parcel.number, "send_back", NOON, "b", {"reason": "sender_asks"}),
    ]
    by = Actor("staff", w.north.pk, frozenset({"registrar", "dispatcher"}), staff_id=w.amina.pk)

    results = advance(steps, by=by, now=NOON)

    assert [(each.result, each.number, each.status) for each in results] == [
        ("moved", 2, "accepted"), ("moved", 3, "returning"),
    ]  # fmt: skip


def test_steps_of_one_parcel_are_all_or_nothing_and_others_go_on(w: World) -> None:
    parcel, other = registered(w), registered(w)
    good = {"gross_mass_g": 6_000, "place": "x"}
    steps = [
        Step(parcel.number, "accept", NOON, "a", good),
        Step(other.number, "accept", NOON, "b", good),
        Step(parcel.number, "accept", NOON, "c", good),
    ]

    results = advance(steps, by=w.act(w.amina), now=NOON)

    assert [(each.result, each.problem) for each in results] == [
        ("refused", "illegal-move"), ("moved", None), ("refused", "illegal-move"),
    ]  # fmt: skip
    assert history(parcel) == [(1, "register", "registered")]


def test_external_id_of_a_refused_parcel_stays_free(w: World) -> None:
    parcel = registered(w)
    good = {"gross_mass_g": 6_000, "place": "x"}
    steps = [Step(parcel.number, "accept", NOON, "a", good), Step(parcel.number, "accept", NOON, "c", good)]
    advance(steps, by=w.act(w.amina), now=NOON)

    (result,) = advance(steps[:1], by=w.act(w.amina), now=NOON)

    assert result.result == "moved"


@pytest.mark.parametrize("name", ["clear", "refuse", "dispose", "write_off", "correct"])
def test_two_person_acts_are_not_done_by_one(w: World, name: str) -> None:
    parcel = move(accepted(w), "hold", actors.worker(w.north.pk), findings=["UNKNOWN_CATEGORY"])
    details = {
        "reason": "x", "method": "x", "last_holder": "x", "searched": "x", "corrects": 3,
    }  # fmt: skip

    assert refused(parcel, name, w.act(w.bruno), **details) == "not-permitted"
    assert refused(parcel, name, actors.worker(w.north.pk), **details) == "not-permitted"


def test_frozen_stops_decisions_and_not_facts(w: World) -> None:
    parcel = dispatched(w)
    Parcel.objects.update(frozen=True)

    assert refused(cleared_frozen(w), "send_back", w.act(w.dawit), reason="x") == "not-now"
    assert one(parcel, "entrust", w.act(w.farid)).result == "moved"


def cleared_frozen(w: World) -> Parcel:
    parcel = cleared(w)
    Parcel.objects.filter(pk=parcel.pk).update(frozen=True)
    return parcel


@pytest.mark.parametrize("status", ["suspended", "expired", "terminated"])
def test_agreement_out_of_force_stops_intake_and_leaving_only(w: World, status: str) -> None:
    waiting, travelling = registered(w), dispatched(w)
    w.round.agreement.status = status
    w.round.agreement.ended_on = None if status == "suspended" else NOON.date()
    w.round.agreement.save()

    assert refused(waiting, "accept", w.act(w.amina), gross_mass_g=6_000, place="x") == "not-now"
    assert one(travelling, "entrust", w.act(w.farid)).result == "moved"
    assert one(waiting, "cancel", w.act(w.amina)).result == "moved"


def test_pack_waits_for_addressee_and_tie_alike(w: World) -> None:
    into = consignment(w)
    parcel = cleared(w)

    assert refused(parcel, "pack", w.act(w.dawit), consignment=into.number) == "not-now"
    Parcel.objects.filter(pk=parcel.pk).update(tie_checked_by=w.amina)
    assert refused(parcel, "pack", w.act(w.dawit), consignment=into.number) == "not-now"
    settle(w, parcel)
    assert one(parcel, "pack", w.act(w.dawit), consignment=into.number).result == "moved"


def test_dispatch_is_all_or_nothing(w: World) -> None:
    into = consignment(w)
    first, second = packed(w, into), packed(w, into)
    factories.seal(into)
    step = {"seal": "SEAL-1"}

    assert refused(first, "dispatch", w.act(w.dawit), **step) == "not-now"

    Parcel.objects.filter(pk=second.pk).update(frozen=True)
    both = [Step(parcel.number, "dispatch", NOON, None, step) for parcel in (first, second)]
    assert [each.problem for each in advance(both, by=w.act(w.dawit), now=NOON)] == ["not-now", "not-now"]
    assert history(first)[-1][1] == "pack"

    Parcel.objects.filter(pk=second.pk).update(frozen=False)
    assert [each.result for each in advance(both, by=w.act(w.dawit), now=NOON)] == ["moved", "moved"]
    into.refresh_from_db()
    assert into.status == "dispatched"


def test_refused_dispatch_keeps_nothing_back_but_its_consignment(w: World) -> None:
    other = registered(w)
    steps = [
        Step(cleared(w).number, "dispatch", NOON, None, {"seal": "SEAL-1"}),
        Step(other.number, "cancel", NOON),
    ]
    by = Actor("staff", w.north.pk, frozenset({"registrar", "dispatcher"}), staff_id=w.amina.pk)

    assert [each.result for each in advance(steps, by=by, now=NOON)] == ["refused", "moved"]
    assert history(other)[-1] == (2, "cancel", "cancelled")


def test_repeated_dispatch_stays_a_repeat_beside_a_refused_one(w: World) -> None:
    parcel = packed(w)
    assert parcel.consignment is not None
    factories.seal(parcel.consignment)
    once = Step(parcel.number, "dispatch", NOON, "d-1", {"seal": "SEAL-1"})
    advance([once], by=w.act(w.dawit), now=NOON)
    other = Parcel.objects.get(pk=move(packed(w, consignment(w)), "unpack", w.act(w.dawit), reason="x").pk)

    steps = [once, once._replace(parcel=other.number, external_id="d-2")]

    assert [each.result for each in advance(steps, by=w.act(w.dawit), now=NOON)] == ["repeated", "refused"]


def test_external_id_of_a_refused_parcel_is_free_in_the_same_call(w: World) -> None:
    parcel, other = registered(w), registered(w)
    steps = [
        Step(parcel.number, "cancel", NOON, "a"),
        Step(parcel.number, "cancel", NOON, "b"),
        Step(other.number, "cancel", NOON, "a"),
    ]

    results = advance(steps, by=w.act(w.amina), now=NOON)

    assert [each.problem for each in results] == ["illegal-move", "illegal-move", None]


def test_unpack_of_a_sealed_consignment_tells_both_seals(w: World) -> None:
    into = consignment(w)
    parcel = packed(w, into)
    factories.seal(into)

    assert refused(parcel, "unpack", w.act(w.dawit), reason="x") == "missing-detail"
    assert refused(parcel, "unpack", actors.worker(w.north.pk), reason="x") == "not-now"
    assert (
        one(parcel, "unpack", w.act(w.dawit), reason="x", old_seal="SEAL-1", new_seal="SEAL-2").result
        == "moved"
    )
    into.refresh_from_db()
    parcel.refresh_from_db()
    assert (into.seal, parcel.consignment, parcel.status) == ("SEAL-2", None, "cleared")


def test_custody_follows_who_took_it(w: World) -> None:
    parcel = dispatched(w)
    assert parcel.holder == w.north

    assert move(parcel, "entrust", w.act(w.farid)).holder == w.harbour
    assert move(parcel, "hand_over", w.act(w.farid), act="ACT-1").holder == w.south


def test_bring_back_is_for_its_holder_alone(w: World) -> None:
    parcel = move(dispatched(w), "entrust", w.act(w.farid))

    assert refused(parcel, "bring_back", w.act(w.elena), reason="x") == "not-permitted"
    assert one(parcel, "bring_back", w.act(w.farid), reason="x").result == "moved"


def test_liaison_records_a_partners_fact_with_its_paper(w: World) -> None:
    parcel = dispatched(w)

    assert refused(parcel, "entrust", w.act(w.gita)) == "not-permitted"
    assert refused(parcel, "entrust", w.act(w.gita), on_behalf_of="harbour") == "missing-detail"
    assert refused(parcel, "entrust", w.act(w.dawit), on_behalf_of="harbour", document="D") == "not-permitted"
    assert one(parcel, "entrust", w.act(w.gita), on_behalf_of="harbour", document="D-1").result == "moved"
    parcel.refresh_from_db()
    assert parcel.holder == w.harbour


@pytest.mark.parametrize("evidence", ["own_word", "representative", "holding_list", "photo", "none"])
def test_weaker_evidence_does_not_confirm(w: World, evidence: str) -> None:
    parcel = handed_over(w)

    assert refused(parcel, "confirm", w.act(w.gita), evidence=evidence, complete="yes") == "validation"


def test_whoever_reported_receipt_does_not_confirm_it(w: World) -> None:
    parcel = handed_over(w)
    move(parcel, "receive", w.act(w.farid), evidence="representative", complete="yes")

    told = {"evidence": "own_reply", "complete": "yes"}
    assert refused(parcel, "confirm", w.act(w.farid), **told) == "not-permitted"
    assert one(parcel, "confirm", w.act(w.gita), **told).status == "confirmed"


def test_admit_takes_lines_out_and_says_what_became_of_them(w: World) -> None:
    parcel = handed_over(w)
    removed = [{"line": 2, "count": 1, "reason": "QUANTITY", "fate": "given"}]

    wrong = [{"line": 2, "count": 9, "reason": "QUANTITY", "fate": "given"}]
    assert (
        refused(parcel, "admit", w.act(w.elena), examined_before="delegate", lines_removed=wrong)
        == "validation"
    )
    move(parcel, "admit", w.act(w.elena), examined_before="delegate", lines_removed=removed)

    line = parcel.lines.get(number=2)
    assert (line.removed, line.fate) == (1, "given")


def test_news_up_to_packed_is_public_at_once(w: World) -> None:
    parcel = packed(w)

    assert list(
        Publication.objects.filter(parcel=parcel).order_by("number").values_list("number", "public_from")
    ) == [(number, NOON) for number in (1, 2, 3, 4)]


def test_one_public_day_a_consignment(w: World) -> None:
    into = consignment(w)
    first, second = packed(w, into), packed(w, into)
    factories.seal(into)
    both = [Step(parcel.number, "dispatch", NOON, None, {"seal": "SEAL-1"}) for parcel in (first, second)]
    advance(both, by=w.act(w.dawit), now=NOON)
    move(first, "entrust", w.act(w.farid), now=NOON + timedelta(days=1))
    move(second, "entrust", w.act(w.farid), now=NOON + timedelta(days=3))

    days = Publication.objects.filter(number=6).values_list("public_from", flat=True)
    assert list(days) == [NOON + timedelta(days=8)] * 2


def test_hard_news_and_what_follows_waits_for_a_liaison(w: World) -> None:
    parcel = handed_over(w)
    before = Publication.objects.filter(parcel=parcel).count()

    move(parcel, "fail", w.act(w.elena), reason="not_there")
    move(parcel, "redirect", w.act(w.elena))

    parcel.refresh_from_db()
    assert parcel.held_from == parcel.last_number - 1
    assert Publication.objects.filter(parcel=parcel).count() == before


def test_recheck_is_never_public(w: World) -> None:
    parcel = move(cleared(w), "recheck", actors.worker(w.north.pk), rules_version=2)

    assert not Publication.objects.filter(parcel=parcel, number=parcel.last_number).exists()


def test_observation_of_a_print_moves_nothing(w: World) -> None:
    parcel = accepted(w)

    assert observe([parcel.number], "print_slips", by=w.act(w.amina), now=NOON) == 1

    parcel.refresh_from_db()
    assert (parcel.status, parcel.last_number) == ("accepted", 3)
    assert Movement.objects.get(parcel=parcel, number=3).details == {"move": "print_slips"}


@pytest.mark.parametrize("name", ["cancel", "accept"])
def test_statements_do_not_grow_with_parcels(w: World, name: str) -> None:
    parcels = [registered(w) for _ in range(4)]
    details = {"gross_mass_g": 6_000, "place": "x"}
    counts = []
    for chosen in (parcels[:1], parcels[1:]):
        steps = [Step(parcel.number, name, NOON, None, details) for parcel in chosen]
        with CaptureQueriesContext(
            connection,
        ) as queries:
            advance(steps, by=w.act(w.amina), now=NOON)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_unpack_closes_a_consignment_again_with_one_fresh_seal(w: World) -> None:
    into, another = consignment(w), consignment(w)
    parcels = [packed(w, into) for _ in range(3)]
    factories.seal(into)
    factories.seal(another, "SEAL-9")
    seals = {"reason": "x", "old_seal": "SEAL-1"}

    assert refused(parcels[0], "unpack", w.act(w.dawit), **seals, new_seal="SEAL-9") == "validation"
    assert refused(parcels[0], "unpack", w.act(w.dawit), **seals, new_seal="SEAL-1") == "validation"
    steps = [
        Step(parcel.number, "unpack", NOON, None, {**seals, "new_seal": new})
        for parcel, new in zip(parcels, ("SEAL-2", "SEAL-2", "SEAL-3"), strict=True)
    ]
    assert [each.problem for each in advance(steps, by=w.act(w.dawit), now=NOON)] == [
        None,
        None,
        "validation",
    ]
    into.refresh_from_db()
    assert into.seal == "SEAL-2"


def test_the_same_organisations_word_through_anothers_pen_does_not_confirm(w: World) -> None:
    told = {"evidence": "own_reply", "complete": "yes"}
    paper: dict[str, Any] = {"on_behalf_of": "south", "document": "D-1"}
    parcel = handed_over(w)

    assert refused(parcel, "confirm", w.act(w.gita), **told, **paper) == "not-permitted"
    move(parcel, "receive", w.act(w.gita), evidence="holding_list", complete="yes", **paper)
    assert one(parcel, "confirm", w.act(w.gita), **told).status == "confirmed"

    parcel = handed_over(w)
    move(parcel, "receive", w.act(w.farid), evidence="representative", complete="yes")
    by_harbour = {"on_behalf_of": "harbour", "document": "D-2"}
    assert refused(parcel, "confirm", w.act(w.gita), **told, **by_harbour) == "not-permitted"


def contested(w: World) -> Parcel:
    parcel = move(handed_over(w), "receive", w.act(w.elena), evidence="holding_list", complete="yes")
    return move(parcel, "contest", w.act(w.gita), document="LETTER-1")


def test_what_is_contested_is_found_by_liaison_or_neutral(w: World) -> None:
    found = {"where": "admitted", "seal": "none"}

    assert refused(contested(w), "find", w.act(w.elena), **found) == "not-permitted"
    assert refused(contested(w), "find", w.act(w.dawit), **found) == "not-permitted"
    assert one(contested(w), "find", w.act(w.farid), **found).status == "admitted"
    assert one(contested(w), "find", w.act(w.gita), **found).status == "admitted"


def test_find_tells_the_holding_side_nothing_of_a_contest(w: World) -> None:
    found = {"where": "admitted", "seal": "none"}
    spared = move(handed_over(w), "receive", w.act(w.elena), evidence="holding_list", complete="yes")

    answers = [one(parcel, "find", w.act(w.elena), **found) for parcel in (spared, contested(w))]

    assert answers[0]._replace(parcel="") == answers[1]._replace(parcel="")


def test_missing_parcel_is_found_by_any_end(w: World) -> None:
    parcel = move(handed_over(w), "report_missing", w.act(w.elena))

    assert one(parcel, "find", w.act(w.elena), where="handed_over", seal="none").status == "handed_over"


def test_found_at_home_it_is_in_no_consignment(w: World) -> None:
    parcel = move(dispatched(w), "report_missing", w.act(w.dawit))

    parcel = move(parcel, "find", w.act(w.dawit), where="accepted", seal="broken")

    assert (parcel.consignment, parcel.holder) == (None, w.north)


def test_found_on_behalf_of_another_it_is_held_by_that_one(w: World) -> None:
    parcel = move(accepted(w), "send_back", w.act(w.dawit), reason="x")
    parcel = move(parcel, "report_missing", w.act(w.dawit))
    paper: dict[str, Any] = {"on_behalf_of": "harbour", "document": "D-1"}

    parcel = move(parcel, "find", w.act(w.gita), where="returning", seal="none", **paper)

    assert parcel.holder == w.harbour


def test_what_never_left_in_a_consignment_is_handed_over_alone(w: World) -> None:
    parcel = move(accepted(w), "send_back", w.act(w.dawit), reason="x")
    parcel = move(parcel, "report_missing", w.act(w.dawit))
    parcel = move(parcel, "find", w.act(w.farid), where="with_intermediary", seal="none")
    release_news(parcel.number, by=w.act(w.gita), now=NOON)

    assert one(parcel, "hand_over", w.act(w.farid), act="ACT-1").status == "handed_over"


@pytest.mark.parametrize("name", ["dispose", "write_off", "correct", "accept", "pack", "reopen", "amend"])
def test_worker_cites_nothing_to_do_what_people_do(w: World, name: str) -> None:
    parcel = move(accepted(w), "refuse", actors.worker(w.north.pk), reason="SHARP")

    assert refused(parcel, name, actors.worker(w.north.pk), cites=1) == "not-permitted"
