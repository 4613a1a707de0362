"""Who may see what of what the sides agreed and did; each file knows one kind of thing."""

from exchanges.access.prisoners import exchanges, people_to_list
from exchanges.access.rounds import agreements, rounds, sees_intermediary
from exchanges.access.visits import VisitSight, seen_by, visit_sight, visits, visits_of_person

__all__ = [
    "VisitSight",
    "agreements",
    "exchanges",
    "people_to_list",
    "rounds",
    "seen_by",
    "sees_intermediary",
    "visit_sight",
    "visits",
    "visits_of_person",
]
