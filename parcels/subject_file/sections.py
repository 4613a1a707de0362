"""The parts of a subject file: which tables each speaks for, and what it says of one human being.

Every table that is not open stands here once, in a part or among what is in no such file: a test holds this
against the register of fields.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Final, NamedTuple

from django.db.models import Q
from django.utils import translation

from exchanges.actions.visit_reports import WORDS as VISIT_WORDS
from exchanges.models import (
    Claim,
    ReportedPerson,
    ReturnPerson,
    SettledAddressee,
    VisitLetter,
    VisitPerson,
)
from exchanges.queries.claims import words_of
from exchanges.sealed import WISH
from parcels.declarations import LINE_PLACE, RELATIONSHIP_PLACE, line_row
from parcels.family_texts import WORDINGS
from parcels.lifecycle import FAMILY_WORD, Status
from parcels.models import Finding, Movement, Note, Parcel, Publication
from parcels.settling import NOTE_PLACE
from parcels.subject_file.subject import Subject
from people import lists, vault
from people.access import withheld_event, withheld_fact
from people.acts import Act
from people.audit import By
from people.models import (
    AuditEntry,
    Consent,
    Fact,
    Grant,
    Kinship,
    ListEntry,
    MatchKey,
    MatchStatement,
    NameKey,
    PossibleMatch,
    Restriction,
    RightsRequest,
    SituationEvent,
)

Row = dict[str, str]


def _record(of: Subject) -> Iterator[Row]:
    for person in of.people:
        yield {
            "reference": person.reference,
            "kind": of.words[person.kind],
            "kept_by": of.organisation(person.organisation),
            "since": of.day(person.recorded_at),
        }


def _facts(of: Subject) -> Iterator[Row]:
    rows = Fact.objects.filter(person__in=of.ids).exclude(withheld_fact()).select_related("source")
    for fact in rows.order_by("pk"):
        yield {
            "what": of.words[fact.kind],
            "text": _as_told(fact, of.open(fact.person_id, fact.sealed, vault.FACT_PLACE, fact.pk)),
            "source": of.organisation(fact.source),
            "on": of.day(fact.stated_on),
            "document": fact.document,
            "day_recorded": of.day(fact.recorded_at),
        }


def _as_told(fact: Fact, text: str) -> str:
    """A contact is kept as JSON: phone, email, how they wish to be reached."""
    return ", ".join(json.loads(text).values()) if fact.kind == Fact.Kind.CONTACT else text


def _events(of: Subject) -> Iterator[Row]:
    rows = SituationEvent.objects.filter(person__in=of.ids).exclude(withheld_event()).select_related("source")
    for event in rows.order_by("happened_on", "pk"):
        yield {
            "what": of.words[event.situation],
            "on": of.day(event.happened_on),
            "stated_by": of.words[event.stated_by],
            "source": of.organisation(event.source),
            "document": event.document,
        }


def _ties(of: Subject) -> Iterator[Row]:
    rows = Kinship.objects.filter(Q(sender__in=of.ids) | Q(person__in=of.ids)).select_related("source")
    for tie in rows.order_by("pk"):
        yield {
            "relation": of.words[tie.relation],
            "other": of.words["person_held" if tie.sender_id in of.ids else "relative"],
            "evidence": of.words[tie.evidence],
            "source": of.organisation(tie.source),
            "on": of.day(tie.recorded_at),
        }


def _consents(of: Subject) -> Iterator[Row]:
    for each in Consent.objects.filter(person__in=of.ids).order_by("pk"):
        yield {
            "purpose": of.words[each.purpose],
            "word": of.words["given" if each.given else "withdrawn"],
            "channel": of.words[each.channel],
            "text": f"{each.text_version} {each.language}".strip(),
            "on": of.day(each.recorded_at),
        }


def _requests(of: Subject) -> Iterator[Row]:
    for asked in RightsRequest.objects.filter(person__in=of.ids).order_by("pk"):
        yield {
            "what": of.words[asked.kind],
            "purpose": of.words[asked.purpose] if asked.purpose else "",
            "channel": of.words[asked.channel],
            "on": of.day(asked.received_at),
            "due": of.day(asked.due_at),
            "outcome": of.words[asked.outcome or "open"],
        }
    for mark in Restriction.objects.filter(person__in=of.ids).order_by("pk"):
        yield {
            "what": of.words[mark.mark],
            "purpose": of.words[mark.purpose] if mark.purpose else "",
            "word": of.words["withdrawn" if mark.lifted else "given"],
            "on": of.day(mark.recorded_at),
        }


def _parcels(of: Subject) -> Iterator[Row]:
    steps = _public_steps(of)
    found = Finding.objects.filter(parcel__in=of.parcels).order_by("pk")
    for parcel in of.parcels:
        sent = parcel.sender_id in of.ids
        yield {
            "number": parcel.number,
            "part": of.words["sender" if sent else "recipient"],
            "round": parcel.round.reference,
            "steps": "; ".join(steps.get(parcel.pk, [])),
            "mass": str(parcel.gross_mass_g or parcel.declared_mass_g or ""),
            "contents": "; ".join(_contents(of, parcel, sent)),
            "found": ", ".join(each.code for each in found if each.parcel_id == parcel.pk) if sent else "",
            "relation": of.open(parcel.sender_id, parcel.sealed_relationship, RELATIONSHIP_PLACE, parcel.pk)
            if sent
            else "",
        }


def _contents(of: Subject, parcel: Parcel, sent: bool) -> Iterator[str]:
    """The sender's own words are the sender's; to the addressee the thing is named by its kind."""
    for line in parcel.lines.order_by("number"):
        row = line_row(parcel.pk, line.number)
        text = of.open(parcel.sender_id, line.sealed_description, LINE_PLACE, row) if sent else ""
        said = of.free(text)
        yield f"{line.quantity} × {said or line.category}"


def _public_steps(of: Subject) -> dict[int, list[str]]:
    """Return the steps of each parcel that its family may read, in a family's words."""
    public = {
        (parcel, number): at
        for parcel, number, at in Publication.objects.filter(
            parcel__in=of.parcels, public_from__lte=of.now
        ).values_list("parcel", "number", "public_from")
    }
    steps: dict[int, list[str]] = {}
    with translation.override(of.words.language):
        for moved in Movement.objects.filter(parcel__in=of.parcels).order_by("parcel", "number"):
            if at := public.get((moved.parcel_id, moved.number)):
                word = str(WORDINGS[FAMILY_WORD[Status(moved.status)]].word)
                said = steps.setdefault(moved.parcel_id, [])
                if not said or not said[-1].startswith(word):
                    said.append(f"{word} {of.day(at)}")
    return steps


def _notes(of: Subject) -> Iterator[Row]:
    for note in Note.objects.filter(person__in=of.ids).select_related("organisation").order_by("pk"):
        yield {
            "text": of.free(of.open(note.person_id, note.sealed, NOTE_PLACE, note.pk)),
            "kept_by": of.organisation(note.organisation),
            "on": of.day(note.written_at),
        }


def _visits(of: Subject) -> Iterator[Row]:
    for named in VisitPerson.objects.filter(person__in=of.ids).select_related("visit__visited_by"):
        yield {
            "what": of.words[named.part],
            "organisation": of.organisation(named.visit.visited_by),
            "on": of.day(named.visit.starts_at),
            "status": named.visit.status,
        }
    for told in ReportedPerson.objects.filter(person__in=of.ids).select_related("report"):
        yield {
            "word": of.free(of.open(told.person_id, told.sealed_words, VISIT_WORDS, told.pk)),
            "found": ", ".join(told.parcels.values_list("parcel_number", flat=True)),
            "on": of.day(told.report.recorded_at),
        }
    ends = Q(from_person__in=of.ids) | Q(to_person__in=of.ids)
    for letter in VisitLetter.objects.filter(ends).select_related("visit"):
        yield {
            "direction": of.words[letter.direction],
            "other": of.words["not_told"],
            "outcome": letter.get_outcome_display(),
            "read": letter.get_read_display(),
            "on": of.day(letter.visit.starts_at),
        }


def _claims(of: Subject) -> Iterator[Row]:
    """Who said something as a private person could be known by their words: those are left out."""
    claims = list(Claim.objects.filter(person__in=of.ids).select_related("stated_by").order_by("pk"))
    words = words_of(claims)
    for claim in claims:
        by_office = claim.stated_by is not None and not claim.source
        yield {
            "what": claim.get_kind_display(),
            "stated_by": of.organisation(claim.stated_by) if by_office else of.words["not_told"],
            "word": of.free(words[claim.pk]) if by_office else of.words["not_told"],
            "status": claim.get_status_display(),
            "on": of.day(claim.said_on),
        }


def _returns(of: Subject) -> Iterator[Row]:
    for member in ReturnPerson.objects.filter(person__in=of.ids).select_related("group"):
        yield {"status": member.get_status_display(), "on": of.day(member.named_at)}
        for wish in member.wishes.select_related("stated_to").order_by("pk"):
            yield {
                "what": of.words[wish.wants],
                "stated_to": of.organisation(wish.stated_to),
                "in_private": of.words.yes_or_no(wish.in_private),
                "word": of.free(of.open(member.person_id, wish.sealed_words, WISH, wish.pk)),
                "on": of.day(wish.stated_on),
            }


def _lists(of: Subject) -> Iterator[Row]:
    rows = ListEntry.objects.filter(pk__in=of.entries).select_related("list__stated_by").order_by("pk")
    opened = {each.id: each.entry for each in lists.open_entries(rows)}
    for row in rows:
        entry = opened[row.pk]
        told = (entry.name, entry.birth_date, entry.service_number, entry.note) if entry else ()
        yield {
            "title_of_list": row.list.title,
            "stated_by": of.organisation(row.list.stated_by),
            "on": of.day(row.list.stated_on),
            "text": ", ".join(filter(None, told)) if entry else of.words["erased"],
        }


def _comparing(of: Subject) -> Iterator[Row]:
    either = Q(person__in=of.ids) | Q(other__in=of.ids)
    counts = {
        "keys_of_name": NameKey.objects.filter(person__in=of.ids).count(),
        "keys_of_match": MatchKey.objects.filter(person__in=of.ids).count(),
        "questions_asked": PossibleMatch.objects.filter(either, settled_at=None).count(),
        "statements_made": MatchStatement.objects.filter(either).count(),
    }
    for what, many in counts.items():
        yield {"what": of.words[what], "how_many": str(many)}


def _shared(of: Subject) -> Iterator[Row]:
    """Whom an addressee's data went to: by the rounds of their parcels, and who knows them as addressee."""
    settled = SettledAddressee.objects.filter(person__in=of.ids).select_related("holding")
    told = {each.holding for each in settled} | {
        organisation
        for parcel in of.parcels
        if parcel.recipient_id in of.ids
        for organisation in (parcel.round.holding, parcel.round.neutral)
        if organisation is not None
    }
    for organisation in sorted(told, key=lambda each: each.pk):
        yield {"who": of.organisation(organisation), "what": of.words["parcel_and_addressee"]}


_ACTS: Final[dict[str, str]] = {
    **dict.fromkeys(
        (
            Act.OPEN_PERSON, Act.OPEN_BY_SCAN, Act.UNMASK, Act.READ_PERSON, Act.LIST_PERSON,
            Act.SEE_DETENTION, Act.LOOK_WHEREABOUTS, Act.FIND_FOR_VISIT, Act.READ_CLAIMS,
        ),
        "opened_record",
    ),
    **dict.fromkeys(
        (
            Act.ADD_FACT, Act.RECORD_PERSON, Act.RECORD_SITUATION, Act.RECORD_KINSHIP, Act.GIVE_CONSENT,
            Act.WITHDRAW_CONSENT, Act.STATE_DETENTION, Act.CORRECT_ON_REQUEST,
        ),
        "changed_record",
    ),
    **dict.fromkeys((Act.KEEP_LIST, Act.LIST_ADDRESSEES), "listed"),
    **dict.fromkeys((Act.EXPORT_PERSON, Act.EXPORT_BY_TWO, Act.SUBJECT_FILE), "exported"),
    **dict.fromkeys((Act.SAME_PERSON, Act.NOT_SAME_PERSON, Act.LET_GO, Act.ERASE), "decided"),
}  # fmt: skip
_WHO: Final[dict[str, str]] = {By.CLIENT: "system", By.WORKER: "worker", By.COMMAND: "worker"}


def _access(of: Subject) -> Iterator[Row]:
    """By category: as what somebody came, what they did, how often. No member of staff is named."""
    entries = AuditEntry.objects.filter(
        subject_kind="person", subject__in=of.ids, outcome=AuditEntry.Outcome.DONE
    ).order_by("at")
    rows = list(entries.values_list("by", "staff", "act", "purpose", "at"))
    roles = _roles({staff for _, staff, *_ in rows if staff is not None})
    counted: dict[tuple[str, str, str], list[datetime]] = {}
    for by, staff, act, purpose, at in rows:
        who = roles.get(staff, "unknown") if staff else _WHO.get(by, "unknown")
        counted.setdefault((who, _ACTS.get(act, "other_act"), purpose), []).append(at)
    for (who, what, purpose), times in counted.items():
        yield {
            "who": ", ".join(of.words[role] for role in who.split()),
            "what": of.words[what],
            "purpose": of.words[purpose] if purpose else "",
            "how_many": str(len(times)),
            "last": of.day(times[-1]),
        }


def _roles(staff: set[int]) -> dict[int, str]:
    held: dict[int, set[str]] = {}
    for member, role in Grant.objects.filter(staff__in=staff).values_list("staff", "role"):
        held.setdefault(member or 0, set()).add(role)
    return {member: " ".join(sorted(roles)) for member, roles in held.items()}


class Section(NamedTuple):
    name: str
    tables: tuple[str, ...]
    tell: Callable[[Subject], Iterable[Row]]


SECTIONS: Final = (
    Section("record", ("people_person", "people_personkey", "people_erasure"), _record),
    Section("facts", ("people_fact",), _facts),
    Section("events", ("people_situationevent",), _events),
    Section("ties", ("people_kinship",), _ties),
    Section("consents", ("people_consent",), _consents),
    Section("requests", ("people_rightsrequest", "people_restriction"), _requests),
    Section(
        "parcels",
        (
            "parcels_parcel", "parcels_line", "parcels_linedecision", "parcels_finding", "parcels_movement",
            "parcels_publication", "parcels_quarantine",
        ),
        _parcels,
    ),
    Section("notes", ("parcels_note",), _notes),
    Section(
        "visits",
        (
            "exchanges_visit", "exchanges_visitperson", "exchanges_visitreport", "exchanges_reportedperson",
            "exchanges_reportedparcel", "exchanges_visitletter",
        ),
        _visits,
    ),
    Section("claims", ("exchanges_claim", "exchanges_assessment"), _claims),
    Section(
        "returns",
        ("exchanges_return", "exchanges_returnperson", "exchanges_returnstep", "exchanges_wish"),
        _returns,
    ),
    Section(
        "lists",
        ("people_prisonerlist", "people_listentry", "people_listcomparison", "people_comparedrow"),
        _lists,
    ),
    Section(
        "comparing",
        (
            "people_namekey", "people_matchkey", "people_possiblematch", "people_matchstatement",
            "people_groupmember",
        ),
        _comparing,
    ),
    Section("shared", ("exchanges_settledaddressee",), _shared),
    Section("access", ("people_auditentry", "people_approval"), _access),
)  # fmt: skip

# Tables that are in no such file, each for the reason beside it; the file says so in one sentence, always.
IN_NO_FILE: Final[dict[str, tuple[str, ...]]] = {
    "where people are, and the ways there": (
        "people_detention", "exchanges_whereabouts", "parcels_consignment", "parcels_consignmentnews",
    ),
    "known to named officers alone": (
        "exchanges_exchange", "exchanges_namedofficer", "exchanges_stage", "exchanges_prisonerlist",
        "exchanges_listedperson", "exchanges_listedstep", "exchanges_exchangecount",
        "exchanges_exchangetrace",
    ),
    "what is kept back because it may do harm (GC IV 137)": ("people_withholding",),
    "of groups, offices and staff, not of one person": (
        "exchanges_returnevent", "exchanges_count", "exchanges_question", "exchanges_reply",
        "exchanges_visitstep", "exchanges_visitparticipant", "exchanges_calendaraddress",
        "parcels_ledgersnapshot", "people_staff", "people_client", "people_grant", "people_grantevent",
        "people_signinlink", "people_invitation", "people_passkey", "people_authenticatorapp",
        "people_recoverycode", "people_staffsession", "people_alarm", "parcels_difference",
        "people_endpoint", "people_delivery",
        "django_admin_log", "pghistory_context",
    ),
    "what shows that nobody changed the audit, and who reads what is nobody's to read": (
        "people_auditleaf", "people_auditsalt", "people_audithead", "people_auditshipment",
        "people_auditcheck", "people_canary",
    ),
    "what shows that nobody changed a movement": (
        "parcels_custodyleaf", "parcels_custodysalt", "parcels_custodynode", "parcels_custodyhead",
        "parcels_custodycheck",
    ),
    "keys of rounds, visits, offices and systems, not of one person": (
        "people_datakey", "people_endpointkey",
    ),
    "keys and replies of the machinery, gone in days": (
        "exchanges_round", "exchanges_roundevent", "people_savedreply", "people_throttlewindow",
        "django_session", "oauth2_provider_grant", "oauth2_provider_accesstoken",
        "oauth2_provider_refreshtoken", "oauth2_provider_idtoken", "oauth2_provider_devicegrant",
    ),
}  # fmt: skip
