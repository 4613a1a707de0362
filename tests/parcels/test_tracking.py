from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection

from parcels import codes, tracking
from parcels.lifecycle import FAMILY_WORD, Status
from parcels.models import Parcel
from parcels.tracking import Entry, Office, Public, Reason, Receipt, Stay
from people.models import ThrottleWindow
from tests import factories
from tests.parcels import family
from tests.parcels.family import ACCEPTED, CLEARED, DISPATCHED, HELD, NOON, REGISTERED, WAY, Step

TODAY = date(2026, 11, 22)
USUAL = Stay(3, 10, 30)


def public(*statuses: str, start: date = date(2026, 11, 1)) -> list[Public]:
    return [
        Public(number, "a move", Status(status), start + timedelta(days=number), None, None, None)
        for number, status in enumerate(statuses)
    ]


def test_timeline_makes_one_entry_of_neighbours_with_one_word() -> None:
    entries = tracking.timeline(public("registered", "accepted", "cleared", "packed", "dispatched"))

    assert entries == [
        Entry("registered", date(2026, 11, 1)),
        Entry("taken_in", date(2026, 11, 2)),
        Entry("checked", date(2026, 11, 3)),
        Entry("on_the_way", date(2026, 11, 5)),
    ]


def test_timeline_keeps_a_word_that_comes_back() -> None:
    entries = tracking.timeline(public("cleared", "in_review", "cleared"))

    assert [entry.status for entry in entries] == ["checked", "being_checked", "checked"]


def test_timeline_never_goes_back_in_time() -> None:
    found = public("missing")[0]
    handed_over = found._replace(number=1, status=Status.HANDED_OVER, since_on=date(2026, 10, 1))

    assert tracking.timeline([found, handed_over])[-1] == Entry("with_holding_side", found.since_on)


def test_receipt_is_the_last_that_was_not_undone() -> None:
    received = Public(1, "receive", Status.RECEIVED, TODAY, None, "photo", "partly")
    confirmed = Public(2, "confirm", Status.CONFIRMED, TODAY, None, "own_reply", "yes")
    corrected = Public(3, "correct", Status.RECEIVED, TODAY, 2, None, None)

    assert tracking.receipt([received, confirmed]) == Receipt("own_reply", "yes")
    assert tracking.receipt([received, confirmed, corrected]) == Receipt("photo", "partly")
    assert tracking.receipt([]) is None


def test_stay_in_a_word_takes_its_statuses_together() -> None:
    stays = {"cleared": Stay(2, 6, 20), "packed": Stay(1, 4, 20)}

    assert tracking.stay_in("checked", stays) == Stay(1, 10, 40)
    assert tracking.stay_in("on_the_way", stays) is None


@pytest.mark.parametrize("word", sorted(tracking.END))
def test_an_end_has_no_usual_stay_and_no_next_look(word: str) -> None:
    stays = {status: USUAL for status, its_word in FAMILY_WORD.items() if its_word == word}

    assert tracking.stay_in(word, stays) is None
    assert tracking.next_look_on(Entry(word, TODAY), None, today=TODAY) is None


@pytest.mark.parametrize(
    ("days_ago", "in_days"), [(0, 10), (9, 1), (10, 7), (11, 6), (16, 1), (17, 7), (18, 6), (100, 1)]
)
def test_next_look_is_the_end_of_the_usual_and_then_weekly(days_ago: int, in_days: int) -> None:
    now = Entry("on_the_way", TODAY - timedelta(days=days_ago))

    assert tracking.next_look_on(now, USUAL, today=TODAY) == TODAY + timedelta(days=in_days)


def test_next_look_is_weekly_where_nothing_is_usual() -> None:
    assert tracking.next_look_on(Entry("on_the_way", TODAY), None, today=TODAY) == TODAY + timedelta(days=7)


def test_next_look_at_a_reported_receipt_ends_with_the_term() -> None:
    last_day = Entry("receipt_reported", TODAY - timedelta(days=30))
    after = Entry("receipt_reported", TODAY - timedelta(days=31))

    assert tracking.next_look_on(last_day, USUAL, today=TODAY) == TODAY + timedelta(days=1)
    assert tracking.next_look_on(after, USUAL, today=TODAY) is None


@pytest.mark.parametrize(("days_ago", "late"), [(10, False), (11, True)])
def test_late_is_a_day_after_the_usual(days_ago: int, late: bool) -> None:
    movement = Public(1, "dispatch", Status.DISPATCHED, TODAY - timedelta(days=days_ago), None, None, None)
    track = tracking.project(1, [movement], {"dispatched": USUAL}, today=TODAY)

    assert track is not None
    assert track.late is late


def test_waiting_for_the_prisoners_own_word_is_never_late() -> None:
    movement = Public(1, "receive", Status.RECEIVED, date(2026, 1, 1), None, "photo", "yes")
    track = tracking.project(1, [movement], {"received": USUAL}, today=TODAY)

    assert track is not None
    assert track.late is False


def test_project_of_nothing_public_is_nothing() -> None:
    assert tracking.project(1, [], {}, today=TODAY) is None


@pytest.mark.django_db
def test_track_reads_what_is_public() -> None:
    parcel, code = family.make_parcel(family.make_round(), WAY[:7])

    assert tracking.track(code, now=NOON) == tracking.Track(
        parcel_id=parcel.pk,
        number=7,
        today=TODAY,
        timeline=[
            Entry("registered", date(2026, 10, 23)),
            Entry("taken_in", date(2026, 10, 25)),
            Entry("checked", date(2026, 10, 28)),
            Entry("on_the_way", date(2026, 11, 7)),
            Entry("with_holding_side", date(2026, 11, 14)),
            Entry("receipt_reported", date(2026, 11, 18)),
        ],
        usual_days=(14, 30),
        receipt=Receipt("holding_list", "unknown"),
        next_look_on=date(2026, 12, 18),
    )


@pytest.mark.django_db
@pytest.mark.parametrize("days_ago", [None, -1], ids=["never", "tomorrow"])
def test_track_reads_nothing_of_what_is_not_public(days_ago: int | None) -> None:
    round_ = family.make_round()
    _, waiting = family.make_parcel(round_, WAY[:5])
    _, lost = family.make_parcel(
        round_, (*WAY[:5], Step("report_missing", "missing", days_ago)), seed=b"another seed"
    )
    open_news, held_news = tracking.track(waiting, now=NOON), tracking.track(lost, now=NOON)

    assert open_news is not None
    assert held_news is not None
    assert held_news.timeline == open_news.timeline
    assert held_news.next_look_on == open_news.next_look_on


@pytest.mark.django_db
def test_track_counts_days_where_the_office_is() -> None:
    late_evening = datetime(2026, 11, 22, 21, tzinfo=UTC)
    _, code = family.make_parcel(family.make_round(time_zone="Asia/Tokyo"), WAY[:1], at=late_evening)
    track = tracking.track(code, now=late_evening)

    assert track is not None
    assert track.since_on == date(2026, 10, 24)
    assert track.today == date(2026, 11, 23)


@pytest.mark.django_db
def test_track_takes_a_code_as_people_type_it() -> None:
    parcel, code = family.make_parcel(family.make_round())
    cyrillic = code.lower().replace("-", " ").translate(str.maketrans("aceh", "асен"))

    for typed in (code, code.replace("-", ""), cyrillic):
        track = tracking.track(typed, now=NOON)
        assert track is not None
        assert track.parcel_id == parcel.pk


@pytest.mark.django_db
def test_track_knows_no_wrong_malformed_or_withdrawn_code() -> None:
    parcel, code = family.make_parcel(family.make_round())
    Parcel.objects.filter(pk=parcel.pk).update(code_hash=None)

    for typed in (code, "0000-0000-0000-0000-0000-0000", "no code", "", "\x00", "9" * 10_000):
        assert tracking.track(typed, now=NOON) is None


@pytest.mark.django_db
def test_look_up_refuses_wrong_codes_after_the_limit_and_right_ones_never() -> None:
    parcel, code = family.make_parcel(family.make_round())

    for _ in range(tracking.WRONG_CODES):
        with pytest.raises(tracking.UnknownCode):
            tracking.look_up("wrong", network="192.0.2.0/24", now=NOON)
    with pytest.raises(tracking.TooManyWrongCodes) as refused:
        tracking.look_up("wrong", network="192.0.2.0/24", now=NOON)
    with pytest.raises(tracking.UnknownCode):
        tracking.look_up("wrong", network="198.51.100.0/24", now=NOON)

    assert 0 < refused.value.retry_after_s <= 60
    assert tracking.look_up(code, network="192.0.2.0/24", now=NOON).parcel_id == parcel.pk


@pytest.mark.django_db
def test_look_up_does_not_count_a_right_code() -> None:
    _, code = family.make_parcel(family.make_round())

    tracking.look_up(code, network="192.0.2.0/24", now=NOON)

    assert ThrottleWindow.objects.count() == 0


@pytest.mark.usefixtures("committed_db")
def test_track_comes_back_after_the_database_dropped_its_connection() -> None:
    parcel, code = family.make_parcel(family.make_round())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
    assert connection.connection is not None
    connection.connection.close()

    track = tracking.track(code, now=NOON)

    assert track is not None
    assert track.parcel_id == parcel.pk


@pytest.mark.django_db
def test_office_is_the_one_that_registered_it() -> None:
    parcel, _ = family.make_parcel(family.make_round())

    assert tracking.office(parcel.pk, "uk") == Office(
        "Служба омбудсмана Альдмарку", "Телефон 555 01 02, щодня з 8 до 20"
    )


@pytest.mark.django_db
def test_reasons_to_change_are_said_once_in_the_readers_language() -> None:
    round_ = family.make_round()
    rule = family.make_rule(round_)
    parcel, code = family.make_parcel(round_, family.INTO["needs_attention"])
    family.make_finding(parcel, rule, code="NO_BATTERIES", verdict="prohibit", at_number=3)
    family.make_finding(parcel, None, code="OVER_MASS", verdict="prohibit", at_number=3)
    track = tracking.track(code, now=NOON)

    assert track is not None
    assert tracking.reasons_to_change(track, "en") == [
        Reason("Batteries", "Batteries cannot be carried. Please take them out."),
        Reason("", "The parcel is heavier than allowed. Please take something out: it can go another time."),
    ]


@pytest.mark.django_db
def test_reasons_to_change_come_from_the_refusal_where_nothing_else_tells() -> None:
    round_ = family.make_round()
    family.make_rule(round_)
    _, code = family.make_parcel(round_, family.INTO["needs_attention"])
    track = tracking.track(code, now=NOON)

    assert track is not None
    assert tracking.reasons_to_change(track, "ru") == [
        Reason("Батарейки", "Батарейки нельзя перевозить. Выньте их, пожалуйста.")
    ]


@pytest.mark.django_db
def test_reasons_to_change_follow_what_people_last_decided_on_a_line() -> None:
    round_ = family.make_round()
    rule = family.make_rule(round_)
    refused = Step("refuse", "refused", 3, {"reason": "no such code"})
    parcel, code = family.make_parcel(round_, (REGISTERED, ACCEPTED, HELD, refused))
    track = tracking.track(code, now=NOON)
    assert track is not None

    family.make_decision(parcel, rule, verdict="prohibit", line=1)
    assert [reason.what for reason in tracking.reasons_to_change(track, "en")] == ["Batteries"]

    family.make_decision(parcel, rule, verdict="allow", line=1)
    family.make_decision(parcel, rule, verdict="prohibit", line=2, removed=1)
    assert tracking.reasons_to_change(track, "en") == []


@pytest.mark.django_db
def test_reasons_to_change_tell_nothing_internal() -> None:
    round_ = family.make_round()
    refused = Step("refuse", "refused", 3, {"reason": "OVER_QUOTA"})
    parcel, code = family.make_parcel(round_, (REGISTERED, ACCEPTED, HELD, refused))
    family.make_finding(parcel, None, code="SECOND_LOOK", verdict="review", at_number=3)
    track = tracking.track(code, now=NOON)

    assert track is not None
    assert tracking.reasons_to_change(track, "en") == []


@pytest.mark.django_db
def test_reasons_to_change_are_for_parcels_that_need_attention() -> None:
    round_ = family.make_round()
    parcel, code = family.make_parcel(round_, (REGISTERED, ACCEPTED, HELD))
    family.make_finding(parcel, family.make_rule(round_), code="X", verdict="prohibit", at_number=3)
    track = tracking.track(code, now=NOON)

    assert track is not None
    assert tracking.reasons_to_change(track, "en") == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("round_status", "consignments", "expected"),
    [
        ("collecting", [("dispatched", 1)], False),
        ("closed", [], False),
        ("closed", [("dispatched", 1)], True),
        ("closed", [("dispatched", 1), ("sealed", None)], False),
        ("closed", [("dispatched", 1), ("dispatched", -1)], False),
        ("handed_over", [("handed_over", 1)], True),
        ("handed_over", [("handed_over", 1), ("handed_over", -1)], False),
        ("cancelled", [], True),
    ],
)
def test_a_parcel_stayed_behind_once_all_that_leaves_has_publicly_left(
    round_status: str, consignments: list[tuple[str, int | None]], expected: bool
) -> None:
    round_ = family.make_round(status=round_status)
    for status, days_ago in consignments:
        news = NOON - timedelta(days=days_ago) if days_ago is not None else None
        family.make_consignment(round_, status=status, news=news)
    _, here = family.make_parcel(round_, (REGISTERED, ACCEPTED, CLEARED))
    _, gone = family.make_parcel(round_, WAY[:5], seed=b"another seed")
    track_here, track_gone = tracking.track(here, now=NOON), tracking.track(gone, now=NOON)

    assert track_here is not None
    assert track_gone is not None
    assert tracking.stayed_behind(track_here, now=NOON) is expected
    assert tracking.stayed_behind(track_gone, now=NOON) is False


@pytest.mark.django_db
def test_track_follows_what_advance_publishes() -> None:
    parcel = factories.handed_over(factories.world())
    code = codes.receipt_code(bytes.fromhex(settings.KEYS.code), bytes(parcel.seed))
    same_day, later = (tracking.track(code, now=factories.NOON + timedelta(days=days)) for days in (6, 7))

    assert same_day is not None
    assert later is not None
    assert [entry.status for entry in same_day.timeline] == ["registered", "taken_in", "checked"]
    assert [entry.status for entry in later.timeline[3:]] == ["on_the_way", "with_holding_side"]


def test_dispatched_is_in_the_way_of_these_tests() -> None:
    assert [FAMILY_WORD[Status(steps[-1].status)] for steps in family.INTO.values()] == list(family.INTO)
    assert DISPATCHED in WAY
