import base64
import json
from pathlib import Path

from kombu.serialization import loads

from faults import schedule
from faults.inflict import Hand, message_for
from faults.lives import CANARY, declaration, lives


def test_a_schedule_is_the_same_again_from_its_seed_and_from_its_file(tmp_path: Path) -> None:
    first = schedule.make(7, 100, 60)
    assert first == schedule.make(7, 100, 60) != schedule.make(8, 100, 60)
    schedule.write(first, 7, tmp_path / "schedule.json")
    assert schedule.read(tmp_path / "schedule.json") == (7, first)


def test_a_schedule_holds_every_kind_once_before_any_twice_and_is_in_order() -> None:
    found = schedule.make(1, len(schedule.WEIGHTS), 60)
    assert {each.kind for each in found} == schedule.WEIGHTS.keys()
    assert found == sorted(found)
    assert {each.kind for each in schedule.make(1, 50, 60, ["web.kill"])} == {"web.kill"}


def test_every_kind_can_be_inflicted() -> None:
    for kind in schedule.WEIGHTS:
        group, _, how = kind.partition(".")
        assert callable(getattr(Hand, f"_{group}_{how}"))


def test_lives_are_the_same_again_and_name_the_canary_in_all_that_is_of_people() -> None:
    assert lives(7, 50) == lives(7, 50) != lives(8, 50)
    told = declaration(lives(7, 1)[0], "december")
    for person, keys in (("sender", ("name", "email")), ("recipient", ("name", "service_number"))):
        for key in keys:
            assert CANARY.lower() in told[person][key].lower()


def test_a_message_is_one_that_celery_reads() -> None:
    told = json.loads(message_for("screen"))
    args, kwargs, _ = loads(base64.b64decode(told["body"]), told["content-type"], told["content-encoding"])
    assert (args, kwargs, told["headers"]["task"]) == (["screen"], {}, "parcels.drain")
