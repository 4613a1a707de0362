"""Words that are planted where people's lives hang on them, and who alone may read each."""

from __future__ import annotations

from typing import Final, NamedTuple

from parcels import settling
from parcels.actions import propose, register
from parcels.declarations import Declaration, DeclaredLine
from parcels.models import Parcel
from parcels.workers import drain
from people import situations
from people.actions import Telling
from people.models import Role
from tests import factories
from tests.factories import NOON, World

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

    def of(self, mark: str) -> str:
        return self.word.replace("MARK", mark)


def at(organisation: str, *roles: str) -> Readers:
    return frozenset((organisation, str(role)) for role in roles)


NORTH, SOUTH, HARBOUR = "north", "south", "harbour"
_DISPATCHES: Final = at(NORTH, Role.DISPATCHER, SYSTEM)
_NEUTRAL: Final = at(HARBOUR, *READ_PARCELS, *SYSTEMS)

SECRETS: Final = (
    Secret("the sender's name", "MARKsender", at(NORTH, *KNOW_PEOPLE, *SYSTEMS)),
    Secret("the sender's telephone", "0005MARKphone", at(NORTH, *KNOW_PEOPLE, *SYSTEMS)),
    Secret(
        "the addressee's name",
        "MARKprisoner",
        at(NORTH, *KNOW_PEOPLE, *SYSTEMS)
        | at(SOUTH, *KNOW_PEOPLE, *SYSTEMS)
        | at(HARBOUR, *KNOW_PEOPLE, *SYSTEMS),
    ),
    Secret(
        "what was declared",
        "MARKthing",
        at(NORTH, *READ_PARCELS, *SYSTEMS) | at(SOUTH, *READ_PARCELS, *SYSTEMS),
    ),
    Secret("a note about the addressee", "MARKnote", at(NORTH, *KNOW_PEOPLE)),
    # Routes, carriers and seals: the sending dispatcher, the neutral agency, and who holds it now.
    Secret("a seal that has left", "MARK-LEFT", at(NORTH, *READ_PARCELS, SYSTEM) | _NEUTRAL),
    Secret("a seal with the neutral agency", "MARK-ENTRUSTED", _DISPATCHES | _NEUTRAL),
    Secret(
        "a seal at the holding side",
        "MARK-ARRIVED",
        _DISPATCHES | _NEUTRAL | at(SOUTH, *READ_PARCELS, *SYSTEMS),
    ),
    Secret("where a parcel was taken in", "MARK-COUNTER", at(NORTH, *READ_PARCELS, SYSTEM) | _NEUTRAL),
    Secret(
        "the paper of what became of somebody",
        "MARK-PROTOCOL",
        at(NORTH, *KNOW_PEOPLE) | at(SOUTH, *KNOW_PEOPLE) | at(HARBOUR, *KNOW_PEOPLE),
    ),
    Secret("a member of North's staff", "MARKstaff", at(NORTH, *READ_PARCELS, Role.MANAGER)),
)


def plant(world: World, mark: str) -> None:
    """Make parcels in several statuses whose people, things and ways carry the words, with `mark` in each."""
    world.amina.display_name = f"{mark}staff"
    world.amina.save()
    parcel = _declared(world, mark)
    factories.move(parcel, "accept", world.act(world.amina), gross_mass_g=6_000, place=f"{mark}-COUNTER")
    drain("screen")
    settling.write_note(
        parcel, parcel.recipient_id, f"{mark}note: he wears glasses", by=world.act(world.amina), now=NOON
    )
    left, entrusted, arrived = (_sent(world, f"{mark}-{where}") for where in ("LEFT", "ENTRUSTED", "ARRIVED"))
    for parcel in (entrusted, arrived):
        factories.move(parcel, "entrust", world.act(world.farid))
    factories.move(arrived, "hand_over", world.act(world.elena), act=f"{mark}-ACT")
    refused = factories.accepted(world, "нож")
    drain("screen")
    propose(
        refused.number, "dispose", by=world.act(world.gita), now=NOON,
        details={"method": "destroyed", "reason": "spoiled"},
    )  # fmt: skip
    situations.record(
        left.recipient, "in_hospital", NOON.date(), "neutral", source_id=world.harbour.pk,
        document=f"{mark}-PROTOCOL", by=world.act(world.gita), now=NOON,
    )  # fmt: skip


def _sent(world: World, seal: str) -> Parcel:
    parcel = factories.packed(world)
    assert parcel.consignment is not None
    factories.seal(parcel.consignment, seal)
    return factories.move(parcel, "dispatch", world.act(world.dawit), seal=seal)


def _declared(world: World, mark: str) -> Parcel:
    declaration = Declaration(
        f"row-{mark}",
        Telling("sender", f"Olha {mark}sender", contact={"phone": f"0005{mark}phone"}),
        Telling("prisoner", f"Pavlo {mark}prisoner", "1990-04-05", f"S-{mark}"),
        [DeclaredLine(f"{mark}thing", 1, 500)],
        relationship="mother",
        declared_mass_g=6_000,
    )
    (made,) = register([declaration], round_=world.round, by=world.act(world.amina), now=NOON)
    return Parcel.objects.get(number=made.number)
