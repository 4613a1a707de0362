from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from exchanges.actions import draft_terms, make_round
from exchanges.models import ContentRule
from tests.factories import world

HEADER = "description,category,verdict\n"


def run(file: Path, *arguments: str) -> str:
    out = StringIO()
    call_command("categorise", str(file), *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    return tmp_path / "descriptions.txt"


def test_categorise_prints_category_and_standard_verdict(listed: Path) -> None:
    listed.write_text("Чай чёрный\nносков 3 пары\nliki ta vitaminy\nніж\nтелифон\nфывапр\n", encoding="utf-8")

    assert run(listed) == HEADER + (
        "Чай чёрный,FOOD_TEA_COFFEE,allow\n"
        "носков 3 пары,UNDERWEAR,limit\n"
        "liki ta vitaminy,MEDICINE,redirect\n"
        "ніж,SHARP,prohibit\n"
        "телифон,ELECTRONICS,review\n"
        "фывапр,UNKNOWN,review\n"
    )


def test_categorise_takes_the_strictest_of_a_compound(listed: Path) -> None:
    listed.write_text("чай и зажигалка\nчай и фывапр\n", encoding="utf-8")

    assert run(listed) == HEADER + "чай и зажигалка,LIGHTER,prohibit\nчай и фывапр,FOOD_TEA_COFFEE,review\n"


def test_categorise_reads_bom_and_line_ends_of_any_kind(listed: Path) -> None:
    listed.write_bytes("\ufeffчай\r\n\r\nсахар\nсоль".encode())

    assert run(listed) == HEADER + "чай,FOOD_TEA_COFFEE,allow\nсахар,FOOD_DRY,allow\nсоль,FOOD_DRY,allow\n"


def test_categorise_leaves_the_text_as_it_is_and_quotes_it(listed: Path) -> None:
    listed.write_text('=1+1\nчай, "Майский"\n', encoding="utf-8")

    assert run(listed) == HEADER + '=1+1,UNKNOWN,review\n"чай, ""Майский""",FOOD_TEA_COFFEE,allow\n'


def test_categorise_of_an_empty_file_prints_the_header(listed: Path) -> None:
    listed.touch()

    assert run(listed) == HEADER


@pytest.mark.parametrize("content", ["чай".encode("cp1251"), "чай".encode("utf-16")])
def test_categorise_says_when_the_file_is_not_utf8(listed: Path, content: bytes) -> None:
    listed.write_bytes(content)

    with pytest.raises(CommandError, match=r"is not UTF-8 text\.$") as caught:
        run(listed)
    assert caught.value.returncode == 2


def test_categorise_says_when_there_is_no_file(listed: Path) -> None:
    with pytest.raises(CommandError, match=r"cannot be read: No such file or directory\.$") as caught:
        run(listed)
    assert caught.value.returncode == 2


@pytest.mark.django_db
def test_categorise_judges_by_the_rules_of_a_round(listed: Path) -> None:
    agreed = world()
    terms = draft_terms(agreed.terms.agreement)
    ContentRule.objects.filter(terms=terms, category="FOOD_TEA_COFFEE").update(verdict="prohibit")
    ContentRule.objects.filter(terms=terms, category="FOOD_DRY").delete()
    make_round(
        reference="spring", agreement=terms.agreement, terms=terms, sending=agreed.south,
        holding=agreed.north, target=1, opens_on="2026-11-01", closes_on="2026-12-01",
        collection_point="South, counter 1",
    )  # fmt: skip
    listed.write_text("чай\nсахар\n", encoding="utf-8")

    december, spring = run(listed, "--round", "december"), run(listed, "--round", "spring")

    assert december == HEADER + "чай,FOOD_TEA_COFFEE,allow\nсахар,FOOD_DRY,allow\n"
    assert spring == HEADER + "чай,FOOD_TEA_COFFEE,prohibit\nсахар,FOOD_DRY,review\n"


@pytest.mark.django_db
def test_categorise_says_when_there_is_no_such_round(listed: Path) -> None:
    listed.write_text("чай\n", encoding="utf-8")

    with pytest.raises(CommandError, match=r"^There is no round spring\.$") as caught:
        run(listed, "--round", "spring")
    assert caught.value.returncode == 2
