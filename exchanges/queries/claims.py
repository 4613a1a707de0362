"""What is said of a person, a parcel or a return: a timeline that shows every side's account."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.db.models import Q, QuerySet

from exchanges import access, sealed
from exchanges.models import Assessment, Claim, Count, Question, Return
from people.actors import OFFICERS, Actor
from people.models import Person


class Entry(NamedTuple):
    """What one side said, asked, replied or held on a day. `words` are theirs."""

    on: date
    speaker: str
    what: str
    words: str = ""
    details: tuple[str, ...] = ()
    claim: Claim | None = None


class Row(NamedTuple):
    on: date
    cells: list[tuple[str, list[Entry]]]
    """(speaker, what they said that day), in the order of the timeline's speakers."""


class Timeline(NamedTuple):
    """Every account of one subject; a column for each who speaks, the sides of a return first."""

    speakers: list[str]
    rows: list[Row]


def claims_about(subject: Person | Return | str, *, for_: Actor) -> Timeline:
    """Return what is said of a person, a return, or a parcel by its number, as far as `for_` may read it.

    It opens words about people: whoever shows it has recorded the look.
    """
    claims = Claim.objects.filter(_about(subject), access.claims_of(for_))
    officer_in = [for_.organisation_id] if for_.roles & OFFICERS else []
    entries = list(_of_claims(claims, officer_in))
    first: list[str] = []
    if isinstance(subject, Return):
        ends = (subject.from_organisation, subject.to_organisation, subject.intermediary)
        first = [str(end) for end in ends if end is not None]
        if access.returns(for_).filter(pk=subject.pk).exists() and officer_in:
            entries += [*_of_counts(subject), *_of_questions(subject)]
    return timeline(entries, first)


def timeline(entries: Iterable[Entry], first: Iterable[str] = ()) -> Timeline:
    """Return the entries in columns and by day; those in `first` have a column even where they are silent."""
    told = sorted(entries, key=lambda entry: entry.on)
    speakers = list(dict.fromkeys([*first, *(entry.speaker for entry in told)]))
    said: dict[tuple[date, str], list[Entry]] = {}
    for entry in told:
        said.setdefault((entry.on, entry.speaker), []).append(entry)
    days = dict.fromkeys(entry.on for entry in told)
    rows = [Row(day, [(who, said.get((day, who), [])) for who in speakers]) for day in days]
    return Timeline(speakers, rows)


def words_of(claims: Iterable[Claim]) -> dict[int, str]:
    """Return the words of each claim. Callers have asked `exchanges.access` first."""
    claims = list(claims)
    keys = sealed.keys_of(
        {claim.person_id for claim in claims if claim.person_id is not None},
        {claim.organisation_id for claim in claims if claim.person_id is None},
    )
    return {
        claim.pk: sealed.unseal(
            claim.sealed_words,
            sealed.CLAIM,
            claim.person_id,
            keys,
            row=claim.pk,
            office=claim.organisation_id,
        )
        for claim in claims
    }


def notes_of(claim: Claim, officer_in: Iterable[int]) -> list[tuple[Assessment, str | None]]:
    """Return how the claim was assessed, oldest first, each with its note, or None for another office's."""
    offices = list(officer_in)
    keys = sealed.keys_of([claim.person_id] if claim.person_id else [], [] if claim.person_id else offices)
    return [
        (
            each,
            sealed.unseal(
                each.sealed_note,
                sealed.ASSESSMENT,
                claim.person_id,
                keys,
                row=each.pk,
                office=each.organisation_id,
            )
            if access.reads_note(offices, each)
            else None,
        )
        for each in claim.assessments.select_related("organisation").order_by("pk")
    ]


def _about(subject: Person | Return | str) -> Q:
    if isinstance(subject, str):
        return Q(parcel=subject) & ~Q(parcel="")
    if isinstance(subject, Person):
        return Q(person=subject)
    return Q(group=subject) | Q(count__group=subject)


def _of_claims(claims: QuerySet[Claim], officer_in: list[int]) -> Iterable[Entry]:
    found = list(claims.select_related("stated_by", "answers", "corrects", "count").order_by("said_on", "pk"))
    words = words_of(found)
    for claim in found:
        yield Entry(
            claim.said_on,
            speaker_of(claim),
            claim.get_kind_display(),
            words[claim.pk],
            _details(claim),
            claim,
        )
    assessed = Assessment.objects.filter(claim__in=found if officer_in else [])
    for each in assessed.select_related("claim", "organisation").order_by("pk"):
        what = f"holds claim {each.claim.reference} to be {each.get_standing_display().lower()}"
        yield Entry(each.assessed_on, str(each.organisation), what, "", (each.get_reason_display(),))


def speaker_of(said: Claim | Count) -> str:
    """Return who says it, in whose words it is heard where that is another."""
    if said.stated_by is None:
        return said.source
    return f"{said.stated_by}, by {said.source}" if said.source else str(said.stated_by)


def _details(claim: Claim) -> tuple[str, ...]:
    told = []
    if claim.count:
        told.append(f"about the number {claim.count.number}")
    if claim.published_on:
        told.append(f"published {claim.published_on:%-d %b %Y}")
    if claim.evidence or claim.evidence_reference:
        told.append(f"evidence: {claim.get_evidence_display()} {claim.evidence_reference}".strip())
    if claim.answers:
        told.append(f"answers claim {claim.answers.reference}")
    if claim.corrects:
        told.append(f"corrects claim {claim.corrects.reference}")
    return tuple(told)


def _of_counts(group: Return) -> Iterable[Entry]:
    key = sealed.key_of_return(group.pk)
    for count in group.counts.select_related("stated_by").order_by("said_on", "pk"):
        details = [f"published {count.published_on:%-d %b %Y}"] if count.published_on else []
        details += [f"paper: {count.document}"] if count.document else []
        what = f"counts {count.number} {count.get_scope_display()}"
        words = sealed.opened(key, count.sealed_scope, sealed.SCOPE, count.pk)
        yield Entry(count.said_on, speaker_of(count), what, words, tuple(details))


def _of_questions(group: Return) -> Iterable[Entry]:
    questions = Question.objects.filter(group=group).select_related("asked_by", "asked_of", "reply")
    for each in questions.order_by("asked_on", "pk"):
        paper = (f"paper: {each.document}",) if each.document else ()
        yield Entry(each.asked_on, str(each.asked_by), f"asks {each.asked_of}", "", paper)
        if reply := getattr(each, "reply", None):
            paper = (f"paper: {reply.document}",) if reply.document else ()
            what = f"replies to the question of {each.asked_on:%-d %b %Y}"
            yield Entry(reply.replied_on, str(each.asked_of), what, "", paper)
