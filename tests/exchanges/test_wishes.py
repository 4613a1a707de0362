"""Which wishes let a person travel."""

from datetime import date

import pytest

from exchanges.wishes import Said, in_the_way

FIRST, SECOND = date(2026, 11, 1), date(2026, 11, 2)


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ([], "no wish is recorded"),
        ([Said(FIRST, 1, "return", True)], None),
        ([Said(FIRST, 1, "return", False)], "no wish is recorded that was said in private or to the neutral agency"),
        ([Said(FIRST, 1, "stay", True)], "their last word is not to return"),
        ([Said(FIRST, 1, "undecided", True)], "their last word is not to return"),
        ([Said(FIRST, 1, "return", True), Said(SECOND, 2, "stay", False)], "their last word is not to return"),
        ([Said(FIRST, 1, "stay", True), Said(SECOND, 2, "return", True)], None),
        # The newest word is the one said last, not the one recorded last; of one day, the later record.
        ([Said(SECOND, 1, "stay", True), Said(FIRST, 2, "return", True)], "their last word is not to return"),
        ([Said(FIRST, 2, "return", True), Said(FIRST, 1, "stay", True)], None),
        (
            [Said(FIRST, 1, "stay", True), Said(SECOND, 2, "return", False)],
            "the last word said in private or to the neutral agency is not to return",
        ),
    ],
)  # fmt: skip
def test_wish_lets_travel(told: list[Said], why: str | None) -> None:
    assert in_the_way(told) == why
