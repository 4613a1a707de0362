"""What the page of one parcel shows, as far as its reader may see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from cryptography.exceptions import InvalidTag
from django.utils import timezone

from exchanges.access import sees_intermediary
from exchanges.models import ContentRule, Round, SettledAddressee, Terms
from exchanges.queries import Timeline, claims_about
from parcels import access, places
from parcels.access import Relation
from parcels.admin import moving, words
from parcels.admin.opened import SCANNED
from parcels.admin.parcel_list import initials
from parcels.admin.reading import Reader
from parcels.assessment import explain_to_staff
from parcels.declarations import LINE_PLACE, RELATIONSHIP_PLACE, line_row
from parcels.lifecycle import FAMILY_WORD, HARD_NEWS, OBSERVE, Status
from parcels.models import Finding, Line, Movement, Note, Parcel
from parcels.settling import NOTE_PLACE
from people import opening, vault
from people.actors import OFFICERS
from people.desk import audit
from people.models import Approval, Person, PersonKey, Role
from people.opening import How
from people.queries import names_of

ERASED: Final = "erased"
S = Status
# The way most parcels go; another status stands where it left this way.
_WAY: Final = (
    S.REGISTERED, S.ACCEPTED, S.CLEARED, S.PACKED, S.DISPATCHED, S.WITH_INTERMEDIARY, S.HANDED_OVER,
    S.ADMITTED, S.RECEIVED, S.CONFIRMED,
)  # fmt: skip
# Keys of a movement's details that are shown under a heading of their own.
_NOT_SHOWN: Final = frozenset(
    {"move", "findings", "lines_described", "lines_removed", "on_behalf_of", "declaration"}
)


class Stop(NamedTuple):
    """A stop on the way; `state` is done, now or ahead."""

    label: str
    state: str


class Entry(NamedTuple):
    """A line of the history."""

    number: int
    what: str
    observed: bool
    status: str
    happened_at: datetime
    recorded_at: datetime
    stated_by: str
    recorded_by: str
    details: Sequence[tuple[str, str]]
    family: str


class Row(NamedTuple):
    line: Line
    description: str
    name: str
    findings: Sequence[Mapping[str, Any]]


def context(parcel: Parcel, reader: Reader, now: datetime, purpose: str = "") -> dict[str, Any]:
    """Return what the template needs. Reading names, notes and contents leaves an audit entry.

    :param purpose: what its people are open for; of people who are not open initials are shown
    """
    round_id = parcel.round_id
    seen = access.sight(reader.actor, parcel)
    movements = list(
        access.movements(reader.actor, parcel, now).select_related("staff", "client").order_by("number")
    )
    ours = seen.relation is Relation.SENDING
    public = dict(parcel.publications.values_list("number", "public_from")) if ours else {}
    people = _people(parcel, reader, is_open=bool(purpose))
    keys = keys_of(parcel) if seen.contents or people else {}
    found = list(access.findings(reader.actor, parcel, now).select_related("rule", "terms"))
    if people and purpose:
        how = How.SCAN if purpose == SCANNED else How.UNMASK
        audit(reader.staff, "see_names", "parcel", [parcel.pk], purpose=purpose)
        opening.opened(reader.actor, [person.pk for _, person, _ in people], how, purpose)
    notes = _notes(parcel, keys, reader) if purpose else []
    if notes:
        audit(reader.staff, "see_notes", "parcel", [parcel.pk], purpose=purpose)
    if seen.route and parcel.consignment_id:
        audit(reader.staff, "see_route", "parcel", [parcel.pk])
    return {
        "parcel": parcel,
        "badge": words.badge(parcel.status),
        "days": (timezone.localtime(now).date() - timezone.localtime(parcel.status_since).date()).days,
        "way": way(parcel.status, [movement.shown for movement in movements]),
        "moves": moving.possible(parcel, reader.actor),
        "family": family_reads(movements, public, now) if ours else None,
        "people": people,
        "purpose": purpose,
        "relationship": _relationship(parcel, keys) if purpose and reader.reads_sender(round_id) else "",
        "rows": rows(parcel, keys, found) if seen.contents else None,
        "whole": [worded_finding(each) for each in found if each.line is None],
        "consignment": parcel.consignment if seen.route else None,
        "settled": _settled(parcel) if reader.reads_names else None,
        "history": history(parcel, movements, public, reader, now),
        "ours": ours,
        "holder": ends_named(reader, reader.rounds[round_id]).get(parcel.holder_id or 0, ""),
        "timeline": _claims(parcel, reader),
        "about": parcel.number,
        "notes": notes,
        "may_note": reader.may("parcels.add_note"),
        "waiting": _waiting(parcel, reader),
        "may": _may(parcel, reader),
    }


def way(status: str, past: Iterable[str]) -> list[Stop]:
    been = set(past)
    stops = []
    last = max((place for place, each in enumerate(_WAY) if each in been), default=0)
    at = _WAY.index(S(status)) if status in _WAY else last
    for place, each in enumerate(_WAY):
        if each == status:
            stops.append(Stop(words.STATUS[each], "now"))
        elif place < at or (place == at and status not in _WAY):
            stops.append(Stop(words.STATUS[each], "done" if each in been else "passed"))
        else:
            stops.append(Stop(words.STATUS[each], "ahead"))
        if place == at and status not in _WAY:
            stops.append(Stop(words.STATUS[status], "now aside"))
    return stops


def family_reads(
    movements: Sequence[Movement], public: Mapping[int, datetime], now: datetime
) -> Mapping[str, Any]:
    """Return the word its family reads now, since when, and what they do not know yet."""
    shown = [each for each in movements if each.number in public and public[each.number] <= now]
    later = [public[each.number] for each in movements if each.number in public and public[each.number] > now]
    if not shown:
        return {"word": "nothing yet", "since": None, "next": min(later, default=None)}
    word = FAMILY_WORD[S(shown[-1].status)]
    same = [each for each in shown if FAMILY_WORD[S(each.status)] == word]
    return {"word": words.FAMILY[word], "since": public[same[0].number], "next": min(later, default=None)}


def history(
    parcel: Parcel,
    movements: Sequence[Any],
    public: Mapping[int, datetime],
    reader: Reader,
    now: datetime,
) -> list[Entry]:
    """Return the movements, newest first. Staff of another organisation are not named."""
    round_ = reader.rounds[parcel.round_id]
    names = ends_named(reader, round_)
    codes = {end.code: end.pk for end in (round_.sending, round_.neutral, round_.holding) if end}
    seen = access.sight(reader.actor, parcel)
    opener = places.Opener(parcel.pk, parcel.round_id)
    return [
        Entry(
            each.place,
            words.done(each.shown_move, {**each.details, "move": each.details.get("move", each.move)}),
            each.shown_move == OBSERVE,
            words.STATUS[each.shown],
            each.happened_at,
            each.recorded_at,
            names[codes.get(str(each.details.get("on_behalf_of", "")), each.organisation_id)],
            _who(each, reader, names),
            _details(access.details(reader.actor, each, seen, opener), each),
            _family_of(each, public, now) if seen.relation is Relation.SENDING else "",
        )
        for each in reversed(movements)
    ]


def ends_named(reader: Reader, round_: Round) -> dict[int, str]:
    """Return the names of a round's organisations; who stands between is named to those who need it."""
    ends = (round_.sending, round_.neutral, round_.holding)
    named = {end.pk: end.name_en for end in ends if end is not None}
    if round_.neutral_id is not None and not sees_intermediary(reader.actor, round_):
        named[round_.neutral_id] = "the intermediary"
    return named


def _who(movement: Movement, reader: Reader, names: Mapping[int, str]) -> str:
    if movement.organisation_id != reader.organisation:
        return names[movement.organisation_id]
    if movement.staff is not None:
        return str(movement.staff)
    if movement.client is not None:
        return f"system {movement.client.name}"
    return movement.actor


def _details(details: Mapping[str, Any], movement: Movement) -> list[tuple[str, str]]:
    shown = [
        (key.replace("_", " "), _worded(value)) for key, value in details.items() if key not in _NOT_SHOWN
    ]
    if movement.corrects is not None:
        shown.append(("undoes", str(movement.corrects)))
    removed = details.get("lines_removed") or []
    shown += [(f"line {each['line']}", f"{each['count']} out, {each['fate']}") for each in removed]
    anew = details.get("lines_described") or []
    shown += [(f"line {each['line']}", f"described anew as line {each['now']}") for each in anew]
    return shown


def _worded(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_worded(each) for each in value)
    return str(value).replace("_", " ") if isinstance(value, str) else str(value)


def _family_of(movement: Movement, public: Mapping[int, datetime], now: datetime) -> str:
    at = public.get(movement.number)
    if at is None:
        return "held back" if movement.status in HARD_NEWS and movement.move != OBSERVE else "not shown"
    on = timezone.localtime(at).strftime("%d %b %Y")
    return f"since {on}" if at <= now else f"from {on}"


def _people(parcel: Parcel, reader: Reader, *, is_open: bool) -> list[tuple[str, Person, str]]:
    """Return those whose names the reader may read: what they are to the parcel, and the name or initials."""
    shown = [("Addressee", parcel.recipient)] if reader.reads_names else []
    if reader.reads_sender(parcel.round_id):
        shown.append(("Sender", parcel.sender))
    names = names_of(person.pk for _, person in shown) if shown else {}
    told = {pk: name if is_open else initials(name) for pk, name in names.items()}
    return [(part, person, told.get(person.pk, ERASED)) for part, person in shown]


def keys_of(parcel: Parcel) -> dict[int, bytes]:
    """Return the keys of its two people, without those who were erased."""
    wrapped = PersonKey.objects.filter(person__in=(parcel.sender_id, parcel.recipient_id))
    return {key.person_id: vault.unwrap(key.wrapped, row=key.person_id) for key in wrapped}


def open_sealed(
    keys: Mapping[int, bytes], person_id: int, sealed: bytes | memoryview | None, place: str, row: int | str
) -> str:
    if sealed is None:
        return ""
    try:
        return vault.unseal(keys[person_id], bytes(sealed), place=place, row=row)
    except (KeyError, InvalidTag):
        return ERASED


def _relationship(parcel: Parcel, keys: Mapping[int, bytes]) -> str:
    return open_sealed(keys, parcel.sender_id, parcel.sealed_relationship, RELATIONSHIP_PLACE, parcel.pk)


def worded_finding(finding: Finding) -> dict[str, Any]:
    return worded(finding.verdict, finding.code, finding.rule, finding.terms)


def worded(verdict: str, code: str, rule: ContentRule | None, terms: Terms) -> dict[str, Any]:
    return {
        "verdict": verdict,
        "code": code,
        "text": explain_to_staff(rule, code),
        "version": f"terms version {terms.version}",
        "basis": rule.get_basis_display() if rule and rule.basis else "",
    }


def description_of(line: Line, parcel: Parcel, keys: Mapping[int, bytes]) -> str:
    row = line_row(parcel.pk, line.number)
    return open_sealed(keys, parcel.sender_id, line.sealed_description, LINE_PLACE, row)


def rows(parcel: Parcel, keys: Mapping[int, bytes], found: Sequence[Finding]) -> list[Row]:
    lines = list(parcel.lines.order_by("number"))
    names = dict(
        ContentRule.objects.filter(
            terms=parcel.round.terms_id, category__in={line.category for line in lines}
        ).values_list("category", "name_en")
    )
    return [
        Row(
            line,
            description_of(line, parcel, keys),
            names.get(line.category, "not recognised"),
            [worded_finding(each) for each in found if each.line == line.number],
        )
        for line in lines
    ]


def _settled(parcel: Parcel) -> SettledAddressee | None:
    return SettledAddressee.objects.filter(
        person=parcel.recipient_id, holding=parcel.round.holding_id
    ).first()


def _notes(parcel: Parcel, keys: Mapping[int, bytes], reader: Reader) -> list[tuple[Note, str]]:
    if not reader.reads_names:
        return []
    notes = Note.objects.filter(parcel=parcel, organisation=reader.organisation).select_related("written_by")
    return [
        (note, open_sealed(keys, note.person_id, note.sealed, NOTE_PLACE, note.pk))
        for note in notes.order_by("-pk")
    ]


def _claims(parcel: Parcel, reader: Reader) -> Timeline | None:
    """Return what is said of this number; of a parcel, officers read what their own office recorded."""
    return claims_about(parcel.number, for_=reader.actor) if reader.roles & OFFICERS else None


def _waiting(parcel: Parcel, reader: Reader) -> list[tuple[str, str, Approval]]:
    open_ = Approval.objects.filter(subject_kind="parcel", subject=parcel.pk, decision=None)
    return [
        (
            words.ACT.get(each.act, each.act),
            str(each.proposed_by if each.organisation_id == reader.organisation else each.organisation),
            each,
        )
        for each in open_.exclude(act="review").select_related("proposed_by", "organisation")
        if each.organisation_id == reader.organisation or each.act == "correct"
    ]


def _may(parcel: Parcel, reader: Reader) -> dict[str, bool]:
    """Return the buttons beside the moves."""
    roles, sending = reader.roles, reader.relation(parcel.round_id) is Relation.SENDING
    officer = bool(roles & {Role.LIAISON, Role.COORDINATOR})
    return {
        "review": parcel.status == S.IN_REVIEW
        and sending
        and bool(roles & {Role.SCREENER, Role.COORDINATOR}),
        "release": sending and parcel.held_from is not None and Role.LIAISON in roles,
        "freeze": officer and not parcel.frozen,
        "tie": sending and bool(roles & {Role.REGISTRAR, Role.LIAISON}) and parcel.tie_checked_by_id is None,
        "settle": officer and _settled(parcel) is None,
        "unflag": officer and parcel.flagged,
        "place": not sending and Role.LOGISTICS in roles,
    }
