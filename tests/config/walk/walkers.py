"""Who walks: each role in each organisation, two with every role in a foreign one, systems, and a stranger."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.test import Client as Browser

from people.models import Grant, Organisation, Role, Staff
from tests import factories
from tests.partners import partner
from tests.signing_in import signed_in


class Walker(NamedTuple):
    """`organisation` and `role` as in the secrets' table; both empty for the stranger."""

    organisation: str
    role: str
    reads: Any
    """A browser, or a partner's system: both have get and post."""

    @property
    def reader(self) -> tuple[str, str]:
        return self.organisation, self.role

    def __str__(self) -> str:
        return f"{self.role} of {self.organisation}" if self.role else "a stranger"


def walkers(world: factories.World, foreign: factories.World) -> Iterator[Walker]:
    yield Walker("", "", Browser())
    for organisation in (world.north, world.south, world.harbour):
        for role in Role.values:
            member = factories.staff(f"{role}-{organisation.code}", role, organisation)
            yield Walker(organisation.code, role, signed_in(member))
        for word, roles in (("system", Role.values), ("registrar's system", [Role.REGISTRAR])):
            yield Walker(organisation.code, word, partner(organisation, *roles))
    # Who manages users holds no other role.
    manages = factories.staff("manages", Role.MANAGER, foreign.north)
    yield Walker(foreign.north.code, Role.MANAGER, signed_in(manages))
    everything = of_every_role(foreign.north)
    yield Walker(foreign.north.code, "everything", signed_in(everything))
    yield Walker(foreign.north.code, "system", partner(foreign.north, *Role.values))


def of_every_role(organisation: Organisation) -> Staff:
    """Return a member with every role that one may hold beside others: who manages users holds no other."""
    member = factories.staff("everything", Role.REGISTRAR, organisation)
    for role in sorted(set(Role.values) - {Role.MANAGER}):
        Grant.objects.get_or_create(
            staff=member, role=role, organisation=organisation, defaults={"from_at": factories.LONG_AGO}
        )
    return member


def named(world: factories.World) -> Iterator[Walker]:
    """Yield officers by their names, who are named where others of their role are not."""
    for member in (world.gita, world.ivo):
        yield Walker(world.north.code, member.username, signed_in(member))
