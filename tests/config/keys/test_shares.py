"""Two of three shares make the key; the arithmetic is that of the published example."""

from itertools import permutations

import pytest

from config.keys import shares

KEY = bytes(range(32))


def test_example_of_the_draft_is_combined() -> None:
    """draft-mcgrew-tss-03, section 9: two shares of five bytes."""
    told = {1: bytes.fromhex("B9FA07E185"), 2: bytes.fromhex("F5409B4511")}

    assert shares.combine(told) == bytes.fromhex("7465737400")


def test_example_of_the_draft_is_split() -> None:
    secret = bytes.fromhex("7465737400")
    slope = bytes(one ^ byte for one, byte in zip(bytes.fromhex("B9FA07E185"), secret, strict=True))

    assert shares.at(secret, slope, 2) == bytes.fromhex("F5409B4511")


def test_any_two_of_three_shares_make_the_key_in_any_order() -> None:
    made = shares.split(KEY, 2)

    for one, other in permutations(made, 2):
        assert shares.combine({one.officer: one.part, other.officer: other.part}) == KEY


def test_one_share_alone_makes_nothing() -> None:
    (one, *_) = shares.split(KEY, 2)

    with pytest.raises(shares.NotAShare):
        shares.combine({one.officer: one.part})
    assert one.part != KEY


def test_share_is_read_as_it_was_printed_in_either_case() -> None:
    (one, *_) = shares.split(KEY, 300)

    assert shares.read(one.text()) == shares.read(f"  {one.text().lower()}\n") == one
    assert one.version == 300


@pytest.mark.parametrize("at", range(0, 60, 7))
def test_mistyped_letter_is_noticed(at: int) -> None:
    text = shares.split(KEY, 2)[0].text().replace("-", "")
    wrong = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]

    with pytest.raises(shares.NotAShare):
        shares.read(wrong)


@pytest.mark.parametrize("text", ["", "A", "AAAA-BBBB", "Ж" * 61, "A" * 200])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(shares.NotAShare):
        shares.read(text)
