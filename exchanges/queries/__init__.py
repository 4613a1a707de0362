"""Questions about what the sides agreed and did."""

from exchanges.queries.calendars import calendar_hash, calendar_owner, visits_with
from exchanges.queries.claims import Entry, Timeline, claims_about, notes_of, speaker_of, timeline, words_of
from exchanges.queries.prisoners import last_steps, progress, waiting
from exchanges.queries.returns import (
    EachWay,
    Member,
    Silence,
    members_of,
    returned_each_way,
    silences,
    wishes_of,
)
from exchanges.queries.rounds import is_to_close, of_organisations
from exchanges.queries.terms import changes, version_before
from exchanges.queries.visits import VisitCount, counted, visit_counts

__all__ = [
    "EachWay",
    "Entry",
    "Member",
    "Silence",
    "Timeline",
    "VisitCount",
    "calendar_hash",
    "calendar_owner",
    "changes",
    "claims_about",
    "counted",
    "is_to_close",
    "last_steps",
    "members_of",
    "notes_of",
    "of_organisations",
    "progress",
    "returned_each_way",
    "silences",
    "speaker_of",
    "timeline",
    "version_before",
    "visit_counts",
    "visits_with",
    "waiting",
    "wishes_of",
    "words_of",
]
