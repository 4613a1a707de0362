"""What the database itself refuses about the audit, its tree and its alarms, as SQL."""

from typing import Final

from people.guard import append_only

# Of entries that were made before it was kept; the owner alone can lift the guard.
WHO_IT_WAS: Final = """
ALTER TABLE people_auditentry DISABLE TRIGGER append_only;
UPDATE people_auditentry SET by = CASE WHEN client_id IS NULL THEN 'command' ELSE 'client' END
 WHERE staff_id IS NULL;
ALTER TABLE people_auditentry ENABLE ALWAYS TRIGGER append_only;
"""

_COLUMNS: Final = """
ALTER TABLE people_auditentry
    -- Sealed in the order of transactions, so that nothing which commits late is missed.
    ADD COLUMN xact xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX auditentry_in_order ON people_auditentry (xact, id);
ALTER TABLE people_audithead ADD COLUMN below xid8 NOT NULL;
"""

# Who did it, when, and of what kind stands; it is closed once.
_ALARM_STANDS: Final = """
CREATE FUNCTION people_alarm_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an alarm is closed once, and what raised it stands' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER alarm_stands BEFORE UPDATE ON people_alarm
    FOR EACH ROW WHEN (
        OLD.closed_at IS NOT NULL
        AND (OLD.closed_at, OLD.closed_by_id, OLD.reason) IS DISTINCT FROM
            (NEW.closed_at, NEW.closed_by_id, NEW.reason)
        OR (OLD.kind, OLD.staff_id, OLD.client_id, OLD.organisation_id, OLD.request, OLD.raised_at)
            IS DISTINCT FROM
           (NEW.kind, NEW.staff_id, NEW.client_id, NEW.organisation_id, NEW.request, NEW.raised_at))
    EXECUTE FUNCTION people_alarm_stands();
CREATE TRIGGER alarm_is_kept BEFORE DELETE ON people_alarm
    FOR EACH ROW EXECUTE FUNCTION people_alarm_stands();
ALTER TABLE people_alarm ENABLE ALWAYS TRIGGER alarm_stands, ENABLE ALWAYS TRIGGER alarm_is_kept;
"""

# The worker learns that somebody read one, and not which: the table is the owner's alone. It looks at what is
# committed, so that nobody can try a person and roll the trial back.
_CANARIES: Final = """
CREATE FUNCTION people_raise_canary_alarms(reads text[]) RETURNS TABLE (alarm bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    before text := current_setting('lifeline.system', true);
BEGIN
    -- With this row security shows the owner all rows; only a superuser may bind it to the function.
    PERFORM set_config('lifeline.system', 'on', true);
    RETURN QUERY INSERT INTO people_alarm
        (kind, staff_id, client_id, organisation_id, request, raised_at, tries, next_try_at, reason)
    SELECT DISTINCT ON (e.staff_id, e.client_id)
           'canary', e.staff_id, e.client_id, e.organisation_id, e.request, clock_timestamp(), 0,
           clock_timestamp(), ''
      FROM people_canary c
      JOIN people_auditentry e ON e.subject = c.person_id AND e.subject_kind = 'person'
     WHERE e.act = ANY(reads) AND e.at > clock_timestamp() - interval '7 days'
       AND e.at > COALESCE((SELECT max(a.raised_at) FROM people_alarm a
                             WHERE a.kind = 'canary' AND a.staff_id IS NOT DISTINCT FROM e.staff_id
                               AND a.client_id IS NOT DISTINCT FROM e.client_id), '-infinity')
     ORDER BY e.staff_id, e.client_id, e.id DESC
    ON CONFLICT DO NOTHING
    RETURNING id;
    PERFORM set_config('lifeline.system', COALESCE(before, ''), true);
END $$;
REVOKE EXECUTE ON FUNCTION people_raise_canary_alarms(text[]) FROM PUBLIC;
"""

AUDIT: Final = (
    _COLUMNS
    + append_only("people_auditleaf")
    + append_only("people_auditsalt")
    + append_only("people_audithead")
    + append_only("people_auditcheck")
    + _ALARM_STANDS
    + _CANARIES
)
