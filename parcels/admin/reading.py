"""For whom a member of staff acts, in which rounds, and which names they may read there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from django.db.models import F, Q, QuerySet
from django.http import HttpRequest

from exchanges.access import rounds
from exchanges.models import Round
from parcels import access
from parcels.access import Relation
from parcels.models import Parcel
from people import audit, rights
from people.actors import Actor
from people.desk import staff_of
from people.models import Staff
from people.signin import fresh

ACTS_FOR: Final = "acts_for"  # the session's key


@dataclass
class Reader:
    """A member of staff acting for one organisation. One object for each request."""

    staff: Staff
    chosen: int | None = None
    fresh: bool = False

    @cached_property
    def organisations(self) -> list[int]:
        """Those they may act for; nearly always one."""
        return sorted(rights.organisations(self.staff, "parcels.view_parcel"))

    @cached_property
    def organisation(self) -> int | None:
        if self.chosen in self.organisations:
            return self.chosen
        return self.organisations[0] if self.organisations else None

    @cached_property
    def roles(self) -> frozenset[str]:
        return rights.roles_in(self.staff, self.organisation)

    @cached_property
    def actor(self) -> Actor:
        return Actor("staff", self.organisation or 0, self.roles, staff_id=self.staff.pk, fresh=self.fresh)

    def may(self, perm: str) -> bool:
        """Whether they may do this for the organisation they act for."""
        return self.organisation in rights.organisations(self.staff, perm)

    @cached_property
    def rounds(self) -> dict[int, Round]:
        if self.organisation is None:
            return {}
        return {found.pk: found for found in rounds(self.actor).order_by("-opens_on", "-pk")}

    def relation(self, round_id: int) -> Relation:
        round_ = self.rounds[round_id]
        if self.organisation == round_.sending_id:
            return Relation.SENDING
        return Relation.HOLDING if self.organisation == round_.holding_id else Relation.NEUTRAL

    def as_relation(self, relation: Relation) -> list[int]:
        """Return the rounds in which their organisation is at this end."""
        return [pk for pk in self.rounds if self.relation(pk) is relation]

    @property
    def theirs(self) -> Q:
        return Q(round__in=list(self.rounds))

    def parcels(self, now: datetime) -> QuerySet[Any, Any]:
        """Return their parcels, with what lists show and filter by.

        That is `seen_status`, `seen_since`, whether it is `ours`, and whether they see if it is `marked`.
        """
        rows: QuerySet[Any, Any]
        if self.as_relation(Relation.HOLDING):
            rows = access.parcels(self.actor, now)
        else:
            plain = Parcel.objects.filter(self.theirs).defer("seed", "code_hash", "content_hash")
            rows = plain.annotate(seen_status=F("status"), seen_since=F("status_since"))
        # The holding side could tell from a mark what it is spared.
        rows = rows.annotate(
            ours=Q(round__sending=self.organisation), marked=~Q(round__holding=self.organisation)
        )
        return rows

    @property
    def reads_names(self) -> bool:
        return bool(self.roles & rights.PEOPLE)

    def reads_sender(self, round_id: int) -> bool:
        return self.reads_names and self.relation(round_id) is Relation.SENDING


def reader_of(request: HttpRequest) -> Reader:
    found: Reader | None = getattr(request, "_reader", None)
    if found is None:
        found = Reader(staff_of(request), request.session.get(ACTS_FOR), fresh.is_fresh(request))
        request._reader = found  # type: ignore[attr-defined]
        reader = found
        audit.acts_for(lambda: reader.organisation)
    return found
