import hmac
from hashlib import sha256

import pytest

from parcels import codes

KEY = b"code key of the tests, 32 bytes."
SEED = bytes(range(16))
CODE = codes.receipt_code(KEY, SEED)
PLAIN = CODE.replace("-", "")


@pytest.mark.parametrize(
    "identifier",
    [
        "CP473124829UA",  # the standard's published example
        "EB000000005CN",
        "CP000000155ZZ",
        "CP000000080ZZ",
        "RR123456785XX",
        "AW784699994IN",
        "PA202603049ZZ",
        "ZA473124829ZZ",
    ],
)
def test_is_s10_accepts_known_identifiers(identifier: str) -> None:
    assert codes.is_s10(identifier) is True


def test_is_s10_rejects_an_illustration_published_with_a_wrong_check_digit() -> None:
    assert codes.is_s10("CP001020301BR") is False
    assert codes.is_s10("CP001020307BR") is True


@pytest.mark.parametrize(
    ("digits", "check"),
    [
        ("00000001", "4"),
        ("00000003", "1"),
        ("11111111", "5"),
        ("98765432", "6"),
        ("99999999", "5"),
        ("00000012", "0"),
        ("00000034", "5"),
    ],
)
def test_parcel_number_carries_the_check_digit(digits: str, check: str) -> None:
    assert codes.parcel_number(digits) == f"PZ{digits}{check}ZZ"


@pytest.mark.parametrize(
    "digits", ["", "1234567", "123456789", "1234567a", "-1234567", "١٢٣٤٥٦٧٨", "1234567\n"]
)
def test_parcel_number_refuses_anything_but_eight_digits(digits: str) -> None:
    with pytest.raises(ValueError, match="eight digits"):
        codes.parcel_number(digits)


def test_is_number_knows_our_range_only() -> None:
    assert codes.is_number("PZ473124829ZZ") is True
    texts = [
        "CP473124829ZZ",
        "PZ473124829UA",
        "PZ473124828ZZ",
        "pz473124829zz",
        "PZ473124829ZZ\n",
        "PZ ZZ",
        "",
    ]
    assert [codes.is_number(text) for text in texts] == [False] * len(texts)


def test_new_number_is_drawn_anew_each_time() -> None:
    numbers = [codes.new_number() for _ in range(200)]
    assert all(codes.is_number(number) for number in numbers)
    assert len(set(numbers)) > 190


def test_receipt_code_is_115_bits_of_the_keyed_hash_and_a_check_character() -> None:
    bits = int.from_bytes(hmac.new(KEY, SEED, sha256).digest()) >> (256 - 115)
    drawn = "".join(codes.ALPHABET[bits >> shift & 31] for shift in range(110, -1, -5))
    assert PLAIN[:23] == drawn
    assert [len(group) for group in CODE.split("-")] == [4] * 6


def test_receipt_code_never_changes_for_a_key_and_a_seed() -> None:
    assert codes.receipt_code(b"key", b"seed") == "60MJ-QEK2-8CG5-J4WE-16Q5-M05J"
    assert codes.receipt_code(b"key", b"another seed") != codes.receipt_code(b"key", b"seed")
    assert codes.receipt_code(b"another key", b"seed") != codes.receipt_code(b"key", b"seed")


def test_luhn_check_gives_the_published_examples() -> None:
    assert codes.luhn_check([7, 9, 9, 2, 7, 3, 9, 8, 7, 1], base=10) == 3
    assert "abcdef"[codes.luhn_check([0, 1, 2, 3, 4, 5], base=6)] == "e"


@pytest.mark.parametrize(
    "typed",
    [
        CODE,
        PLAIN,
        CODE.lower(),
        f"  {CODE}\r\n",
        CODE.replace("-", " "),
        CODE.replace("-", " – "),
        CODE.replace("-", "\u00a0"),
        CODE.replace("0", "O"),
        CODE.replace("0", "o").replace("1", "l"),
    ],
)
def test_normalise_reads_what_people_type(typed: str) -> None:
    assert codes.normalise(typed) == PLAIN


def test_normalise_reads_look_alikes_in_both_alphabets() -> None:
    meant = "ABCEHKM0PTX011YABCEHKM0"
    meant += codes.ALPHABET[codes.luhn_check([codes.VALUES[character] for character in meant])]
    typed = "АВСЕНКМОРТХоІlуавсенкмо" + meant[-1]
    assert codes.normalise(meant) == meant
    assert codes.normalise(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "-",
        PLAIN[:-1],
        PLAIN + "0",
        "U" + PLAIN[1:],
        "Ж" + PLAIN[1:],
        "\x00" + PLAIN[1:],
        PLAIN[:-1] + "*",
    ],
)
def test_normalise_refuses_what_is_malformed(typed: str) -> None:
    assert codes.normalise(typed) is None


def test_normalise_refuses_a_text_far_too_long_even_where_it_ends_up_right() -> None:
    assert codes.normalise(CODE + " " * 1000) is None


def test_normalise_finds_every_wrong_character() -> None:
    for place, right in enumerate(PLAIN):
        for wrong in codes.ALPHABET.replace(right, ""):
            assert codes.normalise(PLAIN[:place] + wrong + PLAIN[place + 1 :]) is None


def test_normalise_finds_nearly_every_swap_of_neighbours() -> None:
    missed = tried = 0
    for number in range(200):
        plain = codes.receipt_code(KEY, number.to_bytes(16)).replace("-", "")
        for place in range(23):
            left, right = plain[place : place + 2]
            if left != right:
                tried += 1
                missed += codes.normalise(plain[:place] + right + left + plain[place + 2 :]) is not None
    assert missed / tried < 0.01


def test_lookup_hash_is_the_same_for_the_printed_and_the_normalised_code() -> None:
    expected = hmac.new(b"look-up key", PLAIN.encode(), sha256).digest()
    assert codes.lookup_hash(b"look-up key", CODE) == expected
    assert codes.lookup_hash(b"look-up key", PLAIN) == expected
    assert codes.lookup_hash(b"another key", PLAIN) != expected
