from pathlib import Path

from exchanges.diagram import page


def test_page_in_the_docs_is_that_of_the_tables() -> None:
    assert (Path(__file__).parents[2] / "docs/states.md").read_text() == page()
