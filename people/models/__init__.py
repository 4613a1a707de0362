"""Who: parties, organisations, staff, rights, and the people parcels are about."""

from people.models.alarms import Alarm, Canary
from people.models.approvals import Approval
from people.models.audit import AuditCheck, AuditEntry, AuditHead, AuditLeaf, AuditSalt, AuditShipment
from people.models.consents import Consent
from people.models.detention import Detention
from people.models.kinship import Kinship
from people.models.lists import ComparedRow, ListComparison, ListEntry, PrisonerList
from people.models.matches import GroupMember, MatchKey, MatchStatement, PossibleMatch
from people.models.organisations import Organisation, Party
from people.models.persons import DataKey, Fact, NameKey, Person, PersonKey
from people.models.purposes import Purpose
from people.models.records import SavedReply, ThrottleWindow
from people.models.references import new_reference
from people.models.relay import Delivery, Endpoint, EndpointKey
from people.models.requests import Erasure, Restriction, RightsRequest
from people.models.retention import PurgeCount, PurgeRun, RetentionPeriod
from people.models.signin import AuthenticatorApp, Invitation, Passkey, RecoveryCode, StaffSession
from people.models.situations import SituationEvent
from people.models.staff import Client, Grant, GrantQuerySet, Role, SignInLink, Staff, StaffManager
from people.models.withholding import Withholding

__all__ = [
    "Alarm",
    "Approval",
    "AuditCheck",
    "AuditEntry",
    "AuditHead",
    "AuditLeaf",
    "AuditSalt",
    "AuditShipment",
    "AuthenticatorApp",
    "Canary",
    "Client",
    "ComparedRow",
    "Consent",
    "DataKey",
    "Delivery",
    "Detention",
    "Endpoint",
    "EndpointKey",
    "Erasure",
    "Fact",
    "Grant",
    "GrantQuerySet",
    "GroupMember",
    "Invitation",
    "Kinship",
    "ListComparison",
    "ListEntry",
    "MatchKey",
    "MatchStatement",
    "NameKey",
    "Organisation",
    "Party",
    "Passkey",
    "Person",
    "PersonKey",
    "PossibleMatch",
    "PrisonerList",
    "PurgeCount",
    "PurgeRun",
    "Purpose",
    "RecoveryCode",
    "Restriction",
    "RetentionPeriod",
    "RightsRequest",
    "Role",
    "SavedReply",
    "SignInLink",
    "SituationEvent",
    "Staff",
    "StaffManager",
    "StaffSession",
    "ThrottleWindow",
    "Withholding",
    "new_reference",
]
