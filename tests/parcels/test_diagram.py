from pathlib import Path

from parcels.diagram import page


def test_page_in_the_docs_is_that_of_the_table() -> None:
    assert (Path(__file__).parents[2] / "docs/lifecycle.md").read_text() == page()
