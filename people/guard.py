"""What the database itself refuses about people, rights and approvals, as SQL."""

from typing import Final

APPEND_ONLY_FUNCTION: Final = """
CREATE FUNCTION lifeline_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
"""


def append_only(table: str) -> str:
    """Return SQL that refuses UPDATE, DELETE and TRUNCATE of `table` to everyone, its owner included."""
    return f"""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION lifeline_append_only();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION lifeline_append_only();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only, ENABLE ALWAYS TRIGGER append_only_whole;
"""


NEVER_CHANGED_FUNCTION: Final = """
CREATE FUNCTION people_never_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was told is never changed, only told anew' USING ERRCODE = 'check_violation';
END $$;
"""


def never_changed(table: str) -> str:
    """Return SQL that refuses UPDATE and TRUNCATE of `table` to everyone; sealed rows can still be purged."""
    return f"""
CREATE TRIGGER never_changed BEFORE UPDATE ON {table}
    FOR EACH ROW EXECUTE FUNCTION people_never_changed();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION people_never_changed();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER never_changed, ENABLE ALWAYS TRIGGER never_emptied;
"""


DECIDED_ONCE: Final = """
CREATE FUNCTION people_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an approval is decided once' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER decided_once BEFORE UPDATE ON people_approval
    FOR EACH ROW WHEN (OLD.decision IS NOT NULL) EXECUTE FUNCTION people_decided_once();
ALTER TABLE people_approval ENABLE ALWAYS TRIGGER decided_once;
CREATE FUNCTION people_proposal_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was proposed, and by whom, does not change' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER proposal_stands BEFORE UPDATE ON people_approval
    FOR EACH ROW WHEN (
        (OLD.subject_kind, OLD.subject, OLD.act, OLD.details, OLD.proposed_by_id, OLD.also_not_by_id)
        IS DISTINCT FROM
        (NEW.subject_kind, NEW.subject, NEW.act, NEW.details, NEW.proposed_by_id, NEW.also_not_by_id))
    EXECUTE FUNCTION people_proposal_stands();
ALTER TABLE people_approval ENABLE ALWAYS TRIGGER proposal_stands;
"""

# One statement, so that of any number of parallel tries exactly the limit is allowed.
THROTTLE: Final = """
CREATE FUNCTION throttle(bucket varchar, most integer, span interval)
RETURNS TABLE (allowed boolean, retry_after integer) LANGUAGE sql AS $$
    INSERT INTO people_throttlewindow AS w (bucket, started_at, taken)
    VALUES (throttle.bucket, clock_timestamp(), 1)
    ON CONFLICT (bucket) DO UPDATE SET
        started_at = CASE WHEN w.started_at + span <= clock_timestamp()
                          THEN clock_timestamp() ELSE w.started_at END,
        taken = CASE WHEN w.started_at + span <= clock_timestamp() THEN 1 ELSE w.taken + 1 END
    RETURNING w.taken <= most,
              GREATEST(1, ceil(extract(epoch FROM w.started_at + span - clock_timestamp())))::integer
$$;
"""

# A member of staff who manages users holds no other role, in any office. Their row is locked, so that of two
# rights given at once the second sees the first.
MANAGES_ALONE: Final = """
CREATE FUNCTION people_manages_alone() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE lasts tstzrange := tstzrange(NEW.from_at, GREATEST(NEW.from_at, COALESCE(NEW.until_at, 'infinity')));
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.role = OLD.role AND NEW.staff_id = OLD.staff_id
       AND lasts <@ tstzrange(OLD.from_at, GREATEST(OLD.from_at, COALESCE(OLD.until_at, 'infinity'))) THEN
        RETURN NEW;
    END IF;
    PERFORM 1 FROM people_staff WHERE id = NEW.staff_id FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT FROM people_grant g
        WHERE g.staff_id = NEW.staff_id AND g.id <> NEW.id AND (g.role = 'manager') <> (NEW.role = 'manager')
          AND tstzrange(g.from_at, GREATEST(g.from_at, COALESCE(g.until_at, 'infinity'))) && lasts
    ) THEN
        RAISE EXCEPTION 'who manages users holds no other role' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER manages_alone BEFORE INSERT OR UPDATE ON people_grant
    FOR EACH ROW WHEN (NEW.staff_id IS NOT NULL) EXECUTE FUNCTION people_manages_alone();
ALTER TABLE people_grant ENABLE ALWAYS TRIGGER manages_alone;
"""

# Who gave a screener's decision on a parcel approves nothing else of it, and the other way round. Where two
# screeners differed, the coordinator who decides is no screener.
SCREENS_OR_APPROVES: Final = """
CREATE FUNCTION people_screens_or_approves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    who bigint := CASE TG_OP WHEN 'INSERT' THEN NEW.proposed_by_id ELSE NEW.decided_by_id END;
    screens boolean := NEW.act = 'review';
BEGIN
    IF who IS NULL OR screens AND TG_OP = 'UPDATE' AND NEW.against_id IS NOT NULL THEN
        RETURN NEW;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(NEW.subject_kind || ':' || NEW.subject, 0));
    IF EXISTS (
        SELECT FROM people_approval a
        WHERE (a.subject_kind, a.subject) = (NEW.subject_kind, NEW.subject) AND (a.act = 'review') <> screens
          AND (a.proposed_by_id = who OR a.decided_by_id = who AND (screens OR a.against_id IS NULL))
    ) THEN
        RAISE EXCEPTION 'who screens does not approve the same parcel' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER screens_or_approves BEFORE INSERT OR UPDATE OF decided_by_id ON people_approval
    FOR EACH ROW EXECUTE FUNCTION people_screens_or_approves();
ALTER TABLE people_approval ENABLE ALWAYS TRIGGER screens_or_approves;
"""

APART: Final = MANAGES_ALONE + SCREENS_OR_APPROVES

STATEMENTS: Final = (
    NEVER_CHANGED_FUNCTION
    + never_changed("people_fact")
    + never_changed("people_detention")
    + append_only("people_situationevent")
    + append_only("people_kinship")
    + append_only("people_consent")
    + append_only("people_withholding")
)

ALL: Final = APPEND_ONLY_FUNCTION + append_only("people_auditentry") + DECIDED_ONCE + THROTTLE

# A value that is bound to its table and field alone (its first byte is 1) may be sealed anew, once, bound to
# its row as well (2). Nothing else of its row may differ.
SEALED_ANEW: Final = """
CREATE FUNCTION people_sealed_anew(was jsonb, becomes jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT COALESCE(bool_and(key LIKE 'sealed%' AND left(was ->> key, 4) = '\\x01'
                             AND left(becomes ->> key, 4) = '\\x02'), false)
      FROM jsonb_object_keys(becomes) AS key WHERE was -> key IS DISTINCT FROM becomes -> key
$$;
CREATE OR REPLACE FUNCTION lifeline_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND people_sealed_anew(to_jsonb(OLD), to_jsonb(NEW)) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE OR REPLACE FUNCTION people_never_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND people_sealed_anew(to_jsonb(OLD), to_jsonb(NEW)) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'what was told is never changed, only told anew' USING ERRCODE = 'check_violation';
END $$;
"""
