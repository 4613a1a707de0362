"""A correction leaves the parcel, and what hangs on it, as if the undone movement had not been."""

from datetime import datetime, timedelta

import pytest

from parcels.actions import Described, Refused, Step, advance, propose, release_news
from parcels.models import Consignment, Parcel, Publication
from people import actors, approvals
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
    seal,
    staff,
    world,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def w() -> World:
    return world()


def corrected(w: World, parcel: Parcel, *, now: datetime = NOON) -> Parcel:
    """Undo the parcel's last movement: Gita proposes, Hana of the holding side decides."""
    details = {"corrects": parcel.last_number, "reason": "wrong_parcel"}
    proposal = propose(parcel.number, "correct", by=w.act(w.gita), now=now, details=details)
    hana = staff(f"hana-{parcel.pk}-{parcel.last_number}", "liaison", w.south)
    approvals.confirm(proposal.pk, by=w.act(hana), now=now)
    return Parcel.objects.get(pk=parcel.pk)


def two_dispatched(w: World, into: Consignment) -> tuple[list[Parcel], list[Step]]:
    """Return two parcels that left together, and the steps by which they did."""
    both = [packed(w, into), packed(w, into)]
    seal(into)
    leave = [Step(each.number, "dispatch", NOON, None, {"seal": "SEAL-1"}) for each in both]
    advance(leave, by=w.act(w.dawit), now=NOON)
    return [Parcel.objects.get(pk=each.pk) for each in both], leave


def public(parcel: Parcel) -> list[int]:
    rows = Publication.objects.filter(parcel=parcel).order_by("number")
    return list(rows.values_list("number", flat=True))


def test_corrected_accept_gives_back_mass_and_custody(w: World) -> None:
    parcel = corrected(w, accepted(w))

    assert (parcel.status, parcel.gross_mass_g, parcel.holder) == ("registered", None, None)


def test_corrected_accept_gives_back_what_was_taken_back_at_the_counter(w: World) -> None:
    parcel = registered(w)
    removed = [{"line": 1, "count": 1, "reason": "SHARP", "fate": "returned"}]
    details = {"gross_mass_g": 6_000, "place": "counter 1", "lines_removed": removed}
    step = Step(parcel.number, "accept", NOON, details=details, described=[Described(2, "чай")])
    advance([step], by=w.act(w.amina), now=NOON)

    parcel = corrected(w, Parcel.objects.get(pk=parcel.pk))

    lines = parcel.lines.order_by("number").values_list("number", "quantity", "removed", "fate")
    assert parcel.status == "registered"
    assert list(lines) == [
        (1, 1, 0, "kept"), (2, 1, 0, "kept"), (3, 1, 0, "kept"), (4, 1, 1, "described_anew"),
    ]  # fmt: skip
    move(parcel, "accept", w.act(w.amina), gross_mass_g=6_000, place="counter 1", lines_removed=removed)
    assert parcel.lines.get(number=1).removed == 1


def test_corrected_amend_gives_back_mass_and_lines(w: World) -> None:
    parcel = move(accepted(w), "refuse", actors.worker(w.north.pk), reason="SHARP")
    removed = [{"line": 2, "count": 1, "reason": "SHARP", "fate": "returned"}]
    parcel = move(parcel, "amend", w.act(w.amina), gross_mass_g=5_500, lines_removed=removed)

    parcel = corrected(w, parcel)

    line = parcel.lines.get(number=2)
    assert (parcel.status, parcel.gross_mass_g, line.removed, line.fate) == ("refused", 6_000, 0, "kept")


def test_corrected_amend_empties_the_line_it_described_anew(w: World) -> None:
    parcel = move(accepted(w), "refuse", actors.worker(w.north.pk), reason="SHARP")
    details = {"gross_mass_g": 6_000, "lines_removed": []}
    anew = [Described(2, "чай")]
    step = Step(parcel.number, "amend", NOON, details=details, described=anew)
    (result,) = advance([step], by=w.act(w.amina), now=NOON)
    assert result.result == "moved"
    parcel.refresh_from_db()

    parcel = corrected(w, parcel)

    lines = parcel.lines.order_by("number").values_list("number", "quantity", "removed", "fate")
    assert list(lines) == [
        (1, 1, 0, "kept"), (2, 1, 0, "kept"), (3, 1, 0, "kept"), (4, 1, 1, "described_anew"),
    ]  # fmt: skip


def test_corrected_pack_leaves_its_consignment(w: World) -> None:
    parcel = corrected(w, packed(w))

    assert (parcel.status, parcel.consignment) == ("cleared", None)


def test_corrected_unpack_is_in_its_consignment_again(w: World) -> None:
    into = consignment(w)
    parcel = move(packed(w, into), "unpack", w.act(w.dawit), reason="x")

    parcel = corrected(w, parcel)

    assert (parcel.status, parcel.consignment) == ("packed", into)


def test_unpack_from_what_has_left_is_not_corrected(w: World) -> None:
    into = consignment(w)
    parcel, other = packed(w, into), packed(w, into)
    parcel = move(parcel, "unpack", w.act(w.dawit), reason="x")
    seal(into)
    move(other, "dispatch", w.act(w.dawit), seal="SEAL-1")

    with pytest.raises(Refused) as refused:
        corrected(w, parcel)

    assert refused.value.problem == "not-now"
    assert Parcel.objects.get(pk=parcel.pk).last_number == parcel.last_number


def test_corrected_dispatch_waits_sealed_once_all_of_it_is_undone(w: World) -> None:
    into = consignment(w)
    both, leave = two_dispatched(w, into)
    told = []
    for each in both:
        corrected(w, each)
        into.refresh_from_db()
        told.append(into.status)

    assert told == ["dispatched", "sealed"]
    assert [each.result for each in advance(leave, by=w.act(w.dawit), now=NOON)] == ["moved", "moved"]


def published(parcel: Parcel) -> list[tuple[str, timedelta]]:
    """Return the moves after it was packed, and how long after NOON each is public."""
    days = dict(Publication.objects.filter(parcel=parcel).values_list("number", "public_from"))
    moves = parcel.movements.filter(number__gt=4).order_by("number").values_list("number", "move")
    return [(move_, days[number] - NOON) for number, move_ in moves]


def test_dispatch_made_again_is_public_by_its_own_day(w: World) -> None:
    into, later = consignment(w), NOON + timedelta(days=3)
    both, leave = two_dispatched(w, into)
    for each in both:
        corrected(w, each)

    made = advance(leave, by=w.act(w.dawit), now=later)

    assert [each.result for each in made] == ["moved", "moved"]
    week = timedelta(days=7)
    for each in both:
        assert published(each) == [("dispatch", week), ("correct", week), ("dispatch", timedelta(days=10))]


def test_day_stands_while_one_parcel_still_went_on_it(w: World) -> None:
    into = consignment(w)
    both, _ = two_dispatched(w, into)
    for each in both:
        move(each, "entrust", w.act(w.farid), now=NOON + timedelta(days=1))
    corrected_by_neutral(w, both[0])

    move(both[0], "entrust", w.act(w.farid), now=NOON + timedelta(days=3))

    assert published(both[0])[-1] == published(both[1])[-1] == ("entrust", timedelta(days=8))


def test_news_made_again_is_no_older_than_its_correction(w: World) -> None:
    into, late = consignment(w), timedelta(days=9)
    both, _ = two_dispatched(w, into)
    for each in both:
        move(each, "hand_over", w.act(w.elena), act="A-1")
    corrected(w, both[0], now=NOON + late)

    move(both[0], "hand_over", w.act(w.elena), now=NOON + timedelta(days=10), act="A-2")

    assert published(both[0])[1:] == [
        ("hand_over", timedelta(days=7)),
        ("correct", late),
        ("hand_over", late),
    ]
    assert published(both[1])[-1] == ("hand_over", timedelta(days=7))


def test_parcel_left_behind_is_unpacked_without_seals(w: World) -> None:
    into = consignment(w)
    both, _ = two_dispatched(w, into)

    parcel = move(corrected(w, both[0]), "unpack", w.act(w.dawit), reason="left_behind")

    into.refresh_from_db()
    assert (parcel.status, parcel.consignment, into.seal) == ("cleared", None, "SEAL-1")


def test_corrected_hand_over_is_held_by_the_giver(w: World) -> None:
    parcel = corrected(w, handed_over(w))

    assert parcel.consignment is not None
    assert (parcel.status, parcel.holder, parcel.consignment.status) == (
        "with_intermediary", w.harbour, "dispatched",
    )  # fmt: skip


def test_corrected_hard_news_was_never_news(w: World) -> None:
    parcel = move(handed_over(w), "fail", w.act(w.elena), reason="not_there")
    before = public(parcel)

    parcel = corrected(w, parcel)

    assert (parcel.status, parcel.held_from, public(parcel)) == ("handed_over", None, before)
    parcel = move(parcel, "admit", w.act(w.elena), examined_before="nobody")
    assert public(parcel) == [*before, parcel.last_number]


def test_correction_is_public_no_sooner_than_what_it_undoes(w: World) -> None:
    parcel = corrected(w, dispatched(w))

    days = Publication.objects.filter(parcel=parcel, number__gte=5).values_list("public_from", flat=True)
    assert list(days) == [NOON + timedelta(days=7)] * 2


def test_correction_into_hard_news_waits_for_a_liaison(w: World) -> None:
    parcel = move(handed_over(w), "report_missing", w.act(w.elena))
    release_news(parcel.number, by=w.act(w.gita), now=NOON)
    parcel = move(parcel, "receive", w.act(w.farid), evidence="representative", complete="yes")

    parcel = corrected_by_neutral(w, parcel)

    assert (parcel.status, parcel.held_from) == ("missing", parcel.last_number)
    assert parcel.last_number not in public(parcel)


def corrected_by_neutral(w: World, parcel: Parcel) -> Parcel:
    details = {"corrects": parcel.last_number, "reason": "wrong_parcel"}
    proposal = propose(parcel.number, "correct", by=w.act(w.gita), now=NOON, details=details)
    approvals.confirm(proposal.pk, by=w.act(w.farid), now=NOON)
    return Parcel.objects.get(pk=parcel.pk)


def test_what_was_undone_while_held_is_not_released(w: World) -> None:
    parcel = move(handed_over(w), "fail", w.act(w.elena), reason="not_there")
    held_from = parcel.last_number
    parcel = corrected(w, move(parcel, "redirect", w.act(w.elena)))

    assert release_news(parcel.number, by=w.act(w.gita), now=NOON) == 1

    assert public(parcel)[-1] == held_from


def test_second_corrections_go_on_undoing(w: World) -> None:
    parcel = corrected(w, cleared(w))
    details = {"corrects": 2, "reason": "wrong_parcel"}
    proposal = propose(parcel.number, "correct", by=w.act(w.gita), now=NOON, details=details)
    approvals.confirm(proposal.pk, by=w.act(w.ivo), now=NOON)

    parcel.refresh_from_db()
    assert (parcel.status, parcel.gross_mass_g) == ("registered", None)
