"""What a purge does to agreements' neighbouring work: visits, exchanges, returns, claims. As SQL.

Rows stay, for they were counted and acted on; the words in them, sealed for one person, are taken away.
"""

from __future__ import annotations

from typing import Final

# As in `returns_guard`, and a purge passes.
CLAIM_STANDS: Final = """
CREATE OR REPLACE FUNCTION exchanges_claim_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND lifeline_purging(TG_RELID) THEN RETURN NEW; END IF;
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
"""


def empties_claims(which: str) -> tuple[str, str]:
    """Return SQL that takes these claims' words away: that something was said, when and of what, stays."""
    return (
        "UPDATE exchanges_assessment SET sealed_note = NULL, evidence_reference = '' WHERE claim_id IN"
        f" (SELECT c.id FROM exchanges_claim c WHERE {which})",
        "UPDATE exchanges_claim c SET sealed_words = '', evidence_reference = '',"
        f" source = CASE source WHEN '' THEN '' ELSE 'erased' END WHERE {which}",
    )


_ALONE: Final = (
    "SELECT g.group_id FROM exchanges_returnperson g WHERE g.person_id = ANY(the_ids)"
    " AND NOT EXISTS (SELECT FROM exchanges_returnperson o"
    " JOIN people_personkey k ON k.person_id = o.person_id WHERE o.group_id = g.group_id)"
)
_MEMBER: Final = "(SELECT m.id FROM exchanges_returnperson m WHERE m.person_id = ANY(the_ids))"

# After people's own: a group's words go with the last person on it whose key is still there.
ERASES: Final[tuple[str, ...]] = (
    *empties_claims("c.person_id = ANY(the_ids)"),
    f"UPDATE exchanges_wish SET sealed_words = NULL, document = '' WHERE member_id IN {_MEMBER}",
    f"UPDATE exchanges_whereabouts SET sealed_place = '' WHERE member_id IN {_MEMBER}",
    f"UPDATE exchanges_return SET sealed_title = '', sealed_region = '' WHERE id IN ({_ALONE})",
    f"UPDATE exchanges_returnevent SET sealed_title = '', sealed_region = '' WHERE id IN ({_ALONE})",
    f"UPDATE exchanges_count SET sealed_scope = NULL, document = '' WHERE group_id IN ({_ALONE})",
    *empties_claims(f"c.group_id IN ({_ALONE})"),
    "UPDATE exchanges_listedstep SET sealed_note = NULL WHERE listed_id IN"
    " (SELECT l.id FROM exchanges_listedperson l WHERE l.person_id = ANY(the_ids))",
    "UPDATE exchanges_reportedperson SET sealed_words = NULL WHERE person_id = ANY(the_ids)",
    "DELETE FROM exchanges_visitletter WHERE from_person_id = ANY(the_ids) OR to_person_id = ANY(the_ids)",
)

DUE: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    # How many went each way stands on the visit itself.
    "letters": (
        "SELECT l.id, (SELECT max(r.recorded_at) FROM exchanges_visitreport r WHERE r.visit_id = l.visit_id)"
        " FROM exchanges_visitletter l WHERE l.outcome <> 'carried'",
        ("DELETE FROM exchanges_visitletter WHERE id = ANY(the_ids)",),
    ),
}
