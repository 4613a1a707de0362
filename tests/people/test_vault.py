import os
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from config import keys
from parcels import codes
from people import vault


def test_sealed_text_opens_with_its_key_at_its_place() -> None:
    pair = vault.new_key(7)
    sealed = vault.seal(pair.plain, "Olha Home", place="people.fact", row=1)

    assert vault.unseal(vault.unwrap(pair.wrapped, row=7), sealed, place="people.fact", row=1) == "Olha Home"


def test_sealed_text_does_not_show_its_words_and_never_looks_the_same() -> None:
    key = vault.new_key(7).plain
    sealed = [vault.seal(key, "Olha Home", place="people.fact", row=1) for _ in range(2)]

    assert sealed[0] != sealed[1]
    assert b"Olha" not in sealed[0]


def test_value_moved_to_another_place_does_not_open() -> None:
    key = vault.new_key(7).plain
    sealed = vault.seal(key, "Olha Home", place="people.fact", row=1)

    with pytest.raises(InvalidTag):
        vault.unseal(key, sealed, place="parcels.line", row=1)


def test_value_under_another_key_does_not_open() -> None:
    sealed = vault.seal(vault.new_key(7).plain, "Olha Home", place="people.fact", row=1)

    with pytest.raises(InvalidTag):
        vault.unseal(vault.new_key(7).plain, sealed, place="people.fact", row=1)


@pytest.mark.parametrize("at", [2, 3, 14, 20, -1])
def test_changed_byte_is_noticed(at: int) -> None:
    key = vault.new_key(7).plain
    sealed = bytearray(vault.seal(key, "Olha Home", place="people.fact", row=1))
    sealed[at] ^= 1

    with pytest.raises(InvalidTag):
        vault.unseal(key, bytes(sealed), place="people.fact", row=1)


def test_unknown_version_is_said() -> None:
    with pytest.raises(ValueError, match="unknown version"):
        vault.unseal(bytes(32), b"\x07" + bytes(40), place="people.fact", row=1)


def test_search_key_is_keyed_and_short() -> None:
    assert vault.search_key("olha") == vault.search_key("olha") != vault.search_key("olga")
    assert len(vault.search_key("olha")) == 16


def test_value_copied_to_another_row_of_the_same_person_does_not_open() -> None:
    key = vault.new_key(7).plain
    sealed = vault.seal(key, "Olha Home", place="people.fact", row=1)

    with pytest.raises(InvalidTag):
        vault.unseal(key, sealed, place="people.fact", row=2)


def test_persons_key_copied_to_another_person_does_not_open() -> None:
    pair = vault.new_key(7)

    with pytest.raises(InvalidTag):
        vault.unwrap(pair.wrapped, row=8)


def sealed_by_the_first_format(key: bytes, text: str, place: str) -> bytes:
    nonce = os.urandom(12)
    return b"\x01" + nonce + AESGCM(key).encrypt(nonce, text.encode(), place.encode())


def test_values_of_the_first_format_still_open() -> None:
    key = AESGCM.generate_key(256)
    kek = bytes.fromhex((settings.KEYS.folder / "kek").read_text())
    wrapped = b"\x01" + (nonce := os.urandom(12)) + AESGCM(kek).encrypt(nonce, key, b"people.key")
    sealed = sealed_by_the_first_format(key, "Olha Home", "people.fact")

    assert vault.unwrap(wrapped, row=7) == key
    assert vault.unseal(key, sealed, place="people.fact", row=1) == "Olha Home"
    assert (vault.is_bound(sealed), vault.kek_version(wrapped)) == (False, 1)


def test_value_does_not_pass_for_one_of_the_other_format() -> None:
    key = vault.new_key(7).plain
    bound = vault.seal(key, "Olha Home", place="people.fact", row=1)
    unbound = sealed_by_the_first_format(key, "Olha Home", "people.fact")

    for forged in (b"\x01" + bound[3:], b"\x02\x00\x00" + unbound[1:], b"\x02\x00\x01" + bound[3:]):
        with pytest.raises(InvalidTag):
            vault.unseal(key, forged, place="people.fact", row=1)


@pytest.mark.parametrize(
    ("key", "nonce", "plain", "bound", "sealed"),
    [
        # McGrew and Viega, The Galois/Counter Mode of Operation, test cases 13 to 16: AES-256.
        ("00" * 32, "00" * 12, "", "", "530f8afbc74536b9a963b4f1c4cb738b"),
        (
            "00" * 32,
            "00" * 12,
            "00" * 16,
            "",
            "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919",
        ),
        (
            "feffe9928665731c6d6a8f9467308308" * 2,
            "cafebabefacedbaddecaf888",
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
            "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
            "",
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
            "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"
            "b094dac5d93471bdec1a502270e3cc6c",
        ),
        (
            "feffe9928665731c6d6a8f9467308308" * 2,
            "cafebabefacedbaddecaf888",
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
            "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
            "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
            "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
            "76fc6ece0f4e1768cddf8853bb2d551b",
        ),
    ],
)
def test_cipher_is_that_of_the_published_examples(
    key: str, nonce: str, plain: str, bound: str, sealed: str, tmp_path: Path
) -> None:
    """Both ciphers that seal: that of people's keys, and that of the key-encryption key in the keyring."""
    (tmp_path / "kek").write_text(key)
    ring = keys.load(tmp_path)
    told = [bytes.fromhex(each) for each in (nonce, plain, bound)]

    assert vault._cipher(bytes.fromhex(key)).encrypt(*told) == bytes.fromhex(sealed)
    assert ring.wrap(1, *told) == bytes.fromhex(sealed)
    assert ring.unwrap(1, told[0], bytes.fromhex(sealed), told[2]) == told[1]


@pytest.mark.parametrize(
    ("key", "text", "digest"),
    [
        # RFC 4231, test cases 1 to 3, 6 and 7; a key of ours has 32 bytes, HMAC takes any.
        ("0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (
            b"Jefe".hex(), b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        ("aa" * 20, b"\xdd" * 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        (
            "aa" * 131, b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
        (
            "aa" * 131,
            b"This is a test using a larger than block-size key and a larger than block-size data. The key needs to"
            b" be hashed before being used by the HMAC algorithm.",
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
        ),
    ],
)  # fmt: skip
def test_keyed_hashes_are_those_of_rfc_4231(key: str, text: bytes, digest: str) -> None:
    keyed = vault._keyed(key).copy()
    keyed.update(text)

    assert keyed.finalize().hex() == digest
    # Receipt codes are looked up by the same function.
    if text.isascii() and b"-" not in text:
        assert codes.lookup_hash(bytes.fromhex(key), text.decode()).hex() == digest
