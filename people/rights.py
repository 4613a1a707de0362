"""Which role may open which pages of the admin, and for which organisations.

A right is a row in `Grant`. Nobody deletes; what an action on a page does is checked again by the action.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from people.models import Role, Staff

_MANAGER: Final = frozenset({Role.MANAGER})
_AUDITOR: Final = frozenset({Role.AUDITOR})
_OFFICERS: Final = frozenset({Role.LIAISON, Role.COORDINATOR})
# Those who may read who a person is, of both ends of a parcel.
PEOPLE: Final = _OFFICERS | {Role.REGISTRAR}
# Those who come to names, places or health.
READ_PEOPLE: Final = frozenset(role.value for role in PEOPLE | {Role.LOGISTICS, Role.MEDICAL})
_AT_WORK: Final = PEOPLE | {Role.SCREENER, Role.DISPATCHER, Role.LOGISTICS, Role.MEDICAL}
_READERS: Final = _AT_WORK | _AUDITOR
_OVERSEERS: Final = _MANAGER | _AUDITOR

Rights = Mapping[str, frozenset[Role]]


def _kept_by(roles: frozenset[Role], *, seen_by: frozenset[Role]) -> Rights:
    return {"view": seen_by | roles, "add": roles, "change": roles}


RIGHTS: Final[Mapping[str, Rights]] = {
    "people.party": _kept_by(_MANAGER, seen_by=_OVERSEERS),
    "people.organisation": _kept_by(_MANAGER, seen_by=_OVERSEERS | _OFFICERS),
    "people.staff": _kept_by(_MANAGER, seen_by=_OVERSEERS),
    "people.client": _kept_by(_MANAGER, seen_by=_OVERSEERS),
    "people.endpoint": _kept_by(_MANAGER, seen_by=_OVERSEERS),
    # What was sent where, and how it went; what it said of a parcel stands on no page of theirs.
    "people.delivery": {"view": _OVERSEERS | _OFFICERS, "change": _MANAGER | {Role.COORDINATOR}},
    "people.grant": _kept_by(_MANAGER, seen_by=_OVERSEERS),
    "people.auditentry": {"view": _AUDITOR},
    "people.alarm": {"view": _AUDITOR | {Role.COORDINATOR}, "change": frozenset({Role.COORDINATOR})},
    "people.person": {"view": PEOPLE, "add": PEOPLE},
    "people.situationevent": {"view": _OFFICERS, "add": _OFFICERS},
    # The tie to the person decides too: see people.access.
    "people.detention": {"view": frozenset({Role.LOGISTICS})},
    # Auditors see that it was asked and answered in time, by references; a person's page is not theirs.
    "people.rightsrequest": {"view": _OFFICERS | _AUDITOR, "change": _OFFICERS},
    "people.retentionperiod": {"view": _OFFICERS | _AUDITOR, "change": _OFFICERS},
    "people.purgerun": {"view": _OFFICERS | _AUDITOR},
    "people.possiblematch": {"view": PEOPLE, "change": PEOPLE},
    "people.prisonerlist": {"view": PEOPLE, "add": PEOPLE},
    "people.listcomparison": {"view": PEOPLE, "add": PEOPLE, "export": _OFFICERS},
    "people.approval": {"view": _OFFICERS | _AUDITOR, "change": _OFFICERS},
    "exchanges.agreement": _kept_by(_OFFICERS, seen_by=_READERS),
    "exchanges.terms": _kept_by(_OFFICERS, seen_by=_READERS),
    "exchanges.contentrule": _kept_by(_OFFICERS, seen_by=_READERS),
    "exchanges.stay": _kept_by(_OFFICERS, seen_by=_READERS),
    "exchanges.round": _kept_by(_OFFICERS, seen_by=_READERS),
    # Whoever holds this right still sees only the exchanges on which they are named.
    "exchanges.exchange": {"view": _OFFICERS},
    "exchanges.return": _kept_by(_OFFICERS, seen_by=_OFFICERS),
    "exchanges.claim": _kept_by(_OFFICERS, seen_by=_OFFICERS),
    "exchanges.settledaddressee": {"view": PEOPLE, "add": _OFFICERS},
    # Who is named on a visit may hold any role; what each sees of it is in `exchanges.access.visits`.
    "exchanges.visit": _kept_by(_OFFICERS, seen_by=_AT_WORK),
    "parcels.parcel": {
        "view": _READERS,
        "add": frozenset({Role.REGISTRAR}),
        "review": frozenset({Role.SCREENER, Role.COORDINATOR}),
        "release": frozenset({Role.LIAISON}),
    },
    "parcels.note": {"view": PEOPLE, "add": _AT_WORK},
    "parcels.consignment": _kept_by(
        frozenset({Role.DISPATCHER}), seen_by=_OFFICERS | _AUDITOR | {Role.DISPATCHER, Role.LOGISTICS}
    ),
    "parcels.custodyhead": {"view": _OFFICERS | _AUDITOR},
    "parcels.ledgersnapshot": {"view": _OFFICERS, "add": _OFFICERS},
    "parcels.difference": {"view": _OFFICERS | _AUDITOR},
    "parcels.liveness": {"view": _OFFICERS | _AUDITOR},
    "parcels.quarantine": {"view": _OFFICERS | {Role.REGISTRAR}, "change": frozenset({Role.COORDINATOR})},
}


def may(staff: Staff, perm: str) -> bool:
    """Whether `staff` may do this anywhere; `perm` reads "parcels.view_parcel"."""
    return bool(organisations(staff, perm))


def organisations(staff: Staff, perm: str) -> frozenset[int]:
    """Return the ids of the organisations in which `staff` may do this."""
    app, _, codename = perm.partition(".")
    action, _, model = codename.partition("_")
    roles = RIGHTS.get(f"{app}.{model}", {}).get(action, frozenset())
    return frozenset(organisation for organisation, role in held(staff) if role in roles)


def roles_in(staff: Staff, organisation_id: int | None) -> frozenset[str]:
    return frozenset(role for organisation, role in held(staff) if organisation == organisation_id)


def held(staff: Staff) -> frozenset[tuple[int, str]]:
    """Return (organisation, role) of every current grant, read once for this object.

    Each request has an object of its own, so a right that has ended is gone with the next request.
    """
    kept: frozenset[tuple[int, str]] | None = staff.__dict__.get("_held")
    if kept is None:
        kept = frozenset(staff.grants.current().values_list("organisation_id", "role"))
        staff.__dict__["_held"] = kept
    return kept
