"""Recovery codes: ten, hashed, each once, also of many at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from people.models import RecoveryCode, Staff
from people.signin import recovery
from tests.databases import Database
from tests.factories import NOON, organisation, staff


@pytest.fixture
def amina(db: None) -> Staff:
    return staff("amina", "registrar", organisation("north"))


def test_ten_codes_of_120_bits_are_kept_as_hashes(amina: Staff) -> None:
    codes = recovery.make_new(amina)
    assert len(set(codes)) == recovery.HOW_MANY == 10
    assert {len(code.replace("-", "")) * 5 for code in codes} == {120}
    kept = b"".join(bytes(each.code_hash) for each in RecoveryCode.objects.all())
    assert not any(code.replace("-", "").encode() in kept for code in codes)


def test_code_works_once_however_it_is_typed(amina: Staff) -> None:
    code = recovery.make_new(amina)[0]
    typed = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert recovery.use(amina, typed, NOON)
    assert not recovery.use(amina, code, NOON)
    assert recovery.left(amina) == 9


def test_code_of_another_or_none_uses_nothing_up(amina: Staff) -> None:
    bruno = staff("bruno", "screener", organisation("south"))
    code = recovery.make_new(bruno)[0]
    recovery.make_new(amina)
    assert not recovery.use(amina, code, NOON)
    assert not recovery.use(amina, "", NOON)
    assert (recovery.left(amina), recovery.left(bruno)) == (10, 10)


def test_new_codes_end_those_before(amina: Staff) -> None:
    old = recovery.make_new(amina)
    recovery.make_new(amina)
    assert not recovery.use(amina, old[0], NOON)
    assert recovery.left(amina) == 10


def test_one_code_used_by_many_at_once_lets_in_once(committed_db: Database) -> None:
    amina = staff("amina", "registrar", organisation("north"))
    code = recovery.make_new(amina)[0]

    def one(_: int) -> bool:
        try:
            return recovery.use(amina, code, NOON)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(16))) == 1
