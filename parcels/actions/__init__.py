"""What people and workers do with parcels: one verb, one transaction, one function."""

from parcels.actions.advance import advance, observe, observe_each
from parcels.actions.care import freeze, propose, release_news
from parcels.actions.counter import Declared, declare
from parcels.actions.register import Registered, check_round, register
from parcels.actions.review import vote
from parcels.actions.steps import Described, Refused, Result, Step

__all__ = [
    "Declared",
    "Described",
    "Refused",
    "Registered",
    "Result",
    "Step",
    "advance",
    "check_round",
    "declare",
    "freeze",
    "observe",
    "observe_each",
    "propose",
    "register",
    "release_news",
    "vote",
]
