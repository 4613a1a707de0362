"""Whose people, and which notes, the database shows because of a parcel."""

from __future__ import annotations

from typing import Final

from people.row_security import ORGANISATION, forced, policy

_ENDS: Final = "r.neutral_id, r.holding_id"
_RECIPIENT: Final = f"""EXISTS (
    SELECT FROM parcels_parcel x JOIN exchanges_round r ON r.id = x.round_id
     WHERE x.recipient_id = {{person}} AND {ORGANISATION} IN ({_ENDS}))"""
_SENDER: Final = _RECIPIENT.replace("x.recipient_id", "x.sender_id")


def _either(person: str) -> str:
    return f"{_RECIPIENT.format(person=person)} OR {_SENDER.format(person=person)}"


# The row of both ends, which says nothing, and the key, which opens what is in the parcel; of the facts those
# by which the addressee is found. What became of him is his office's to tell, and officers' to read.
PEOPLE: Final = (
    policy("tied_by_a_parcel", "people_person", _either("people_person.id"), command="SELECT")
    + policy("tied_by_a_parcel", "people_personkey", _either("person_id"), command="SELECT")
    + policy(
        "tied_by_a_parcel",
        "people_fact",
        f"kind NOT IN ('contact', 'external_id') AND {_RECIPIENT.format(person='person_id')}",
        command="SELECT",
    )
    + policy(
        "tied_by_a_parcel",
        "people_situationevent",
        _RECIPIENT.format(person="person_id"),
        command="SELECT",
    )
    + policy(
        "tied_by_a_parcel", "people_withholding", _RECIPIENT.format(person="person_id"), command="SELECT"
    )
    + policy("tied_by_a_parcel", "people_kinship", _RECIPIENT.format(person="person_id"), command="SELECT")
)
NOTES: Final = forced("parcels_note") + policy(
    "of_its_own", "parcels_note", f"organisation_id = {ORGANISATION}"
)

ALL: Final = PEOPLE + NOTES
