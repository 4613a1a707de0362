import re

from people.models import new_reference


def test_reference_is_sixteen_characters_that_nobody_confuses() -> None:
    references = {new_reference() for _ in range(1_000)}

    assert len(references) == 1_000
    assert all(re.fullmatch("[0-9a-hjkmnp-tv-z]{16}", each) for each in references)
