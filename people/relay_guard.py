"""What the database itself refuses about what is sent, as SQL."""

from typing import Final

STANDS: Final = """
CREATE FUNCTION people_delivery_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what is told, to whom and under which id, stands' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER delivery_stands BEFORE UPDATE ON people_delivery
    FOR EACH ROW WHEN ((OLD.reference, OLD.endpoint_id, OLD.event, OLD.key, OLD.body)
        IS DISTINCT FROM (NEW.reference, NEW.endpoint_id, NEW.event, NEW.key, NEW.body))
    EXECUTE FUNCTION people_delivery_stands();
ALTER TABLE people_delivery ENABLE ALWAYS TRIGGER delivery_stands;
CREATE FUNCTION people_endpoint_stays_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an endpoint that was closed stays so' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER endpoint_stays_closed BEFORE UPDATE ON people_endpoint
    FOR EACH ROW WHEN (OLD.closed_at IS NOT NULL AND NEW.closed_at IS DISTINCT FROM OLD.closed_at)
    EXECUTE FUNCTION people_endpoint_stays_closed();
ALTER TABLE people_endpoint ENABLE ALWAYS TRIGGER endpoint_stays_closed;
"""
