"""What a family may read: a projection of the movements that have become public, and of nothing else.

The page and `POST /api/v1/track/` both ask `look_up`. Nobody can tell from the answer, or from its time,
whether a code is wrong, withdrawn or malformed; what has not been published changes nothing here.
"""

import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

import psycopg
from django.db import connection
from django.db.models import F

from exchanges.models import ContentRule, Round
from parcels import lifecycle, reasons, receipt_codes
from parcels.lifecycle import FAMILY_WORD, Status
from parcels.models import Finding, LineDecision, Movement, Parcel
from people import throttle

WRONG_CODES: Final = 10
WINDOW: Final = timedelta(minutes=1)
WEEK: Final = 7

END: Final = frozenset(FAMILY_WORD[status] for status in lifecycle.END)
# Its own word may still come, and often does not: waiting for it is never late, and ends with the term.
REPORTED: Final = FAMILY_WORD[Status.RECEIVED]
RECEIPTS: Final = frozenset({REPORTED, FAMILY_WORD[Status.CONFIRMED]})
# Words of a parcel that is here: when its round has left without it, its family is told so.
HERE: Final = frozenset(
    FAMILY_WORD[status] for status in (Status.ACCEPTED, Status.IN_REVIEW, Status.REFUSED, Status.CLEARED)
)
MUST_CHANGE: Final = ("prohibit", "redirect")


class UnknownCode(Exception):
    """No parcel has this code."""


class TooManyWrongCodes(Exception):
    def __init__(self, retry_after_s: int) -> None:
        super().__init__(retry_after_s)
        self.retry_after_s = retry_after_s


class Public(NamedTuple):
    """A movement that has become public; `since_on` is that day where the office is."""

    number: int
    move: str
    status: Status
    since_on: date
    corrects: int | None
    evidence: str | None
    complete: str | None


class Stay(NamedTuple):
    """Days in a status: usually from low to high, at most the longest."""

    low: int
    high: int
    longest: int


class Entry(NamedTuple):
    status: str
    since_on: date


class Receipt(NamedTuple):
    grade: str
    complete: str


class Reason(NamedTuple):
    """Why a parcel was not accepted as packed: what it is about, perhaps empty, and the family's text."""

    what: str
    why: str


class Office(NamedTuple):
    name: str
    contact: str


@dataclass(frozen=True, slots=True)
class Track:
    parcel_id: int
    number: int  # of the last public movement
    today: date
    timeline: Sequence[Entry]
    usual_days: tuple[int, int] | None
    receipt: Receipt | None
    next_look_on: date | None

    @property
    def status(self) -> str:
        return self.timeline[-1].status

    @property
    def since_on(self) -> date:
        return self.timeline[-1].since_on

    @property
    def late(self) -> bool:
        """Told from public facts alone, so that it reads alike for every cause."""
        if self.usual_days is None or self.status in END or self.status == REPORTED:
            return False
        return self.today > self.since_on + timedelta(days=self.usual_days[1])


def look_up(text: str, *, network: str, now: datetime) -> Track:
    """Return what the family with this code may read.

    Only a wrong code is counted, and a right one never refused: of any number of wrong guesses at once
    exactly the limit is answered as wrong.

    :param network: whose wrong guesses are counted together
    :raises UnknownCode: when no parcel has the code
    :raises TooManyWrongCodes: when this network has guessed wrong too often
    """
    found = track(text, now=now)
    if found is not None:
        return found
    taken = throttle.take(f"track:{network}", WRONG_CODES, WINDOW)
    if not taken.allowed:
        raise TooManyWrongCodes(taken.retry_after_s)
    raise UnknownCode


def track(text: str, *, now: datetime) -> Track | None:
    # What cannot be a code is looked up like one that could, so that it takes as long.
    hashes = receipt_codes.hashes_of(text)
    row = _fetch(hashes, now)
    if row is None or not any(hmac.compare_digest(row[1], each) for each in hashes):
        return None
    parcel_id, _, today, movements, stays = row
    public = [
        Public(number, move, Status(status), date.fromisoformat(since_on), *rest)
        for number, move, status, since_on, *rest in movements or ()
    ]
    return project(parcel_id, public, {status: Stay(*days) for status, *days in stays or ()}, today=today)


def project(
    parcel_id: int, public: Sequence[Public], stays: Mapping[str, Stay], *, today: date
) -> Track | None:
    """Return the track of these movements, oldest first; None when nothing is public."""
    if not public:
        return None
    entries = timeline(public)
    now = entries[-1]
    stay = stay_in(now.status, stays)
    return Track(
        parcel_id=parcel_id,
        number=public[-1].number,
        today=today,
        timeline=entries,
        usual_days=(stay.low, stay.high) if stay else None,
        receipt=receipt(public) if now.status in RECEIPTS else None,
        next_look_on=next_look_on(now, stay, today=today),
    )


def timeline(public: Sequence[Public]) -> list[Entry]:
    """Return the words in the order of the movements; neighbours with one word are one entry."""
    entries: list[Entry] = []
    for movement in public:
        word = FAMILY_WORD[movement.status]
        if not entries:
            entries.append(Entry(word, movement.since_on))
        elif word != entries[-1].status:
            # A consignment's day can lie before the day its straggler's last news was released.
            entries.append(Entry(word, max(movement.since_on, entries[-1].since_on)))
    return entries


def receipt(public: Sequence[Public]) -> Receipt | None:
    """Return the proof that counts: the last that was not undone."""
    undone = {movement.corrects for movement in public}
    for movement in reversed(public):
        if movement.move in ("receive", "confirm") and movement.number not in undone:
            return Receipt(movement.evidence or "none", movement.complete or "unknown")
    return None


def stay_in(word: str, stays: Mapping[str, Stay]) -> Stay | None:
    """Return the stay in all statuses of one word together: where it is among them is not told."""
    parts = [stays[status] for status in _statuses(word) if status in stays]
    if not parts or word in END:
        return None
    return Stay(
        min(part.low for part in parts), sum(part.high for part in parts), sum(part.longest for part in parts)
    )


def _statuses(word: str) -> Iterator[Status]:
    return (status for status, its_word in FAMILY_WORD.items() if its_word == word)


def next_look_on(now: Entry, stay: Stay | None, *, today: date) -> date | None:
    """Return the end of what is usual, and after that the next weekly step counted from there."""
    if now.status in END:
        return None
    if now.status == REPORTED and stay and today > now.since_on + timedelta(days=stay.longest):
        return None
    expected_on = now.since_on + timedelta(days=stay.high if stay else 0)
    if expected_on > today:
        return expected_on
    return expected_on + timedelta(days=((today - expected_on).days // WEEK + 1) * WEEK)


_SQL: Final = """
SELECT p.id, p.code_hash, (now AT TIME ZONE office.time_zone)::date,
       (SELECT json_agg(json_build_array(
                   m.number, m.move, m.status, (news.public_from AT TIME ZONE office.time_zone)::date,
                   m.corrects, m.details ->> 'evidence', m.details ->> 'complete') ORDER BY m.number)
          FROM parcels_publication news
          JOIN parcels_movement m ON m.parcel_id = news.parcel_id AND m.number = news.number
         WHERE news.parcel_id = p.id AND news.public_from <= now),
       (SELECT json_agg(json_build_array(s.status, s.usual_low_days, s.usual_high_days, s.longest_days))
          FROM exchanges_stay s WHERE s.terms_id = COALESCE(left_in.terms_id, round.terms_id))
  FROM (SELECT %s::timestamptz AS now) clock, parcels_parcel p
  JOIN people_organisation office ON office.id = p.organisation_id
  JOIN exchanges_round round ON round.id = p.round_id
  LEFT JOIN parcels_consignment left_in ON left_in.id = p.consignment_id
 WHERE p.code_hash = ANY(%s)
"""


def _fetch(hashes: list[bytes], now: datetime) -> tuple[Any, ...] | None:
    try:
        return _ask(hashes, now)
    except psycopg.OperationalError:
        # A kept connection outlived its server. To ask each time whether it lives would cost one more trip.
        if connection.in_atomic_block:
            raise
        connection.close()
        return _ask(hashes, now)


def _ask(hashes: list[bytes], now: datetime) -> tuple[Any, ...] | None:
    connection.ensure_connection()
    # Django's own cursors write the parameters into the text; this one lets PostgreSQL keep its plan.
    with psycopg.Cursor(connection.connection) as cursor:
        return cursor.execute(_SQL, (now, hashes), prepare=True).fetchone()


def office(parcel_id: int, language: str) -> Office:
    its = Parcel.objects.select_related("organisation").get(pk=parcel_id).organisation
    contact = getattr(its, f"contact_{language}") or its.contact_en or its.contact_ru or its.contact_uk
    return Office(getattr(its, f"name_{language}"), contact)


def reasons_to_change(track: Track, language: str) -> list[Reason]:
    """Return what must change in a parcel that needs attention, as its last public movement says."""
    if track.status != FAMILY_WORD[Status.REFUSED]:
        return []
    found = [*_of_findings(track, language), *_of_decisions(track, language)] or [
        _of_refusal(track, language)
    ]
    # One rule may speak through several lines.
    return list(dict.fromkeys(reason for reason in found if reason.why))


def _of_findings(track: Track, language: str) -> Iterator[Reason]:
    findings = Finding.objects.filter(parcel_id=track.parcel_id, at_number__lte=track.number)
    latest = findings.order_by("-at_number").values("at_number")[:1]
    shown = (
        findings.filter(at_number=latest, verdict__in=MUST_CHANGE)
        .select_related("rule")
        .order_by("line", "id")
    )
    return (_reason(finding.rule, finding.code, language) for finding in shown)


def _of_decisions(track: Track, language: str) -> Iterator[Reason]:
    """Yield what people last decided on each line that is still in the parcel."""
    decided = LineDecision.objects.filter(
        line__parcel_id=track.parcel_id, line__removed__lt=F("line__quantity")
    )
    last = decided.order_by("line__number", "-id").distinct("line__number").select_related("rule")
    return (_reason(each.rule, "", language) for each in last if each.verdict in MUST_CHANGE)


def _of_refusal(track: Track, language: str) -> Reason:
    movement = Movement.objects.get(parcel_id=track.parcel_id, number=track.number)
    code = str(movement.details.get("reason", ""))
    terms = Parcel.objects.filter(pk=track.parcel_id).values("round__terms")
    rule = ContentRule.objects.filter(terms__in=terms, reason_code=code).order_by("id").first()
    return _reason(rule, code, language)


def _reason(rule: ContentRule | None, code: str, language: str) -> Reason:
    if rule is not None:
        return Reason(getattr(rule, f"name_{language}"), getattr(rule, f"family_reason_{language}"))
    if code in reasons.REASONS and code not in reasons.INTERNAL:
        return Reason("", reasons.text(code, language))
    return Reason("", "")


def stayed_behind(track: Track, *, now: datetime) -> bool:
    """Whether all that leaves with this parcel's round has publicly left, and it has not.

    What is asked about the round is the same for every family in it.
    """
    if track.status not in HERE:
        return False
    its_round = Round.objects.get(parcels=track.parcel_id)
    dispatches = its_round.consignments.filter(news__move="dispatch")
    if dispatches.filter(news__move="dispatch", news__public_from__gt=now).exists():
        return False
    if its_round.status == Round.Status.CLOSED:
        waiting = its_round.consignments.exclude(status__in=("dispatched", "handed_over"))
        return dispatches.exists() and not waiting.exists()
    return its_round.status in (Round.Status.HANDED_OVER, Round.Status.REPORTED, Round.Status.CANCELLED)
