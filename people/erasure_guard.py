"""How the database lets a purge through where nothing else may delete, and what it does to people. As SQL.

Append-only tables refuse everybody. A purge runs in functions of the owner that carry a marker of their own;
a trigger lets it pass only where the marker is set *and* the statement runs as the table's owner. A role can
set the marker, and nothing comes of it: it is not the owner, and cannot become it.
"""

from __future__ import annotations

from typing import Final

from people.retention import RULES

# Qualified, so that no table of a caller's own stands in the way.
PURGING: Final = """
CREATE FUNCTION lifeline_purging(tab oid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT pg_catalog.current_setting('lifeline.purge', true) = 'on'
       AND current_user = (SELECT pg_catalog.pg_get_userbyid(c.relowner)
                             FROM pg_catalog.pg_class c WHERE c.oid = tab)
$$;
"""

# TRUNCATE has no row, and is never let through.
LETS_THROUGH: Final = """
CREATE OR REPLACE FUNCTION lifeline_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_LEVEL = 'ROW' AND lifeline_purging(TG_RELID) THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE OR REPLACE FUNCTION people_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF lifeline_purging(TG_RELID) THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'an approval is decided once' USING ERRCODE = 'check_violation';
END $$;
CREATE OR REPLACE FUNCTION people_proposal_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF lifeline_purging(TG_RELID) THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'what was proposed, and by whom, does not change' USING ERRCODE = 'check_violation';
END $$;
"""

REQUESTS: Final = """
CREATE FUNCTION people_request_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND lifeline_purging(TG_RELID) THEN RETURN NEW; END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.outcome IS NULL THEN RETURN NEW; END IF;
    ELSIF TG_OP = 'UPDATE' AND OLD.outcome IS NULL
        AND (to_jsonb(NEW) - 'outcome' - 'reason' - 'decided_under_id' - 'ended_at')
            = (to_jsonb(OLD) - 'outcome' - 'reason' - 'decided_under_id' - 'ended_at')
        -- What two officers decided of it is decided; only how it ended is still to come.
        AND (OLD.decided_under_id IS NULL OR OLD.decided_under_id = NEW.decided_under_id)
        -- Erased is what the purge alone says, once it was done.
        AND (NEW.kind <> 'erasure' OR NEW.outcome IS DISTINCT FROM 'done') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'what was asked stands, and ends once' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER request_stands BEFORE INSERT OR UPDATE OR DELETE ON people_rightsrequest
    FOR EACH ROW EXECUTE FUNCTION people_request_stands();
CREATE TRIGGER request_stands_whole BEFORE TRUNCATE ON people_rightsrequest
    FOR EACH STATEMENT EXECUTE FUNCTION lifeline_append_only();
ALTER TABLE people_rightsrequest ENABLE ALWAYS TRIGGER request_stands,
    ENABLE ALWAYS TRIGGER request_stands_whole;
"""

PERIODS: Final = """
CREATE FUNCTION people_period_by_two() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.approval_id IS NULL THEN
        IF NOT EXISTS (SELECT FROM people_retentionperiod p WHERE p.rule = NEW.rule) THEN RETURN NEW; END IF;
    ELSIF EXISTS (
        SELECT FROM people_approval a
         WHERE a.id = NEW.approval_id AND a.act = 'retention' AND a.decision = 'confirmed'
           AND a.details ->> 'rule' = NEW.rule AND (a.details ->> 'days')::integer = NEW.days) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'two officers set how long something is kept' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER period_by_two BEFORE INSERT ON people_retentionperiod
    FOR EACH ROW EXECUTE FUNCTION people_period_by_two();
ALTER TABLE people_retentionperiod ENABLE ALWAYS TRIGGER period_by_two;
CREATE FUNCTION lifeline_cutoff(named text) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT clock_timestamp() - make_interval(days => p.days) FROM people_retentionperiod p
     WHERE p.rule = named ORDER BY p.id DESC LIMIT 1
$$;
-- A hold, or a restriction that was asked for: what is kept so is not taken away meanwhile.
CREATE FUNCTION lifeline_held(person bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM (SELECT DISTINCT ON (r.mark) r.mark, r.lifted, r.until_on FROM people_restriction r
                      WHERE r.person_id = person AND r.mark IN ('hold', 'restriction')
                      ORDER BY r.mark, r.id DESC) last
         WHERE NOT last.lifted AND (last.until_on IS NULL OR last.until_on >= current_date))
$$;
"""

FIRST_PERIODS: Final = "INSERT INTO people_retentionperiod (rule, days) VALUES " + ", ".join(
    f"('{rule.name}', {rule.days})" for rule in RULES.values()
)

# Statements that take away all that is kept of the people `the_ids`. The register of fields names the rest.
ERASES: Final[tuple[str, ...]] = (
    "DELETE FROM people_personkey WHERE person_id = ANY(the_ids)",
    "DELETE FROM people_namekey WHERE person_id = ANY(the_ids)",
    "DELETE FROM people_matchkey WHERE person_id = ANY(the_ids)",
    "DELETE FROM people_possiblematch WHERE person_id = ANY(the_ids) OR other_id = ANY(the_ids)",
    "DELETE FROM people_matchstatement WHERE person_id = ANY(the_ids) OR other_id = ANY(the_ids)",
    "DELETE FROM people_withholding WHERE person_id = ANY(the_ids)",
    "DELETE FROM people_fact WHERE person_id = ANY(the_ids)",
    "DELETE FROM people_detention WHERE person_id = ANY(the_ids)",
    "DELETE FROM people_situationevent WHERE person_id = ANY(the_ids)",
    "DELETE FROM people_kinship WHERE sender_id = ANY(the_ids) OR person_id = ANY(the_ids)",
    "DELETE FROM people_consent WHERE person_id = ANY(the_ids)",
    "UPDATE people_listentry SET wrapped = '', sealed = '' WHERE person_id = ANY(the_ids) AND wrapped <> ''",
    "UPDATE people_approval SET details = '{}' WHERE subject_kind = 'person' AND subject = ANY(the_ids)"
    " AND details <> '{}'",
    "UPDATE people_rightsrequest SET document = '' WHERE person_id = ANY(the_ids) AND document <> ''",
    "DELETE FROM people_savedreply s USING people_person p"
    " WHERE p.id = ANY(the_ids) AND strpos(s.body::text, p.reference) > 0",
)

# Rule: (what is eligible, as id and the moment it counts from; what is done to `the_ids`). Without ids a rule
# is done in one statement up to the `cutoff`.
DUE: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "lists": (
        "SELECT e.id, l.recorded_at FROM people_listentry e JOIN people_prisonerlist l ON l.id = e.list_id"
        " WHERE e.wrapped <> ''",
        ("UPDATE people_listentry SET wrapped = '', sealed = '' WHERE id = ANY(the_ids)",),
    ),
    "questions": (
        "SELECT m.id, m.settled_at FROM people_possiblematch m WHERE m.settled_at IS NOT NULL"
        " AND NOT EXISTS (SELECT FROM people_matchstatement s WHERE s.says = 'same'"
        " AND (s.person_id, s.other_id, s.office_id) = (m.person_id, m.other_id, m.office_id))",
        ("DELETE FROM people_possiblematch WHERE id = ANY(the_ids)",),
    ),
    # An entry about an approval says that it was used up: without it, it could be used again.
    "audit": (
        # Its leaf stays in the tree: only what is sealed there can go, with the salt.
        "SELECT a.id, a.at FROM people_auditentry a WHERE a.subject_kind <> 'approval'"
        " AND EXISTS (SELECT FROM people_auditleaf l WHERE l.entry = a.id)",
        (
            "DELETE FROM people_auditsalt s USING people_auditleaf l"
            " WHERE l.index = s.index AND l.entry = ANY(the_ids)",
            "DELETE FROM people_auditentry WHERE id = ANY(the_ids)",
        ),
    ),
    "replies": (
        "SELECT r.id, r.saved_at FROM people_savedreply r",
        ("DELETE FROM people_savedreply WHERE id = ANY(the_ids)",),
    ),
    "deliveries": (
        "SELECT d.id, d.ended_at FROM people_delivery d JOIN people_endpoint e ON e.id = d.endpoint_id"
        " WHERE d.ended_at IS NOT NULL AND (d.state <> 'quarantined' OR e.closed_at IS NOT NULL)",
        ("DELETE FROM people_delivery WHERE id = ANY(the_ids)",),
    ),
    "throttles": (
        "SELECT NULL::bigint, w.started_at FROM people_throttlewindow w",
        ("DELETE FROM people_throttlewindow WHERE started_at < cutoff",),
    ),
    "sessions": (
        "SELECT NULL::bigint, s.expire_date FROM django_session s",
        (
            "WITH gone AS (DELETE FROM people_staffsession WHERE began_at < cutoff - interval '8 hours')"
            " DELETE FROM django_session WHERE expire_date < cutoff",
        ),
    ),
    "tokens": (
        "SELECT t.id, t.expires FROM oauth2_provider_accesstoken t",
        ("DELETE FROM oauth2_provider_accesstoken WHERE id = ANY(the_ids)",),
    ),
    "links": (
        "SELECT k.id, COALESCE(k.used_at, k.made_at) FROM people_signinlink k",
        ("DELETE FROM people_signinlink WHERE id = ANY(the_ids)",),
    ),
    "invitations": (
        "SELECT i.id, COALESCE(i.closed_at, i.made_at + interval '72 hours') FROM people_invitation i",
        ("DELETE FROM people_invitation WHERE id = ANY(the_ids)",),
    ),
}

APPEND_ONLY: Final = ("restriction", "erasure", "retentionperiod")
