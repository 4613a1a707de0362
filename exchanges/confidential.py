"""What the database itself keeps of exchanges of prisoners: who may see a row, who is named. As SQL.

The owner, who migrates and makes backups, is bound since `exchanges.row_security`.
"""

from typing import Final

# Runs as the owner: who is named could else be asked only by those who are.
NAMED: Final = """
CREATE FUNCTION exchanges_known() RETURNS SETOF bigint LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
    SELECT exchange_id FROM exchanges_namedofficer
     WHERE unnamed_at IS NULL AND 'staff:' || staff_id = current_setting('lifeline.actor', true)
$$;
"""

_OF_EXCHANGE: Final = (
    "exchanges_stage",
    "exchanges_prisonerlist",
    "exchanges_listedperson",
    "exchanges_listedstep",
    "exchanges_exchangecount",
    "exchanges_exchangetrace",
)
TABLES: Final = ("exchanges_exchange", "exchanges_namedofficer", *_OF_EXCHANGE)


def _to_the_named(table: str, which: str) -> str:
    return f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY to_the_named ON {table} USING ({which});
"""


# One's own row is seen before one is named by it: an exchange is opened by naming its first officers.
ROWS: Final = (
    NAMED
    + _to_the_named("exchanges_exchange", "id IN (SELECT exchanges_known())")
    + _to_the_named(
        "exchanges_namedofficer",
        "exchange_id IN (SELECT exchanges_known())"
        " OR (unnamed_at IS NULL AND 'staff:' || staff_id = current_setting('lifeline.actor', true))",
    )
    + "".join(_to_the_named(table, "exchange_id IN (SELECT exchanges_known())") for table in _OF_EXCHANGE)
)

NAMING: Final = """
CREATE FUNCTION exchanges_named_by_two() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.unnamed_at IS NOT NULL
        OR (to_jsonb(NEW) - 'unnamed_at' - 'unnamed_under_id')
           IS DISTINCT FROM (to_jsonb(OLD) - 'unnamed_at' - 'unnamed_under_id')) THEN
        RAISE EXCEPTION 'who was named, and when, stands' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (
        SELECT FROM people_approval a
         WHERE a.id = CASE TG_OP WHEN 'INSERT' THEN NEW.named_under_id ELSE NEW.unnamed_under_id END
           AND a.subject_kind = 'exchange' AND a.subject = NEW.exchange_id AND a.decision = 'confirmed'
           AND CASE
               WHEN a.act = 'exchange_open' AND TG_OP = 'INSERT'
                   THEN NEW.staff_id IN (a.proposed_by_id, a.decided_by_id)
               ELSE a.act = CASE TG_OP WHEN 'INSERT' THEN 'exchange_name' ELSE 'exchange_unname' END
                    AND a.details -> 'officer' = to_jsonb(NEW.staff_id)
               END) THEN
        RAISE EXCEPTION 'two people name an officer' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER named_by_two BEFORE INSERT OR UPDATE ON exchanges_namedofficer
    FOR EACH ROW EXECUTE FUNCTION exchanges_named_by_two();
ALTER TABLE exchanges_namedofficer ENABLE ALWAYS TRIGGER named_by_two;
"""
