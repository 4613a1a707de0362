"""The one form of JSON that is hashed, by the examples of RFC 8785."""

import pytest

from people.canonical import canonical, sha256


def test_keys_are_in_the_order_of_their_utf_16_code_units() -> None:
    """RFC 8785, 3.2.3."""
    names = {
        "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One", "\U0001f600": "Emoji: Grinning Face", "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }  # fmt: skip
    assert canonical(names) == (
        '{"\\r":"Carriage Return","1":"One","\u0080":"Control",'
        '"\u00f6":"Latin Small Letter O With Diaeresis","\u20ac":"Euro Sign",'
        '"\U0001f600":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}'
    )


def test_strings_and_literals() -> None:
    """RFC 8785, 3.2.2."""
    value = {"string": '\u20ac$\u000f\u000aA\'B"\\\\"/', "literals": [None, True, False]}
    assert canonical(value) == (
        '{"literals":[null,true,false],"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_spaces_and_order_make_no_difference() -> None:
    assert canonical({"b": [1, 2], "a": {}}) == canonical({"a": {}, "b": (1, 2)}) == '{"a":{},"b":[1,2]}'


@pytest.mark.parametrize("value", [1.5, {"a": 0.1}, [object()], {1: "a"}])
def test_what_has_no_one_form_is_refused(value: object) -> None:
    with pytest.raises((TypeError, AttributeError)):
        canonical(value)


def test_number_that_not_every_reader_reads_is_refused() -> None:
    assert canonical(2**53 - 1) == "9007199254740991"
    with pytest.raises(ValueError, match="9007199254740992"):
        canonical(2**53)


def test_hash_is_of_the_bytes_in_utf_8() -> None:
    """FIPS 180-4's example."""
    assert sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
