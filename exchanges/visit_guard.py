"""What the database refuses of visits: people named twice at one time, or in a part not theirs. As SQL.

`during` of those who are named is the visit's time while it is scheduled, held or reported, else null; an
exclusion constraint reads it. Triggers keep it, so that no statement on either table can miss it.
"""

from typing import Final

_SET: Final = """
CREATE FUNCTION exchanges_visit_during() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT CASE WHEN v.status IN ('scheduled', 'held', 'reported') THEN tstzrange(v.starts_at, v.ends_at) END
      INTO NEW.during FROM exchanges_visit v WHERE v.id = NEW.visit_id FOR SHARE;
    -- After the visit's own lock: two who book the same people in another order would wait for each other.
    PERFORM pg_advisory_xact_lock(hashtext('exchanges.visit'));
    RETURN NEW;
END $$;
"""

_FOLLOW: Final = """
CREATE FUNCTION exchanges_visit_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE exchanges_visitparticipant SET during = NULL WHERE visit_id = NEW.id;
    UPDATE exchanges_visitperson SET during = NULL WHERE visit_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER visit_moves AFTER UPDATE ON exchanges_visit FOR EACH ROW
    WHEN ((OLD.status, OLD.starts_at, OLD.ends_at) IS DISTINCT FROM (NEW.status, NEW.starts_at, NEW.ends_at))
    EXECUTE FUNCTION exchanges_visit_moves();
ALTER TABLE exchanges_visit ENABLE ALWAYS TRIGGER visit_moves;
"""

_PARTS: Final = """
CREATE FUNCTION exchanges_visit_part() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM people_person p JOIN exchanges_visit v ON v.id = NEW.visit_id
         WHERE p.id = NEW.person_id
           AND (NEW.part, p.kind) IN (('prisoner', 'prisoner'), ('relative', 'sender'))
           AND (NEW.part <> 'relative' OR v.kind = 'family')) THEN
        RAISE EXCEPTION 'this person cannot be the % of it', NEW.part USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER part_fits BEFORE INSERT OR UPDATE ON exchanges_visitperson
    FOR EACH ROW EXECUTE FUNCTION exchanges_visit_part();
ALTER TABLE exchanges_visitperson ENABLE ALWAYS TRIGGER part_fits;
"""


def _keeps_during(table: str) -> str:
    return f"""
CREATE TRIGGER during_kept BEFORE INSERT OR UPDATE ON {table}
    FOR EACH ROW EXECUTE FUNCTION exchanges_visit_during();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER during_kept;
"""


BOOKED: Final = (
    _SET
    + _keeps_during("exchanges_visitparticipant")
    + _keeps_during("exchanges_visitperson")
    + _FOLLOW
    + _PARTS
)
