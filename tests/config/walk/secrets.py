"""Words that are planted where people's lives hang on them, and who alone may read each."""

from __future__ import annotations

from typing import Final, NamedTuple

from people.models import Role

OFFICERS: Final = (Role.LIAISON, Role.COORDINATOR)
KNOW_PEOPLE: Final = (*OFFICERS, Role.REGISTRAR)
WORK_ON_PARCELS: Final = (*KNOW_PEOPLE, Role.SCREENER, Role.DISPATCHER, Role.LOGISTICS, Role.MEDICAL)
READ_PARCELS: Final = (*WORK_ON_PARCELS, Role.AUDITOR)
# A partner's system with every role, and one with a registrar's alone: it reads what is published.
SYSTEM: Final = "system"
SYSTEMS: Final = (SYSTEM, "registrar's system")

# An organisation and a role.
Reader = tuple[str, str]
Readers = frozenset[Reader]


class Secret(NamedTuple):
    """`word` as it is found in an answer, with the mark of its world: see `of`."""

    what: str
    word: str
    readers: Readers
    asked: Readers = frozenset()
    """Those who read it only after they said what for."""

    def of(self, mark: str) -> str:
        return self.word.replace("MARK", mark)


def at(organisation: str, *roles: str) -> Readers:
    return frozenset((organisation, str(role)) for role in roles)


NORTH, SOUTH, HARBOUR = "north", "south", "harbour"
NOBODY: Final[Readers] = frozenset()
# Officers by name: what they are named on is theirs, and no other officer's.
GITA, IVO = (NORTH, "gita"), (NORTH, "ivo")
NAMED: Final = frozenset({GITA, IVO})
_HARBOURS: Final = at(HARBOUR, *OFFICERS)
_OFFICERS_OF_ALL: Final = at(NORTH, *OFFICERS) | at(SOUTH, *OFFICERS) | _HARBOURS
# A system that reads only what is published meets none but the people of its parcels.
_OF_NORTH: Final = at(NORTH, *KNOW_PEOPLE, SYSTEM)
# People's pages, and the names on a parcel's, open for a purpose; other pages of officers' name them too.
_ASKED_OF_NORTH: Final = at(NORTH, *KNOW_PEOPLE)
_REGISTRAR: Final = at(NORTH, Role.REGISTRAR)
_DISPATCHES: Final = at(NORTH, Role.DISPATCHER, SYSTEM)
_NEUTRAL: Final = at(HARBOUR, *READ_PARCELS, *SYSTEMS)

SECRETS: Final = (
    Secret("the sender's name", "MARKsender", at(NORTH, *SYSTEMS), asked=_ASKED_OF_NORTH),
    Secret("the sender's telephone", "0005MARKphone", at(NORTH, *SYSTEMS), asked=_ASKED_OF_NORTH),
    Secret(
        "the addressee's name",
        "MARKprisoner",
        at(NORTH, *OFFICERS, *SYSTEMS) | at(SOUTH, *SYSTEMS) | at(HARBOUR, *SYSTEMS),
        asked=_REGISTRAR | at(SOUTH, *KNOW_PEOPLE) | at(HARBOUR, *KNOW_PEOPLE),
    ),
    Secret(
        "what was declared",
        "MARKthing",
        at(NORTH, *READ_PARCELS, *SYSTEMS) | at(SOUTH, *READ_PARCELS, *SYSTEMS),
    ),
    Secret("the paper of a request about one's data", "MARK-CARD", at(NORTH, *OFFICERS, Role.AUDITOR)),
    Secret("a note about the addressee", "MARKnote", NOBODY, asked=_ASKED_OF_NORTH),
    # Routes, carriers and seals: the sending dispatcher, the neutral agency, and who holds it now.
    Secret("a seal that has left", "MARK-LEFT", at(NORTH, *READ_PARCELS, SYSTEM) | _NEUTRAL),
    Secret("a seal with the neutral agency", "MARK-ENTRUSTED", _DISPATCHES | _NEUTRAL),
    Secret(
        "a seal at the holding side",
        "MARK-ARRIVED",
        _DISPATCHES | _NEUTRAL | at(SOUTH, *READ_PARCELS, *SYSTEMS),
    ),
    Secret("where a parcel was taken in", "MARK-COUNTER", at(NORTH, *READ_PARCELS, SYSTEM) | _NEUTRAL),
    # A side reads of another office's record what it said itself, and what both said.
    Secret(
        "the neutral agency's paper of what became of somebody",
        "MARK-PROTOCOL",
        NOBODY,
        asked=at(NORTH, *OFFICERS) | _HARBOURS,
    ),
    Secret("both sides' paper of what became of somebody", "MARK-BOTH", NOBODY, asked=_OFFICERS_OF_ALL),
    Secret(
        "North's own paper of what became of somebody",
        "MARK-ALONE",
        NOBODY,
        asked=at(NORTH, *OFFICERS) | _HARBOURS,
    ),
    Secret("a member of North's staff", "MARKstaff", at(NORTH, *READ_PARCELS, Role.MANAGER)),
    Secret("an officer of North", "MARKofficer", at(NORTH, *READ_PARCELS, Role.MANAGER)),
    # People of North's record whom no parcel names.
    Secret("a word that is kept from the family", "MARKformer", NOBODY, asked=_ASKED_OF_NORTH | _HARBOURS),
    Secret("the paper of a tie", "MARK-BIRTH", NOBODY, asked=_ASKED_OF_NORTH),
    Secret("the text of a consent", "MARK-CONSENT", NOBODY, asked=_ASKED_OF_NORTH),
    Secret("one of two records that may be one person", "MARKtwin", _OF_NORTH),
    Secret("somebody on a list", "MARKentry", at(NORTH, *KNOW_PEOPLE)),
    Secret("what a list is called", "MARKscroll", at(NORTH, *KNOW_PEOPLE)),
    # Where people are held, or stay.
    Secret(
        "a place of detention",
        "MARKcamp",
        NOBODY,
        asked=at(SOUTH, Role.LOGISTICS) | at(HARBOUR, Role.LOGISTICS),
    ),
    Secret("where prisoners are visited", "MARKwing", NOBODY, asked=at(SOUTH, Role.LOGISTICS) | {GITA}),
    Secret("where a displaced civilian stays", "MARKshelter", NOBODY, asked=_OFFICERS_OF_ALL),
    # Visits: North's to South.
    Secret(
        "a prisoner to be seen",
        "MARKvisited",
        at(NORTH, *OFFICERS, SYSTEM) | at(SOUTH, *OFFICERS),
        asked=_REGISTRAR,
    ),
    Secret("what a prisoner said at a visit", "MARKword", at(NORTH, *OFFICERS)),
    # Returns.
    Secret("what a group is called", "MARKgroup", _OFFICERS_OF_ALL),
    Secret("where a group is", "MARKregion", _OFFICERS_OF_ALL),
    Secret(
        "a displaced civilian",
        "MARKcivilian",
        at(NORTH, *OFFICERS, *SYSTEMS) | at(SOUTH, *OFFICERS, *SYSTEMS) | at(HARBOUR, *OFFICERS, *SYSTEMS),
        asked=_REGISTRAR,
    ),
    Secret("a civilian's wish in their words", "MARKwish", NOBODY, asked=_HARBOURS),
    Secret("what a count is said to hold", "MARKscope", _OFFICERS_OF_ALL),
    # Claims.
    Secret("what is said of a return", "MARKclaim", _OFFICERS_OF_ALL),
    Secret("why a claim is held to stand so", "MARKverified", at(NORTH, *OFFICERS)),
    Secret("what is said of a prisoner", "MARKrumour", at(NORTH, *OFFICERS), asked=_REGISTRAR),
    Secret("what is said of a parcel", "MARKhearsay", at(NORTH, *OFFICERS)),
    # Exchanges of prisoners: to all but two they do not exist.
    Secret("what an exchange is called", "MARKexchange", NOBODY, asked=NAMED),
    Secret("where people are exchanged", "MARKbridge", NOBODY, asked=NAMED),
    Secret("a note on a list for an exchange", "MARKmargin", NOBODY, asked=NAMED),
    Secret(
        "somebody listed for an exchange", "MARKcrossing", at(NORTH, SYSTEM), asked=NAMED | _ASKED_OF_NORTH
    ),
)
# What is read by its own reference or hash, which no planting chooses.
EXCHANGE: Final = Secret("an exchange", "", NAMED)
SNAPSHOT: Final = Secret("a ledger as North saw it", "", at(NORTH, *OFFICERS))
