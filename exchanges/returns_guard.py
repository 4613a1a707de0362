"""What the database itself refuses of returns and claims. As SQL.

The check before `travelling` reads wishes as `exchanges.wishes` does: the last word, and the last word said
to the neutral agency or in private, must both be to return, for everyone who travels.
"""

from typing import Final

from exchanges import guard, lifecycle
from people.guard import append_only

_LAST: Final = "ORDER BY w.stated_on DESC, w.id DESC LIMIT 1"

_RETURNS: Final = f"""
CREATE FUNCTION exchanges_return_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status <> 'requested' THEN
        RAISE EXCEPTION 'a return begins as requested' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER return_begins BEFORE INSERT ON exchanges_return
    FOR EACH ROW EXECUTE FUNCTION exchanges_return_begins();

CREATE FUNCTION exchanges_wishes_first() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM exchanges_returnperson m WHERE m.group_id = NEW.id AND m.status = 'with_group')
    OR EXISTS (
        SELECT FROM exchanges_returnperson m
         WHERE m.group_id = NEW.id AND m.status = 'with_group'
           AND ('return' IS DISTINCT FROM (
                SELECT w.wants FROM exchanges_wish w WHERE w.member_id = m.id {_LAST})
             OR 'return' IS DISTINCT FROM (
                SELECT w.wants FROM exchanges_wish w JOIN people_organisation o ON o.id = w.stated_to_id
                 WHERE w.member_id = m.id AND (w.in_private OR o.party_id IS NULL) {_LAST}))
    ) THEN
        RAISE EXCEPTION 'nobody travels whose own wish is not known' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER wishes_first BEFORE UPDATE ON exchanges_return
    FOR EACH ROW WHEN (NEW.status = 'travelling' AND OLD.status <> 'travelling')
    EXECUTE FUNCTION exchanges_wishes_first();

CREATE FUNCTION exchanges_person_on_return() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found exchanges_return;
BEGIN
    IF TG_OP = 'UPDATE' AND (to_jsonb(NEW) - 'status') IS DISTINCT FROM (to_jsonb(OLD) - 'status') THEN
        RAISE EXCEPTION 'who is named on a return stays named there' USING ERRCODE = 'check_violation';
    END IF;
    -- Locked, so that nobody joins while the others' wishes are looked at.
    SELECT * INTO found FROM exchanges_return WHERE id = NEW.group_id FOR SHARE;
    IF TG_OP = 'INSERT' AND (NEW.status <> 'with_group' OR NOT EXISTS (
        SELECT FROM people_person p
         WHERE p.id = NEW.person_id AND p.kind = 'evacuee'
           AND p.organisation_id = found.organisation_id)) THEN
        RAISE EXCEPTION 'a return names displaced civilians of its own office'
            USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.status = 'with_group' AND found.status IN ('travelling', 'returned'))
    OR (NEW.status = 'returned' AND found.status <> 'returned') THEN
        RAISE EXCEPTION 'nobody joins those on the way' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER person_on_return BEFORE INSERT OR UPDATE ON exchanges_returnperson
    FOR EACH ROW EXECUTE FUNCTION exchanges_person_on_return();
ALTER TABLE exchanges_return ENABLE ALWAYS TRIGGER return_begins, ENABLE ALWAYS TRIGGER wishes_first;
ALTER TABLE exchanges_returnperson ENABLE ALWAYS TRIGGER person_on_return;
"""

_CLAIMS: Final = """
CREATE FUNCTION exchanges_claim_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a claim is never removed' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'reported' OR EXISTS (
            SELECT FROM exchanges_claim c
             WHERE c.id IN (NEW.answers_id, NEW.corrects_id)
               AND (c.person_id, c.parcel, c.group_id, c.count_id)
                   IS DISTINCT FROM (NEW.person_id, NEW.parcel, NEW.group_id, NEW.count_id)) THEN
            RAISE EXCEPTION 'a claim begins as reported, and answers or corrects one about the same'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (to_jsonb(NEW) - 'status') IS DISTINCT FROM (to_jsonb(OLD) - 'status')
    OR (NEW.status <> OLD.status AND NEW.status IS DISTINCT FROM (
        SELECT a.standing FROM exchanges_assessment a
         WHERE a.claim_id = NEW.id ORDER BY a.id DESC LIMIT 1)) THEN
        RAISE EXCEPTION 'a claim stands as it was said, and as it was last assessed'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER claim_stands BEFORE INSERT OR UPDATE OR DELETE ON exchanges_claim
    FOR EACH ROW EXECUTE FUNCTION exchanges_claim_stands();
CREATE TRIGGER claim_stands_whole BEFORE TRUNCATE ON exchanges_claim
    FOR EACH STATEMENT EXECUTE FUNCTION lifeline_append_only();
ALTER TABLE exchanges_claim ENABLE ALWAYS TRIGGER claim_stands, ENABLE ALWAYS TRIGGER claim_stands_whole;
"""

APPEND_ONLY: Final = ("returnstep", "wish", "whereabouts", "count", "question", "reply", "assessment")

ALL: Final = (
    _RETURNS
    + _CLAIMS
    + guard.steps_only("exchanges_return", lifecycle.RETURN)
    + guard.steps_only("exchanges_returnperson", lifecycle.ON_A_RETURN)
    + guard.steps_only("exchanges_claim", lifecycle.CLAIM)
    + "".join(append_only(f"exchanges_{table}") for table in APPEND_ONLY)
)
