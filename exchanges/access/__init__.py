"""Who may see what of what the sides agreed and did; each file knows one kind of thing."""

from exchanges.access.claims import claims, claims_of, reads_note
from exchanges.access.prisoners import exchanges, people_to_list
from exchanges.access.returns import LOOK_PURPOSES, concerned, concerned_by, reads_words, returns, sees_helper
from exchanges.access.rounds import agreements, rounds, sees_intermediary
from exchanges.access.visits import VisitSight, seen_by, visit_sight, visits, visits_of_person

__all__ = [
    "LOOK_PURPOSES",
    "VisitSight",
    "agreements",
    "claims",
    "claims_of",
    "concerned",
    "concerned_by",
    "exchanges",
    "people_to_list",
    "reads_note",
    "reads_words",
    "returns",
    "rounds",
    "seen_by",
    "sees_helper",
    "sees_intermediary",
    "visit_sight",
    "visits",
    "visits_of_person",
]
