"""The purge: owner's functions, made from what each app says of its tables. As SQL.

`lifeline_purge` is all that may take anything away, and the worker all who may call it. It looks itself for
what is due: a caller names a rule and how many at most, never a row. Parcels, movements and what seals them
are in none of its statements but to empty words, codes and keys.
"""

from __future__ import annotations

from typing import Final

from exchanges import erasure_guard as of_exchanges
from parcels.lifecycle import END, Status
from people import erasure_guard as of_people
from people.retention import ON_REQUEST
from people.situations import in_force

ENDED: Final = "(" + ", ".join(f"'{status}'" for status in sorted((*END, Status.RECEIVED))) + ")"
_OWNERS: Final = "SET search_path = public, pg_temp"
# In the body: only a superuser may write a parameter of ours into a function's definition. Row security lets
# an owner's maintenance see every row; whoever sets these and is no owner gains nothing.
_BEFORE: Final = (
    "purging text := COALESCE(current_setting('lifeline.purge', true), '');"
    " system text := COALESCE(current_setting('lifeline.system', true), '')"
)
_BEGIN: Final = "PERFORM set_config('lifeline.purge', 'on', true), set_config('lifeline.system', 'on', true);"
_END: Final = (
    "PERFORM set_config('lifeline.purge', purging, true), set_config('lifeline.system', system, true);"
)

_THEIRS: Final = "(sender_id = ANY(the_ids) OR recipient_id = ANY(the_ids))"
_PARCELS: Final = f"(SELECT p.id FROM parcels_parcel p WHERE {_THEIRS})"
ERASES: Final[tuple[str, ...]] = (
    f"DELETE FROM parcels_note WHERE person_id = ANY(the_ids) OR parcel_id IN {_PARCELS}",
    f"UPDATE parcels_line SET sealed_description = '' WHERE parcel_id IN {_PARCELS}",
    f"UPDATE parcels_parcel SET sealed_relationship = NULL, content_hash = '' WHERE {_THEIRS}",
    # The code is the sender's: an addressee's erasure leaves them theirs.
    "UPDATE parcels_parcel SET seed = '', code_hash = NULL WHERE sender_id = ANY(the_ids)",
    "DELETE FROM parcels_quarantine WHERE person_id = ANY(the_ids)",
    # Nobody can try any more which leaf of the log, exported long ago, stands for a parcel of theirs.
    "DELETE FROM parcels_custodysalt s USING parcels_custodyleaf l, parcels_movement m"
    f" WHERE l.index = s.index AND m.id = l.movement AND m.parcel_id IN {_PARCELS}",
    "DELETE FROM people_savedreply s USING parcels_parcel p"
    f" WHERE {_THEIRS} AND strpos(s.body::text, p.number) > 0",
    *of_exchanges.empties_claims(
        f"c.parcel <> '' AND c.parcel IN (SELECT p.number FROM parcels_parcel p WHERE {_THEIRS})"
    ),
)

_OVER: Final = f"p.status IN {ENDED}"
_LAST_OF_SENDER: Final = f"""
SELECT s.id, COALESCE(max(p.status_since), s.recorded_at) AS at FROM people_person s
  LEFT JOIN parcels_parcel p ON p.sender_id = s.id
 WHERE s.kind = 'sender' AND NOT lifeline_held(s.id)
   AND EXISTS (SELECT FROM people_personkey k WHERE k.person_id = s.id)
 GROUP BY s.id HAVING COALESCE(bool_and({_OVER}), true)
"""
_PARCEL_OVER: Final = (
    f"SELECT p.id, p.status_since FROM parcels_parcel p WHERE {_OVER}"
    " AND NOT lifeline_held(p.sender_id) AND NOT lifeline_held(p.recipient_id)"
)
_HOME: Final = f"""
SELECT w.id, GREATEST(w.at, w.parcels, w.claims) FROM (
    SELECT h.id, h.at,
           (SELECT max(CASE WHEN {_OVER} THEN p.status_since ELSE 'infinity' END)
              FROM parcels_parcel p WHERE p.recipient_id = h.id) AS parcels,
           (SELECT max(c.recorded_at) FROM exchanges_claim c WHERE c.person_id = h.id) AS claims
      FROM (
        SELECT e.person_id AS id, e.recorded_at AS at FROM ({in_force()}) f (person_id, id)
          JOIN people_situationevent e ON e.id = f.id
         WHERE e.situation IN ('released', 'exchanged', 'deceased')
        UNION ALL
        SELECT m.person_id, max(s.recorded_at) FROM exchanges_returnperson m
          JOIN exchanges_returnstep s ON s.group_id = m.group_id
         GROUP BY m.person_id HAVING bool_and(m.status = 'returned')) h
     WHERE NOT lifeline_held(h.id) AND EXISTS (SELECT FROM people_personkey k WHERE k.person_id = h.id)) w
"""

_ERASED: Final = "PERFORM lifeline_erase(the_ids, the_rule, NULL, NULL)"
DUE: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    **of_people.DUE,
    **of_exchanges.DUE,
    "sender_contact": (
        f"SELECT f.id, s.at FROM ({_LAST_OF_SENDER}) s JOIN people_fact f ON f.person_id = s.id"
        " AND f.kind = 'contact'",
        ("DELETE FROM people_fact WHERE id = ANY(the_ids)",),
    ),
    "contents": (
        f"{_PARCEL_OVER} AND (p.sealed_relationship IS NOT NULL OR EXISTS"
        " (SELECT FROM parcels_line l WHERE l.parcel_id = p.id AND l.sealed_description <> ''))",
        (
            "UPDATE parcels_line SET sealed_description = '' WHERE parcel_id = ANY(the_ids)",
            "UPDATE parcels_parcel SET sealed_relationship = NULL, content_hash = '' WHERE id = ANY(the_ids)",
        ),
    ),
    "codes": (
        f"{_PARCEL_OVER} AND p.code_hash IS NOT NULL",
        ("UPDATE parcels_parcel SET seed = '', code_hash = NULL WHERE id = ANY(the_ids)",),
    ),
    "notes": (
        "SELECT n.id, p.status_since FROM parcels_note n JOIN parcels_parcel p ON p.id = n.parcel_id"
        f" WHERE {_OVER} AND NOT lifeline_held(n.person_id)",
        ("DELETE FROM parcels_note WHERE id = ANY(the_ids)",),
    ),
    "senders": (_LAST_OF_SENDER, (_ERASED,)),
    "home": (_HOME, (_ERASED,)),
    "ticks": (
        "SELECT NULL::bigint, t.slot FROM parcels_tick t",
        ("DELETE FROM parcels_tick WHERE slot < cutoff",),
    ),
}


def _counted(statement: str) -> str:
    return f"""
    {statement};
    GET DIAGNOSTICS many = ROW_COUNT;
    counts := counts || jsonb_build_object('{_table(statement)}',
        many + COALESCE((counts ->> '{_table(statement)}')::bigint, 0));"""


def _table(statement: str) -> str:
    verb, *rest = statement.split()
    return rest[1] if verb == "DELETE" else rest[0]


# Called by the two below and by an owner's own hand after a restore; no role may.
_ERASE_FUNCTION: Final = f"""
CREATE OR REPLACE FUNCTION lifeline_erase(the_ids bigint[], the_rule text, asked bigint, act bigint)
RETURNS jsonb LANGUAGE plpgsql {_OWNERS} AS $$
DECLARE counts jsonb := '{{}}'; many bigint; {_BEFORE};
BEGIN
    {_BEGIN}
    IF EXISTS (SELECT FROM parcels_parcel p WHERE {_THEIRS} AND NOT {_OVER}) THEN
        RAISE EXCEPTION 'a parcel of theirs is on its way' USING ERRCODE = 'check_violation';
    END IF;
{"".join(_counted(each) for each in (*of_people.ERASES, *of_exchanges.ERASES, *ERASES))}
    INSERT INTO people_erasure (person_id, rule, request_id, approval_id, counts)
    SELECT each.id, the_rule, asked, act, counts FROM unnest(the_ids) AS each (id)
        ON CONFLICT (person_id) DO NOTHING;
    {_END}
    RETURN counts;
END $$;
REVOKE ALL ON FUNCTION lifeline_erase(bigint[], text, bigint, bigint) FROM PUBLIC;
"""

# Asked for, decided by two officers of the office whose records these are, and not done yet.
PENDING: Final = """
SELECT r.id, a.id, a.details FROM people_rightsrequest r
  JOIN people_approval a ON a.id = r.decided_under_id AND a.act = 'erase' AND a.decision = 'confirmed'
   AND a.subject_kind = 'request' AND a.subject = r.id AND a.organisation_id = r.organisation_id
 WHERE r.kind = 'erasure' AND r.outcome IS NULL ORDER BY r.id
"""
_ON_REQUEST: Final = f"""
        FOR asked, act, told IN {PENDING} LIMIT most LOOP
            SELECT array_agg(p.id) INTO the_ids FROM people_person p
              JOIN people_rightsrequest r ON r.id = asked AND r.organisation_id = p.organisation_id
             WHERE p.id IN (SELECT jsonb_array_elements_text(told -> 'people')::bigint);
            PERFORM lifeline_erase(the_ids, the_rule, asked, act);
            UPDATE people_listentry e SET wrapped = '', sealed = ''
              FROM people_prisonerlist l, people_rightsrequest r
             WHERE l.id = e.list_id AND r.id = asked AND l.office_id = r.organisation_id
               AND e.id IN (SELECT jsonb_array_elements_text(told -> 'entries')::bigint);
            UPDATE people_rightsrequest SET outcome = 'done', ended_at = clock_timestamp() WHERE id = asked;
            many := many + 1;
        END LOOP;"""


def _due(rule: str) -> str:
    return f"SELECT eligible.id, eligible.at FROM ({DUE[rule][0]}) AS eligible (id, at)"


def _purged(rule: str) -> str:
    eligible, does = DUE[rule]
    if eligible.startswith("SELECT NULL"):
        (statement,) = does
        return f"""
    WHEN '{rule}' THEN
        {statement};
        GET DIAGNOSTICS many = ROW_COUNT;"""
    done = "".join(f"\n            {each};" for each in does)
    return f"""
    WHEN '{rule}' THEN
        SELECT array_agg(share.id) INTO the_ids
          FROM ({_due(rule)} WHERE eligible.at < cutoff ORDER BY eligible.id LIMIT most) AS share;
        IF the_ids IS NOT NULL THEN{done}
            many := cardinality(the_ids);
        END IF;"""


def _asked(rule: str) -> str:
    return f"""
    WHEN '{rule}' THEN
        SELECT count(*) FILTER (WHERE d.at < cutoff), min(d.at) INTO due, oldest
          FROM ({_due(rule)}) AS d WHERE d.at < 'infinity';"""


FUNCTIONS: Final = f"""
{_ERASE_FUNCTION}
CREATE OR REPLACE FUNCTION lifeline_purge(the_rule text, most integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER {_OWNERS} AS $$
DECLARE
    cutoff timestamptz := lifeline_cutoff(the_rule); the_ids bigint[]; many bigint := 0;
    asked bigint; act bigint; told jsonb; {_BEFORE};
BEGIN
    {_BEGIN}
    CASE the_rule
    WHEN '{ON_REQUEST}' THEN{_ON_REQUEST}{"".join(_purged(rule) for rule in DUE)}
    END CASE;
    {_END}
    RETURN many;
END $$;
REVOKE ALL ON FUNCTION lifeline_purge(text, integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION lifeline_due(the_rule text, OUT due bigint, OUT oldest timestamptz)
LANGUAGE plpgsql SECURITY DEFINER {_OWNERS} AS $$
DECLARE cutoff timestamptz := lifeline_cutoff(the_rule); {_BEFORE};
BEGIN
    {_BEGIN}
    CASE the_rule{"".join(_asked(rule) for rule in DUE)}
    END CASE;
    {_END}
END $$;
REVOKE ALL ON FUNCTION lifeline_due(text) FROM PUBLIC;
"""
