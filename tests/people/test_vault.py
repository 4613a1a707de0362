import pytest
from cryptography.exceptions import InvalidTag

from people import vault


def test_sealed_text_opens_with_its_key_at_its_place() -> None:
    pair = vault.new_key()
    sealed = vault.seal(pair.plain, "Olha Home", place="people.fact")

    assert vault.unseal(vault.unwrap(pair.wrapped), sealed, place="people.fact") == "Olha Home"


def test_sealed_text_does_not_show_its_words_and_never_looks_the_same() -> None:
    key = vault.new_key().plain
    sealed = [vault.seal(key, "Olha Home", place="people.fact") for _ in range(2)]

    assert sealed[0] != sealed[1]
    assert b"Olha" not in sealed[0]


def test_value_moved_to_another_place_does_not_open() -> None:
    key = vault.new_key().plain
    sealed = vault.seal(key, "Olha Home", place="people.fact")

    with pytest.raises(InvalidTag):
        vault.unseal(key, sealed, place="parcels.line")


def test_value_under_another_key_does_not_open() -> None:
    sealed = vault.seal(vault.new_key().plain, "Olha Home", place="people.fact")

    with pytest.raises(InvalidTag):
        vault.unseal(vault.new_key().plain, sealed, place="people.fact")


@pytest.mark.parametrize("at", [1, 12, 20, -1])
def test_changed_byte_is_noticed(at: int) -> None:
    key = vault.new_key().plain
    sealed = bytearray(vault.seal(key, "Olha Home", place="people.fact"))
    sealed[at] ^= 1

    with pytest.raises(InvalidTag):
        vault.unseal(key, bytes(sealed), place="people.fact")


def test_unknown_version_is_said() -> None:
    with pytest.raises(ValueError, match="unknown version"):
        vault.unseal(bytes(32), b"\x07" + bytes(40), place="people.fact")


def test_search_key_is_keyed_and_short() -> None:
    assert vault.search_key("olha") == vault.search_key("olha") != vault.search_key("olga")
    assert len(vault.search_key("olha")) == 16
