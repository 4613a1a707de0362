"""Visits in tests: agreed, scheduled, held, with prisoners and participants."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count

from django.db import transaction

from exchanges import actions
from exchanges.actions import ToldParcel, ToldPerson, ToldReport
from exchanges.models import Visit, VisitReport
from people.actions import Telling, record_people
from people.models import Organisation, Person, Staff
from tests.factories import NOON, World, staff

HOUR = timedelta(hours=1)
_numbers = count(1)


def person(of: Organisation, name: str, kind: str = "prisoner") -> Person:
    telling = Telling(kind, name, "1990-04-05", f"V-{next(_numbers)}")
    with transaction.atomic():
        (known,) = record_people([telling], organisation_id=of.pk, now=NOON)
    return Person.objects.get(pk=known.id)


def host_liaison(w: World) -> Staff:
    """An officer of the side that is visited."""
    return staff("hana", "liaison", w.south)


def agreed(w: World, *prisoners: Person, by: Staff | None = None, kind: str = "mutual") -> Visit:
    """Agreed by North's liaison, or by who is given: then their organisation visits South."""
    actor = w.act(by or w.gita)
    visitor = Organisation.objects.get(pk=actor.organisation_id)
    visit = actions.agree_visit(w.terms.agreement, kind, visited_by=visitor, host=w.south, by=actor, now=NOON)
    actions.add_people(visit, [each.pk for each in prisoners], "prisoner", by=actor, now=NOON)
    return visit


def scheduled(
    w: World, *prisoners: Person, by: Staff | None = None, kind: str = "mutual", at: datetime = NOON
) -> Visit:
    visit = agreed(w, *prisoners, by=by, kind=kind)
    return actions.schedule_visit(visit, at, at + 2 * HOUR, by=w.act(by or w.gita), now=NOON)


def held(
    w: World, *prisoners: Person, by: Staff | None = None, kind: str = "mutual", at: datetime = NOON
) -> Visit:
    visit = scheduled(w, *prisoners, by=by, kind=kind, at=at)
    return actions.hold_visit(visit, by=w.act(by or w.gita), now=at + 3 * HOUR)


def reported(
    w: World,
    visit: Visit,
    *told: ToldPerson,
    by: Staff | None = None,
    in_private: str = "yes",
    now: datetime | None = None,
) -> VisitReport:
    report = ToldReport(f"form-{next(_numbers)}", in_private, told)
    assert visit.ends_at is not None
    return actions.report_visit(visit, report, by=w.act(by or w.gita), now=now or visit.ends_at + HOUR)


def says(person: Person, parcels: Sequence[ToldParcel] = (), **told: object) -> ToldPerson:
    return ToldPerson(person.pk, True, parcels, **told)  # type: ignore[arg-type]
