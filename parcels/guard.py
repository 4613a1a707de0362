"""The database's own check of every change of status, as SQL generated from the lifecycle's table.

Privileges and triggers are ENABLE ALWAYS, so no session variable and no replica role switches them off;
the foreign keys sleep under the replica role, which is why processes never log in as superuser or owner.
"""

from typing import Final

from parcels.lifecycle import edges
from people.guard import append_only

_EDGES: Final = ", ".join(f"('{source}', '{move}', '{target}')" for source, move, target in edges())

EDGES: Final = f"""
CREATE TABLE IF NOT EXISTS parcels_edge (
    from_status varchar(20) NOT NULL, move varchar(16) NOT NULL, status varchar(20) NOT NULL,
    PRIMARY KEY (from_status, move, status)
);
INSERT INTO parcels_edge VALUES {_EDGES} ON CONFLICT DO NOTHING;
"""

KEYS: Final = """
ALTER TABLE parcels_movement
    ADD COLUMN previous_number integer GENERATED ALWAYS AS (NULLIF(number - 1, 0)) STORED,
    -- The custody log seals in the order of transactions, so that nothing which commits late is missed.
    ADD COLUMN xact xid8 NOT NULL DEFAULT pg_current_xact_id(),
    ADD CONSTRAINT movement_is_an_edge FOREIGN KEY (from_status, move, status)
        REFERENCES parcels_edge (from_status, move, status),
    ADD CONSTRAINT movement_starts_where_the_last_ended FOREIGN KEY (parcel_id, previous_number, from_status)
        REFERENCES parcels_movement (parcel_id, number, status) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE parcels_parcel
    ADD CONSTRAINT parcel_mirrors_its_last_movement FOREIGN KEY (id, last_number, status)
        REFERENCES parcels_movement (parcel_id, number, status) DEFERRABLE INITIALLY DEFERRED;
"""

TRIGGERS: Final = """
CREATE FUNCTION parcels_no_step_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Through the table's index: two transition tables joined would be compared row by row.
    IF EXISTS (SELECT FROM was JOIN parcels_parcel p ON p.id = was.id WHERE p.last_number < was.last_number)
    THEN
        RAISE EXCEPTION 'a last movement cannot be an earlier one' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER no_step_back AFTER UPDATE ON parcels_parcel
    REFERENCING OLD TABLE AS was
    FOR EACH STATEMENT EXECUTE FUNCTION parcels_no_step_back();
ALTER TABLE parcels_parcel ENABLE ALWAYS TRIGGER no_step_back;

CREATE FUNCTION parcels_no_movement_ahead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM made JOIN parcels_parcel p ON p.id = made.parcel_id
                WHERE made.number > p.last_number) THEN
        RAISE EXCEPTION 'a movement without its parcel''s status' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER no_movement_ahead AFTER INSERT ON parcels_movement
    REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION parcels_no_movement_ahead();
ALTER TABLE parcels_movement ENABLE ALWAYS TRIGGER no_movement_ahead;

CREATE FUNCTION parcels_correct_undoes_the_last() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE undone record;
BEGIN
    SELECT m.number, m.from_status, m.status INTO undone
      FROM parcels_movement m
     WHERE m.parcel_id = NEW.parcel_id AND m.number < NEW.number AND m.move NOT IN ('observe', 'correct')
       AND NOT EXISTS (SELECT FROM parcels_movement c
                        WHERE c.parcel_id = m.parcel_id AND c.corrects = m.number)
     ORDER BY m.number DESC LIMIT 1;
    IF undone.number IS DISTINCT FROM NEW.corrects OR undone.status IS DISTINCT FROM NEW.from_status
       OR undone.from_status IS DISTINCT FROM NEW.status THEN
        RAISE EXCEPTION 'only the last movement that counts is corrected' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER correct_undoes_the_last BEFORE INSERT ON parcels_movement
    FOR EACH ROW WHEN (NEW.move = 'correct') EXECUTE FUNCTION parcels_correct_undoes_the_last();
ALTER TABLE parcels_movement ENABLE ALWAYS TRIGGER correct_undoes_the_last;
"""


APPEND_ONLY: Final = "".join(
    append_only(table)
    for table in ("parcels_movement", "parcels_publication", "parcels_finding", "parcels_edge")
)

ALL: Final = EDGES + KEYS + TRIGGERS + APPEND_ONLY

# PostgreSQL computes the hash too: who holds a printed one can trust what is kept here.
SNAPSHOTS: Final = """
ALTER TABLE parcels_ledgersnapshot ADD CONSTRAINT snapshot_hashed
    CHECK (sha256 = encode(sha256(convert_to(text, 'UTF8')), 'hex'));
""" + append_only("parcels_ledgersnapshot")
