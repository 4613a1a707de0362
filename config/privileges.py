"""What each database role may do, table by table: the first wall, before any trigger.

Processes log in plainly and take one of three roles; the owner only migrates. A table that is not named
here gets nothing, and a test says so.
"""

from collections.abc import Mapping
from typing import Final

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.utils import ProgrammingError

ROLES: Final = ("lifeline_web", "lifeline_worker", "lifeline_stats")

_READ = "SELECT"
_ADD = "SELECT, INSERT"
_KEEP = "SELECT, INSERT, UPDATE"
_STANDING = "SELECT, INSERT, UPDATE (status)"
_ALL = "SELECT, INSERT, UPDATE, DELETE"

# table: (web, worker, stats); "" for nothing
TABLES: Final[Mapping[str, tuple[str, str, str]]] = {
    "auth_group": (_READ, "", ""),
    "auth_group_permissions": (_READ, "", ""),
    "auth_permission": (_READ, "", ""),
    "django_admin_log": (_ADD, "", ""),
    "django_content_type": (_READ, _READ, ""),
    "django_migrations": (_READ, _READ, _READ),
    "django_session": (_ALL, "SELECT (expire_date), DELETE", ""),
    "oauth2_provider_accesstoken": (_ALL, _ALL, ""),
    "oauth2_provider_devicegrant": ("", "", ""),
    "oauth2_provider_grant": (_ALL, _ALL, ""),
    "oauth2_provider_idtoken": (_ALL, _ALL, ""),
    "oauth2_provider_refreshtoken": (_ALL, _ALL, ""),
    "pghistory_context": (_KEEP, _KEEP, ""),
    "people_alarm": (
        f"{_ADD}, UPDATE (closed_by_id, closed_at, reason)",
        f"{_ADD}, UPDATE (tries, next_try_at, told_at)",
        "",
    ),
    "people_approval": (_KEEP, _KEEP, ""),
    "people_auditcheck": (_ADD, _ADD, ""),
    "people_auditentry": (_ADD, _ADD, ""),
    "people_authenticatorapp": (_ALL, "", ""),
    "people_audithead": (_READ, _ADD, ""),
    "people_auditleaf": (_READ, _ADD, ""),
    "people_auditsalt": (_READ, _ADD, ""),
    "people_auditshipment": (_READ, _KEEP, ""),
    # No process may read which they are: see people.audit_guard.
    "people_canary": ("", "", ""),
    # What is sent stands; only how it went is written again.
    "people_delivery": (
        f"{_ADD}, UPDATE (state, attempts, ended_at)",
        f"{_ADD}, UPDATE (state, attempts, tried_at, ended_at, reason, took_ms)",
        "",
    ),
    "people_endpoint": (_KEEP, _KEEP, ""),
    "people_endpointkey": (
        f"{_ADD}, UPDATE (until_at)",
        f"{_READ}, UPDATE (wrapped, kek_version)",
        "",
    ),
    "people_comparedrow": (_ADD, _READ, ""),
    "people_client": (_KEEP, _READ, ""),
    "people_consent": (_ADD, _READ, ""),
    "people_datakey": (_KEEP, _ALL, ""),
    "people_detention": (_ADD, "", ""),
    "people_erasure": (_READ, _READ, ""),
    # The worker binds what was sealed before to its row; a trigger lets nothing else pass.
    "people_fact": (_ADD, f"{_ADD}, UPDATE (sealed)", ""),
    "people_grant": (_KEEP, _READ, ""),
    "people_grantevent": (_ADD, _READ, ""),
    "people_invitation": (f"{_ADD}, UPDATE (closed_at)", "", ""),
    "people_kinship": (_ADD, _READ, ""),
    "people_groupmember": (_ALL, _ALL, ""),
    "people_listcomparison": (_ADD, _READ, ""),
    "people_listentry": (_ADD, f"{_READ}, UPDATE (wrapped, kek_version, sealed)", ""),
    "people_matchkey": ("SELECT, INSERT, DELETE", "SELECT, INSERT, DELETE", ""),
    "people_matchstatement": (_ADD, _ADD, ""),
    "people_namekey": (_ADD, "SELECT, INSERT, DELETE", ""),
    "people_organisation": (_KEEP, _READ, _READ),
    "people_party": (_KEEP, _READ, _READ),
    "people_passkey": (f"{_ADD}, UPDATE (sign_count, used_at), DELETE", "", ""),
    # A person's row stands; only whether matching is due, and how it is found, is written again.
    "people_person": (f"{_ADD}, UPDATE (matched_at)", f"{_ADD}, UPDATE (matched_at, search_version)", ""),
    "people_personkey": (_KEEP, _KEEP, ""),
    "people_possiblematch": (_KEEP, _ALL, ""),
    "people_prisonerlist": (_ADD, _READ, ""),
    "people_recoverycode": (f"{_ADD}, UPDATE (used_at), DELETE", "", ""),
    "people_purgecount": (_READ, _KEEP, ""),
    "people_purgerun": (_READ, _KEEP, ""),
    "people_restriction": (_ADD, _READ, ""),
    "people_retentionperiod": (_ADD, _READ, ""),
    "people_rightsrequest": (
        f"{_ADD}, UPDATE (outcome, reason, decided_under_id, ended_at)",
        _READ,
        "",
    ),
    "people_savedreply": (_ALL, _ALL, ""),
    "people_signinlink": (_ALL, "", ""),
    "people_situationevent": (_ADD, _READ, ""),
    "people_staff": (_KEEP, _READ, ""),
    "people_staffsession": (_ALL, "SELECT (began_at), DELETE", ""),
    "people_throttlewindow": (_ALL, _ALL, ""),
    "people_withholding": (_ADD, _READ, ""),
    "exchanges_agreement": (_KEEP, _KEEP, _READ),
    "exchanges_agreement_signatories": (_ALL, _READ, _READ),
    "exchanges_agreementevent": (_ADD, _ADD, ""),
    "exchanges_assessment": (_ADD, "", ""),
    "exchanges_claim": (_STANDING, "", ""),
    "exchanges_contentrule": (_ALL, _READ, _READ),
    "exchanges_contentruleevent": (_ADD, "", ""),
    "exchanges_calendaraddress": (_ALL, "", ""),
    "exchanges_reportedparcel": (_ADD, _READ, ""),
    "exchanges_reportedperson": (_ADD, _READ, ""),
    "exchanges_exchange": (_KEEP, "", ""),
    "exchanges_exchangecount": (_ADD, "", ""),
    "exchanges_exchangetrace": (_ADD, "", ""),
    "exchanges_listedperson": (_KEEP, "", ""),
    "exchanges_listedstep": (_ADD, "", ""),
    "exchanges_namedofficer": (_KEEP, "", ""),
    "exchanges_prisonerlist": (_ADD, "", ""),
    "exchanges_count": (_ADD, _READ, ""),
    "exchanges_question": (_ADD, "", ""),
    "exchanges_reply": (_ADD, "", ""),
    "exchanges_return": (_KEEP, _READ, ""),
    "exchanges_returnevent": (_ADD, "", ""),
    # A policy on people asks who is named on a return, in whatever role.
    "exchanges_returnperson": (_STANDING, "SELECT (person_id, group_id)", ""),
    "exchanges_returnstep": (_ADD, "", ""),
    "exchanges_round": (_KEEP, _KEEP, _READ),
    "exchanges_roundchange": (_ADD, _ADD, ""),
    "exchanges_roundevent": (_ADD, _ADD, ""),
    "exchanges_settledaddressee": (_ADD, _READ, ""),
    "exchanges_stage": (_KEEP, "", ""),
    "exchanges_stay": (_ALL, _READ, _READ),
    "exchanges_terms": (_ALL, _READ, _READ),
    "exchanges_termsevent": (_ADD, "", ""),
    "exchanges_visit": (_KEEP, _READ, _READ),
    "exchanges_visitletter": (_KEEP, "", ""),
    "exchanges_visitparticipant": (_ALL, "", ""),
    "exchanges_visitperson": (_ALL, _READ, ""),
    "exchanges_visitreport": (_ADD, _READ, ""),
    "exchanges_visitstep": (_ADD, "", ""),
    "exchanges_whereabouts": (_ADD, "", ""),
    "exchanges_wish": (_ADD, "", ""),
    "parcels_batch": (_ALL, _ALL, ""),
    "parcels_consignment": (_KEEP, _KEEP, _READ),
    "parcels_consignmentnews": (_KEEP, _KEEP, _READ),
    "parcels_custodycheck": (_ADD, _ADD, ""),
    "parcels_custodyhead": (_READ, _ADD, ""),
    "parcels_custodyleaf": (_READ, _ADD, ""),
    "parcels_custodynode": (_READ, _ADD, ""),
    "parcels_custodysalt": (_READ, _ADD, ""),
    "parcels_difference": (_READ, f"{_ADD}, UPDATE (seen_at, gone_at, number, expected, found)", ""),
    "parcels_duesince": ("", "SELECT, INSERT, DELETE", ""),
    "parcels_edge": (_READ, _READ, _READ),
    "parcels_feed": ("", _KEEP, ""),
    "parcels_finding": (_ADD, _ADD, _READ),
    "parcels_ledgersnapshot": (_ADD, "", ""),
    "parcels_line": (_KEEP, _KEEP, ""),
    "parcels_linedecision": (_ADD, _READ, ""),
    "parcels_liveness": (_READ, _ALL, ""),
    "parcels_movement": (_ADD, _ADD, _READ),
    "parcels_note": (_ADD, f"{_READ}, UPDATE (sealed)", ""),
    "parcels_outbox": ("", "SELECT, INSERT, DELETE", ""),
    "parcels_parcel": (_KEEP, _KEEP, _READ),
    "parcels_publication": (_ADD, _ADD, _READ),
    "parcels_quarantine": (_ALL, _ALL, ""),
    "parcels_reconciliation": (_READ, "SELECT, INSERT, UPDATE, DELETE", ""),
    "parcels_tick": (_ALL, _ALL, ""),
}

# Functions that do as their owner what their caller may not: who may call each.
FUNCTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "people_raise_canary_alarms(text[])": ("lifeline_worker",),
    "lifeline_purge(text, integer)": ("lifeline_worker",),
    "lifeline_due(text)": ("lifeline_worker",),
}


def after_migrate(**kwargs: object) -> None:
    """Make the roles and give them their tables; a server that allows no roles gives nothing."""
    with connection.cursor() as cursor:
        if not _make_roles(cursor):
            return
        cursor.execute(
            "SELECT tablename FROM pg_tables"
            " WHERE schemaname = current_schema() AND tableowner = current_user"
        )
        present = {name for (name,) in cursor.fetchall()}
        for place, role in enumerate(ROLES):
            cursor.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
            cursor.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}")
            cursor.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}")
            for table in sorted(present & TABLES.keys()):
                if rights := TABLES[table][place]:
                    cursor.execute(f"GRANT {rights} ON {table} TO {role}")
        for function, callers in FUNCTIONS.items():
            cursor.execute("SELECT to_regprocedure(%s) IS NOT NULL", [function])
            if cursor.fetchone()[0]:
                cursor.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {', '.join(callers)}")


def _make_roles(cursor: CursorWrapper) -> bool:
    cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [list(ROLES)])
    present = {name for (name,) in cursor.fetchall()}
    try:
        for role in set(ROLES) - present:
            cursor.execute(f"CREATE ROLE {role} NOLOGIN")
            # Where one login is all there is, its processes can at least step down to the role.
            cursor.execute(f"GRANT {role} TO CURRENT_USER WITH SET TRUE, INHERIT FALSE")
    except ProgrammingError:
        return False
    return True


def shortcoming() -> str | None:
    """Return one line on what is not protected on this server, or None where all is."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, session_user,"
            " (SELECT rolsuper FROM pg_roles WHERE rolname = session_user),"
            " EXISTS (SELECT FROM pg_tables"
            "         WHERE tablename = 'parcels_movement' AND tableowner = session_user)"
        )
        current, login, is_superuser, is_owner = cursor.fetchone()
    if current not in ROLES:
        return (
            f"This server gave us no roles: processes work as {current}, so append-only tables are guarded"
            " by triggers alone."
        )
    if is_superuser or is_owner:
        return (
            f"Processes log in as {login}, who may lift every guard: give DATABASE_URL a plain login"
            " that is a member of the three lifeline roles."
        )
    return None
