"""What prisoners said at visits: how it is graded, what it moves, and that it moves once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from exchanges.actions import ToldParcel, draft_terms
from exchanges.models import Agreement, ReportedParcel, Round, Visit
from parcels.actions import Step, advance, propose
from parcels.models import Parcel, Publication
from parcels.visits import strays
from parcels.workers.visits import evidence
from people import approvals
from people.models import Person, Staff
from tests.exchanges.visits import HOUR, held, host_liaison, person, reported, says
from tests.factories import NOON, World, accepted, dispatched, handed_over, move, registered
from tests.parcels.workers.conftest import history, last_details
from tests.partners import Partner, partner

Drain = Callable[[str], int]
HALF = timedelta(minutes=30)
# The visit ends two hours after NOON; what is told of it was said then.
SAID = NOON + 2 * HOUR


def visitor(w: World, who: str) -> tuple[Staff, str]:
    """Return an officer of those who visit South, and the kind of visit."""
    if who == "neutral":
        return w.farid, "neutral"
    return (w.gita, "mutual") if who == "own" else (host_liaison(w), "mutual")


def told(
    w: World, parcel: Parcel, who: str = "own", received: bool = True, in_private: str = "yes",
    complete: str = "yes", after: timedelta = timedelta(0), named: Person | None = None,
) -> ReportedParcel:  # fmt: skip
    """A visit at which the addressee spoke of this parcel."""
    by, kind = visitor(w, who)
    pavlo = named or parcel.recipient
    visit = held(w, pavlo, by=by, kind=kind, at=NOON + after)
    said = ToldParcel(parcel.number, received, complete if received else "unknown")
    report = reported(w, visit, says(pavlo, [said]), by=by, in_private=in_private)
    return ReportedParcel.objects.get(reported__report=report)


def receive(
    w: World, parcel: Parcel, who: Staff, at: timedelta = HALF, grade: str = "holding_list"
) -> Parcel:
    details = {"evidence": grade, "complete": "yes"}
    (result,) = advance([Step(parcel.number, "receive", NOON + at, details=details)], by=w.act(who), now=SAID)
    assert result.result == "moved"
    parcel.refresh_from_db()
    return parcel


def at(w: World, status: str) -> Parcel:
    """A parcel in this status, long before the visit ends."""
    if status == "dispatched":
        return dispatched(w)
    parcel = handed_over(w)
    match status:
        case "admitted":
            move(parcel, "admit", w.act(w.elena), examined_before="nobody")
        case "received":
            receive(w, parcel, w.elena)
        case "confirmed":
            move(parcel, "confirm", w.act(w.farid), evidence="own_reply", complete="yes")
        case "undeliverable":
            move(parcel, "fail", w.act(w.elena), reason="absent")
        case "missing":
            move(parcel, "report_missing", w.act(w.elena))
    return parcel


@pytest.mark.parametrize(
    ("by_his_own", "in_private", "grade"),
    [
        (True, True, "own_word_private"), (True, False, "own_word"), (False, True, "holding_list"),
        (False, False, "holding_list"),
    ],
)  # fmt: skip
def test_word_is_graded(by_his_own: bool, in_private: bool, grade: str) -> None:
    assert evidence(by_his_own=by_his_own, in_private=in_private) == grade


MOVES: dict[tuple[str, str], str] = {
    ("own_word_private", "dispatched"): "observe",
    ("own_word_private", "handed_over"): "confirm",
    ("own_word_private", "admitted"): "confirm",
    ("own_word_private", "received"): "confirm",
    ("own_word_private", "confirmed"): "observe",
    ("own_word_private", "undeliverable"): "confirm",
    ("own_word_private", "missing"): "confirm",
    ("lesser", "dispatched"): "observe",
    ("lesser", "handed_over"): "receive",
    ("lesser", "admitted"): "receive",
    ("lesser", "received"): "observe",
    ("lesser", "confirmed"): "observe",
    ("lesser", "undeliverable"): "receive",
    ("lesser", "missing"): "receive",
}


@pytest.mark.parametrize("status", sorted({status for _, status in MOVES}))
@pytest.mark.parametrize("in_private", ["yes", "no", "unknown"])
@pytest.mark.parametrize("who", ["own", "neutral", "holding"])
def test_received_parcel_moves_by_its_grade_once(
    w: World, drain: Drain, who: str, in_private: str, status: str
) -> None:
    parcel = at(w, status)
    before = history(parcel)
    line = told(w, parcel, who, in_private=in_private, complete="partly")
    grade = evidence(by_his_own=who != "holding", in_private=in_private == "yes")

    assert [drain("follow"), drain("follow")] == [1, 0]

    expected = MOVES[grade if grade == "own_word_private" else "lesser", status]
    (made,) = history(parcel)[len(before) :]
    assert made[0] == expected
    said = parcel.movements.get(details__visit_line=line.pk)
    plain = {"evidence": grade, "complete": "partly", "visit_line": line.pk}
    stated = {"move": "confirm" if grade == "own_word_private" else "receive"}
    assert said.details == (plain | stated if expected == "observe" else plain)
    organisation = {"own": w.north, "neutral": w.harbour, "holding": w.south}[who]
    assert (said.actor, said.organisation, said.staff, said.happened_at) == (
        "worker",
        organisation,
        None,
        SAID,
    )


@pytest.mark.parametrize(
    "status", ["dispatched", "handed_over", "admitted", "received", "confirmed", "missing"]
)
@pytest.mark.parametrize("in_private", ["yes", "no"])
@pytest.mark.parametrize("who", ["own", "neutral", "holding"])
def test_parcel_not_received_is_contested_once(
    w: World, drain: Drain, who: str, in_private: str, status: str
) -> None:
    parcel = at(w, status)
    before = history(parcel)
    line = told(w, parcel, who, received=False, in_private=in_private)

    assert [drain("follow"), drain("follow")] == [1, 0]

    (made,) = history(parcel)[len(before) :]
    assert made == (("contest", "missing") if status in ("received", "confirmed") else ("observe", status))
    details = last_details(parcel)
    assert (details["visit_line"], details["document"]) == (line.pk, Visit.objects.get().reference)


def test_whoever_reported_receipt_does_not_confirm_it(w: World, drain: Drain) -> None:
    parcel = receive(w, handed_over(w), w.farid)
    told(w, parcel, "neutral")

    assert [drain("follow"), drain("follow")] == [1, 0]

    parcel.refresh_from_db()
    assert (parcel.status, history(parcel)[-1]) == ("received", ("observe", "received"))
    assert last_details(parcel)["move"] == "receive"

    told(w, parcel, "own", after=4 * HOUR)
    drain("follow")

    assert history(parcel)[-1] == ("confirm", "confirmed")


def test_own_report_of_receipt_that_went_missing_is_received_again(w: World, drain: Drain) -> None:
    parcel = receive(w, handed_over(w), w.farid)
    move(parcel, "contest", w.act(w.gita), now=NOON + HOUR, document="LETTER-1")
    told(w, parcel, "neutral")

    drain("follow")

    assert history(parcel)[-1] == ("receive", "received")


def test_later_word_follows_the_earlier_one(w: World, drain: Drain) -> None:
    parcel = handed_over(w)
    told(w, parcel, "neutral", received=False, after=4 * HOUR)
    told(w, parcel, "own")

    assert drain("follow") == 2

    assert history(parcel)[-2:] == [("confirm", "confirmed"), ("contest", "missing")]


def test_word_said_before_receipt_contests_nothing(w: World, drain: Drain) -> None:
    parcel = receive(w, handed_over(w), w.elena, at=timedelta(minutes=119))
    told(w, parcel, received=False, after=timedelta(minutes=-30))  # said before it was handed to him

    assert [drain("follow"), drain("follow")] == [1, 0]

    parcel.refresh_from_db()
    assert (parcel.status, last_details(parcel)["move"]) == ("received", "contest")


def test_word_that_was_overtaken_moves_nothing(w: World, drain: Drain) -> None:
    parcel = handed_over(w)
    step = Step(parcel.number, "report_missing", SAID + HOUR)
    advance([step], by=w.act(w.farid), now=SAID + HOUR)
    told(w, parcel)

    assert [drain("follow"), drain("follow")] == [1, 0]

    parcel.refresh_from_db()
    assert (parcel.status, last_details(parcel)["move"]) == ("missing", "confirm")


def test_paper_dated_later_is_not_against_his_word(w: World, drain: Drain) -> None:
    parcel = handed_over(w)
    details = {"evidence": "holding_list", "complete": "yes"}
    step = Step(parcel.number, "receive", SAID + HOUR, details=details)
    advance([step], by=w.act(w.elena), now=SAID + HOUR)
    told(w, parcel)

    drain("follow")

    assert history(parcel)[-1] == ("confirm", "confirmed")


def test_early_word_follows_when_the_hand_over_is_told(w: World, drain: Drain) -> None:
    parcel = move(dispatched(w), "entrust", w.act(w.farid))
    line = told(w, parcel)
    drain("follow")
    assert history(parcel)[-1] == ("observe", "with_intermediary")
    move(parcel, "hand_over", w.act(w.elena), act="ACT-1")

    assert [drain("follow"), drain("follow")] == [1, 0]

    assert history(parcel)[-1] == ("confirm", "confirmed")
    assert (last_details(parcel)["visit_line"], "cites" in last_details(parcel)) == (line.pk, True)


def test_corrected_movement_is_not_made_again(w: World, drain: Drain) -> None:
    parcel = handed_over(w)
    told(w, parcel)
    drain("follow")
    number = parcel.movements.get(move="confirm").number
    proposal = propose(
        parcel.number,
        "correct",
        by=w.act(w.gita),
        now=NOON,
        details={"corrects": number, "reason": "mistake"},
    )
    approvals.confirm(proposal.pk, by=w.act(w.ivo), now=SAID)

    assert drain("follow") == 0

    parcel.refresh_from_db()
    assert parcel.status == "handed_over"


def test_numbers_that_cannot_be_placed_move_nothing_and_are_strays(w: World, drain: Drain) -> None:
    other_agreement = Agreement.objects.create(
        title_ru="Б", title_uk="Б", title_en="B", valid_from=w.round.opens_on, status="in_force"
    )
    foreign, mirrored, somebody_elses = (handed_over(w) for _ in range(3))
    pavlo = handed_over(w).recipient
    good = handed_over(w)
    # Another office's record of somebody: whether he is the addressee is not known here.
    elsewhere = person(w.harbour, "Pavlo Away")
    kept = Round.objects.get(pk=w.round.pk)
    other = Round.objects.create(
        reference="other", agreement=other_agreement, terms=draft_terms(other_agreement), sending=w.north, holding=w.south,
        target=1, opens_on=kept.opens_on, closes_on=kept.closes_on, sealed_key=kept.sealed_key,
    )  # fmt: skip
    back = Round.objects.create(
        reference="back", agreement=kept.agreement, terms=w.terms, sending=w.south, holding=w.north,
        target=1, opens_on=kept.opens_on, closes_on=kept.closes_on, sealed_key=kept.sealed_key,
    )  # fmt: skip
    Parcel.objects.filter(pk=foreign.pk).update(round=other, recipient=pavlo)
    Parcel.objects.filter(pk=mirrored.pk).update(round=back, recipient=pavlo)
    visit = held(w, pavlo, elsewhere, somebody_elses.recipient)
    numbers = [foreign.number, mirrored.number, somebody_elses.number, "PZ999999999ZZ"]
    reported(
        w, visit,
        says(pavlo, [ToldParcel(each, True, "yes") for each in numbers]),
        says(elsewhere, [ToldParcel(good.number, True, "yes")]),
        says(somebody_elses.recipient),
    )  # fmt: skip

    assert [drain("follow"), drain("follow")] == [1, 0]

    astray = ReportedParcel.objects.filter(pk__in=strays(visit.pk))
    assert set(astray.values_list("parcel_number", flat=True)) == set(numbers)
    for parcel in (foreign, mirrored, somebody_elses):
        parcel.refresh_from_db()
        assert parcel.status == "handed_over"
    good.refresh_from_db()
    assert good.status == "confirmed"


def test_another_offices_record_does_not_take_what_is_another_ones_on_the_list(
    w: World, drain: Drain
) -> None:
    parcel, elsewhere = handed_over(w), person(w.harbour, "Ivan Elsewhere")
    visit = held(w, elsewhere, parcel.recipient)
    reported(w, visit, says(elsewhere, [ToldParcel(parcel.number, True, "yes")]))

    assert (drain("follow"), len(strays(visit.pk))) == (0, 1)


def test_whether_a_number_is_astray_is_asked_anew_each_time(w: World, drain: Drain) -> None:
    parcel = handed_over(w)
    line = told(w, parcel)
    assert strays(line.reported.report.visit_id) == set()
    Parcel.objects.filter(pk=parcel.pk).update(recipient=person(w.north, "Ivan Elsewhere"))

    assert strays(line.reported.report.visit_id) == {line.pk}
    assert drain("follow") == 0


def test_nobody_else_cites_a_report(w: World) -> None:
    parcel = handed_over(w)
    details = {"evidence": "own_reply", "complete": "yes", "visit_line": 1}

    (result,) = advance([Step(parcel.number, "confirm", NOON, details=details)], by=w.act(w.farid), now=NOON)

    assert (result.problem, Parcel.objects.get(pk=parcel.pk).status) == ("validation", "handed_over")


def test_family_reads_it_as_any_receipt(w: World, drain: Drain) -> None:
    parcel, contested = handed_over(w), at(w, "received")
    told(w, parcel)
    told(w, contested, received=False)

    drain("follow")

    confirm = parcel.movements.get(move="confirm")
    news = Publication.objects.get(parcel=parcel, number=confirm.number)
    assert news.public_from == confirm.recorded_at + timedelta(days=7)
    contested.refresh_from_db()
    assert contested.held_from == contested.last_number


def read(reader: Partner, parcel: Parcel) -> tuple[Any, ...]:
    one = reader.get(f"/api/v1/parcels/{parcel.number}/")
    movements = reader.get(f"/api/v1/parcels/{parcel.number}/movements/")
    assert (one.status_code, movements.status_code) == (200, 200)
    listed = reader.get("/api/v1/parcels/")
    return one.json(), movements.json(), listed.json()


@pytest.mark.parametrize("status", ["received", "confirmed", "handed_over"])
@pytest.mark.parametrize("who", ["own", "neutral", "holding"])
def test_contest_from_a_visit_is_unreadable_at_the_holding_side(
    w: World, drain: Drain, who: str, status: str
) -> None:
    south = partner(w.south, "logistics", "liaison", "registrar")
    parcel = at(w, status)
    before = read(south, parcel)
    told(w, parcel, who, received=False)

    drain("follow")

    assert read(south, parcel) == before
    assert (parcel.movements.filter(details__document=Visit.objects.get().reference).exists()) is True


def test_parcels_that_have_not_left_are_only_observed(w: World, drain: Drain) -> None:
    home, early = registered(w), accepted(w)
    told(w, home)
    told(w, early, received=False)

    assert drain("follow") == 2

    assert [history(home), history(early)] == [[("observe", "registered")], [("observe", "accepted")]]
