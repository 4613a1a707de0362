"""What the database itself shows of people, and to whom: row by row, as SQL, forced upon the owner too.

`people.access` says who may see what; this is the second wall. A query that forgot to ask it returns what
the announced organisation may read, and without an announced organisation nothing. What joins one to another
office's people is not known here: `exchanges.row_security` and `parcels.row_security` add policies.

A connection that works for nobody in particular says so with `lifeline.system`: a worker on a server that
gives no roles, a migration, a backup, a command on the server itself. No request ever does. A function that
runs as the owner, called by somebody else, is the system too.
"""

from __future__ import annotations

from typing import Final

ORGANISATION: Final = "(SELECT lifeline_organisation())"
"""The organisation for which somebody acts; asked once a query, not once a row."""

FUNCTIONS: Final = """
CREATE FUNCTION lifeline_organisation() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT NULLIF(current_setting('lifeline.organisation', true), '')::bigint
$$;
CREATE FUNCTION lifeline_role(role text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT role = ANY(string_to_array(current_setting('lifeline.roles', true), ','))
$$;
-- Named with their schema: a backup is made with an empty search path.
CREATE FUNCTION lifeline_is_owner() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT pg_get_userbyid(relowner) = current_user FROM pg_class WHERE oid = 'public.people_person'::regclass
$$;
CREATE FUNCTION lifeline_is_system() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT current_user = 'lifeline_worker' OR current_setting('lifeline.system', true) = 'on'
        OR (public.lifeline_is_owner() AND session_user <> current_user)
$$;
"""


def forced(table: str) -> str:
    """Return SQL that shows no row of `table` to anybody, its owner included, but the system's own work."""
    return f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY by_the_system ON {table} USING ((SELECT lifeline_is_system()));
"""


def policy(name: str, table: str, condition: str, *, command: str = "ALL") -> str:
    """Return SQL that shows, or takes, the rows of which `condition` is true, beside what others show.

    Policies are tried by name: give the costly ones names that come late.
    """
    clause = f"WITH CHECK ({condition})" if command == "INSERT" else f"USING ({condition})"
    return f"CREATE POLICY {name} ON {table} FOR {command} {clause};\n"


def of_own_person(column: str = "person_id") -> str:
    """Return the condition that a row is about somebody of the announced organisation's own record."""
    return (
        f"EXISTS (SELECT FROM people_person p WHERE p.id = {column} AND p.organisation_id = {ORGANISATION})"
    )


_OF_A_PERSON: Final = (
    "people_personkey",
    "people_fact",
    "people_situationevent",
    "people_consent",
    "people_withholding",
)
_OF_AN_OFFICE: Final = (
    "people_prisonerlist",
    "people_listcomparison",
    "people_possiblematch",
    "people_matchstatement",
    "people_groupmember",
)

PEOPLE: Final = (
    forced("people_person")
    + policy("of_its_own", "people_person", f"organisation_id = {ORGANISATION}")
    + "".join(forced(table) + policy("of_its_own", table, of_own_person()) for table in _OF_A_PERSON)
    + forced("people_kinship")
    + policy("of_its_own", "people_kinship", of_own_person("sender_id"))
)
# The neutral agency and the holding side tell what became of a prisoner, and keep it from the family.
TOLD_BY_OTHERS: Final = "".join(
    policy("told_by_it", table, f"organisation_id = {ORGANISATION}")
    for table in ("people_situationevent", "people_withholding")
)
# Only logistics comes to where somebody is held, and nobody in passing.
DETENTION: Final = forced("people_detention") + policy(
    "of_its_logistics",
    "people_detention",
    "(SELECT lifeline_role('logistics')) AND EXISTS (SELECT FROM people_person p WHERE p.id = person_id)",
)
LISTS: Final = (
    "".join(
        forced(table) + policy("of_its_own", table, f"office_id = {ORGANISATION}") for table in _OF_AN_OFFICE
    )
    + forced("people_listentry")
    + policy(
        "of_its_own", "people_listentry", "EXISTS (SELECT FROM people_prisonerlist l WHERE l.id = list_id)"
    )
    + forced("people_comparedrow")
    + policy(
        "of_its_own",
        "people_comparedrow",
        "EXISTS (SELECT FROM people_listcomparison c WHERE c.id = comparison_id)",
    )
)

ALL: Final = FUNCTIONS + PEOPLE + TOLD_BY_OTHERS + DETENTION + LISTS
