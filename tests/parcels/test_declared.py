import psycopg

from config.scratch import Database
from tests.factories import registered, world
from tests.partners import partner


def test_erased_sender_is_named_nowhere(committed_db: Database) -> None:
    w = world()
    parcel, north = registered(w), partner(w.north, "liaison")
    with psycopg.connect(committed_db.owner_url) as owner:
        owner.execute("DELETE FROM people_personkey WHERE person_id = %s", [parcel.sender_id])

    told = north.get(f"/api/v1/parcels/{parcel.number}/").json()

    assert set(told["sender"].values()) == {None}
    assert [line["description"] for line in told["items"]] == [None] * 3
    assert told["recipient"]["name"] is not None
