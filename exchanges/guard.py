"""Terms in force do not change: findings refer to them, and both sides signed them. As SQL."""

from typing import Final

ALL: Final = """
CREATE FUNCTION exchanges_terms_stand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.status <> 'draft' THEN
            RAISE EXCEPTION 'terms that were in force stay' USING ERRCODE = 'check_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.status <> 'draft' AND (
        (to_jsonb(NEW) - 'status') IS DISTINCT FROM (to_jsonb(OLD) - 'status')
        OR (OLD.status, NEW.status) NOT IN (('in_force', 'in_force'), ('in_force', 'superseded'),
                                            ('superseded', 'superseded'))) THEN
        RAISE EXCEPTION 'terms in force do not change: make a new version' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER terms_stand BEFORE UPDATE OR DELETE ON exchanges_terms
    FOR EACH ROW EXECUTE FUNCTION exchanges_terms_stand();
ALTER TABLE exchanges_terms ENABLE ALWAYS TRIGGER terms_stand;

CREATE FUNCTION exchanges_parts_stand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Neither into nor out of terms in force; OLD is null at an insert, NEW at a delete.
    IF EXISTS (SELECT FROM exchanges_terms t
                WHERE t.id IN (OLD.terms_id, NEW.terms_id) AND t.status <> 'draft') THEN
        RAISE EXCEPTION 'terms in force do not change: make a new version' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER parts_stand BEFORE INSERT OR UPDATE OR DELETE ON exchanges_contentrule
    FOR EACH ROW EXECUTE FUNCTION exchanges_parts_stand();
ALTER TABLE exchanges_contentrule ENABLE ALWAYS TRIGGER parts_stand;
CREATE TRIGGER parts_stand BEFORE INSERT OR UPDATE OR DELETE ON exchanges_stay
    FOR EACH ROW EXECUTE FUNCTION exchanges_parts_stand();
ALTER TABLE exchanges_stay ENABLE ALWAYS TRIGGER parts_stand;
"""
