"""Whose people the database shows because of a visit or a return, what is told there, and exchanges."""

from __future__ import annotations

from typing import Final

from exchanges import confidential
from people.row_security import ORGANISATION, forced, policy

_NAMES: Final = "kind NOT IN ('contact', 'external_id')"
_AT_A_VISIT: Final = f"""EXISTS (
    SELECT FROM exchanges_visitperson seen JOIN exchanges_visit v ON v.id = seen.visit_id
     WHERE seen.person_id = {{person}} AND {ORGANISATION} IN (v.visited_by_id, v.host_id))"""
_ON_A_RETURN: Final = f"""EXISTS (
    SELECT FROM exchanges_returnperson named JOIN exchanges_return r ON r.id = named.group_id
     WHERE named.person_id = {{person}}
       AND {ORGANISATION} IN (r.from_organisation_id, r.to_organisation_id, r.intermediary_id))"""


def _met(name: str, condition: str) -> str:
    """Show who somebody is to those who meet them so: their name and key, never their contacts."""
    theirs = condition.format(person="person_id")
    return (
        policy(name, "people_person", condition.format(person="people_person.id"), command="SELECT")
        + policy(name, "people_personkey", theirs, command="SELECT")
        + policy(name, "people_fact", f"{_NAMES} AND {theirs}", command="SELECT")
    )


PEOPLE: Final = _met("tied_by_a_visit", _AT_A_VISIT) + _met("tied_by_a_return", _ON_A_RETURN)

# Where somebody is, and what they wish, is for the organisations named on their return.
_OF_A_MEMBER: Final = f"""EXISTS (
    SELECT FROM exchanges_returnperson named JOIN exchanges_return r ON r.id = named.group_id
     WHERE named.id = member_id
       AND {ORGANISATION} IN (r.from_organisation_id, r.to_organisation_id, r.intermediary_id))"""
RETURNS: Final = "".join(
    forced(table) + policy("of_those_concerned", table, _OF_A_MEMBER)
    for table in ("exchanges_whereabouts", "exchanges_wish")
)

# Forced upon the owner too, who sees them for a backup only; but who is named, the owner's function asks.
EXCHANGES: Final = "".join(
    f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;\n"
    + policy("to_a_backup", table, "(SELECT lifeline_is_owner()) AND (SELECT lifeline_is_system())")
    for table in confidential.TABLES
) + policy("to_the_owner", "exchanges_namedofficer", "(SELECT lifeline_is_owner())", command="SELECT")

ALL: Final = PEOPLE + RETURNS + EXCHANGES
