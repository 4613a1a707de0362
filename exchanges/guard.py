"""What the database itself refuses of agreements, terms and what has a state. As SQL.

Terms in force do not change: findings refer to them, and both sides signed them.
"""

from typing import Final

from exchanges.lifecycle import Lifecycle

STEPS_ONLY_FUNCTION: Final = """
CREATE FUNCTION exchanges_steps_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status <> OLD.status AND NOT (OLD.status || '>' || NEW.status) = ANY (TG_ARGV) THEN
        RAISE EXCEPTION '% does not follow from %', NEW.status, OLD.status USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""


def steps_only(table: str, lifecycle: Lifecycle) -> str:
    """Return SQL that refuses every change of `table`'s status which is no step of its lifecycle."""
    steps = ", ".join(f"'{status}>{step}'" for status in lifecycle.steps for step in lifecycle.steps[status])
    return f"""
CREATE TRIGGER steps_only BEFORE UPDATE ON {table}
    FOR EACH ROW EXECUTE FUNCTION exchanges_steps_only({steps});
ALTER TABLE {table} ENABLE ALWAYS TRIGGER steps_only;
"""


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

# A round's terms are always its own agreement's: a successor changes both at once.
ROUND_OF_ITS_TERMS: Final = """
ALTER TABLE exchanges_terms ADD CONSTRAINT terms_of_agreement UNIQUE (id, agreement_id);
ALTER TABLE exchanges_round ADD CONSTRAINT round_of_its_terms
    FOREIGN KEY (terms_id, agreement_id) REFERENCES exchanges_terms (id, agreement_id)
    DEFERRABLE INITIALLY DEFERRED;
"""
