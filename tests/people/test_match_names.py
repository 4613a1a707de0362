from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command


def matched(file: Path) -> str:
    out = StringIO()
    call_command("match_names", str(file), stdout=out)
    return out.getvalue()


def written(folder: Path, content: str | bytes) -> Path:
    file = folder / "pairs.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def test_match_names_adds_the_verdict_and_keeps_the_rest(tmp_path: Path) -> None:
    pairs = 'n,a,note,b\n1,Сергій Коваленко,"x, y",Kovalenko Sergey\n2,Ivanov,,Ivanenko\n3,Petrov,,Pertov\n'
    assert matched(written(tmp_path, pairs)) == (
        'n,a,note,b,match\n1,Сергій Коваленко,"x, y",Kovalenko Sergey,yes\n'
        "2,Ivanov,,Ivanenko,no\n3,Petrov,,Pertov,ask\n"
    )


def test_match_names_reads_a_mark_semicolons_and_short_rows(tmp_path: Path) -> None:
    pairs = "\ufeffb;a;note\r\nSerhii;Сергей;\r\n\r\nSerhii\r\n"
    assert matched(written(tmp_path, pairs)) == "b,a,note,match\nSerhii,Сергей,,yes\nSerhii,,,no\n"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "cannot be read: is it there, and a file?"),
        (b"a,b\n\xc8\xe2\xe0\xed,Ivan\n", "is not UTF-8 text: save it as CSV in UTF-8."),
        ("", "lacks the columns a and b: its first line must name them."),
        ("a,c\nx,y\n", "lacks the columns a and b: its first line must name them."),
        ("a,b,match\nx,y,z\n", "has a column match already: rename it, the answer goes there."),
        (
            "a,b\nx,y,z\n",
            "has a row with more cells than the first line: a comma may lack its quotation marks.",
        ),
        ('a,b\n"' + "x" * 140_000, "is not CSV: a quotation mark may be missing."),
    ],
)
def test_match_names_refuses_a_faulty_file_in_one_sentence(
    tmp_path: Path, content: str | bytes | None, why: str
) -> None:
    file = tmp_path / "pairs.csv" if content is None else written(tmp_path, content)
    before = None if content is None else file.read_bytes()
    out = StringIO()
    with pytest.raises(CommandError) as refused:
        call_command("match_names", str(file), stdout=out)
    assert (str(refused.value), refused.value.returncode, out.getvalue()) == (f"{file} {why}", 2, "")
    assert (file.read_bytes() if file.exists() else None) == before


def test_match_names_refuses_a_folder(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("match_names", str(tmp_path))
    assert refused.value.returncode == 2
