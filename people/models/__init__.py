"""Who: parties, organisations, staff, rights, and the people parcels are about."""

from people.models.approvals import Approval
from people.models.organisations import Organisation, Party
from people.models.persons import Fact, NameKey, Person, PersonKey
from people.models.records import AuditEntry, SavedReply, ThrottleWindow
from people.models.references import new_reference
from people.models.situations import SituationEvent
from people.models.staff import Client, Grant, GrantQuerySet, Role, SignInLink, Staff, StaffManager

__all__ = [
    "Approval",
    "AuditEntry",
    "Client",
    "Fact",
    "Grant",
    "GrantQuerySet",
    "NameKey",
    "Organisation",
    "Party",
    "Person",
    "PersonKey",
    "Role",
    "SavedReply",
    "SignInLink",
    "SituationEvent",
    "Staff",
    "StaffManager",
    "ThrottleWindow",
    "new_reference",
]
