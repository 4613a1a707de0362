"""Files made to do harm: each is refused soon, in little memory, and by one sentence that quotes nothing of it."""

import io
import stat
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from config.launcher.processes import BASE_DIR
from people.models import ListEntry, PrisonerList
from people.tables import Unreadable, opened
from tests.factories import world
from tests.parcels.admin.desk import signed_in, text
from tests.parcels.manifests import CANARY, csv_text, row, with_part, write_xlsx

SHEET = "xl/worksheets/sheet1.xml"
NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
MIB = 1024 * 1024


def _base(path: Path) -> Path:
    return write_xlsx(path, [row(sender_name=CANARY)])


def _add(path: Path, name: str | zipfile.ZipInfo, mib: int, fill: bytes = b"\0") -> Path:
    _base(path)
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=6) as archive,
        archive.open(name, "w", force_zip64=True) as part,
    ):
        for _ in range(mib):
            part.write(fill * MIB)
    return path


def _one_gib(path: Path) -> Path:
    return _add(path, "xl/worksheets/sheet2.xml", 1024)


def _nested(path: Path) -> Path:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"\0" * (64 * MIB))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as outer:
        for number in range(40):
            outer.writestr(f"xl/{number}.xlsx", inner.getvalue())
        outer.writestr("xl/workbook.xml", "<workbook/>")
    return path


def _laughs(path: Path) -> Path:
    """Billion laughs, as they were first told of (2002)."""
    lines = [f'<!ENTITY lol{n} "{f"&lol{n - 1};" * 10}">' for n in range(1, 10)]
    told = f'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol0 "lol">{"".join(lines)}]>'
    xml = f"{told}<worksheet {NAMESPACE}><sheetData><row><c><v>&lol9;</v></c></row></sheetData></worksheet>"
    return with_part(_base(path), SHEET, xml.encode())


def _outside(path: Path) -> Path:
    told = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    xml = f"{told}<worksheet {NAMESPACE}><sheetData><row><c><v>&e;</v></c></row></sheetData></worksheet>"
    return with_part(_base(path), SHEET, xml.encode())


def _huge_texts(path: Path) -> Path:
    texts = "".join(f"<si><t>{number:06}{'x' * 994}</t></si>" for number in range(270_000))
    return with_part(_base(path), "xl/sharedStrings.xml", f"<sst {NAMESPACE}>{texts}</sst>".encode())


def _deep(path: Path) -> Path:
    xml = f"<worksheet {NAMESPACE}>{'<a>' * 200_000}{'</a>' * 200_000}</worksheet>"
    return with_part(_base(path), SHEET, xml.encode())


def _link(path: Path) -> Path:
    link = zipfile.ZipInfo("xl/worksheets/sheet2.xml")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    _base(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    return path


def _named(name: str) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        _base(path)
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(name, "x")
        return path

    return make


def _many_members(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        for number in range(60_000):
            archive.writestr(str(number), "")
    return path


def _overlapping(path: Path) -> Path:
    """Many names of one and the same kernel, as in Fifield's "A better zip bomb" (2019)."""
    content = _add(path, "xl/worksheets/sheet2.xml", 200).read_bytes()
    end = content[-22:]
    length, start = struct.unpack("<II", end[12:20])
    directory = content[start : start + length]
    last = directory.rindex(b"PK\x01\x02")
    entry = directory[last:]
    entries = [entry.replace(b"sheet2", b"%06d" % number) for number in range(300)]
    grown = directory + b"".join(entries)
    count = struct.unpack("<H", end[10:12])[0] + 300
    tail = end[:8] + struct.pack("<HHII", count, count, len(grown), start) + b"\0\0"
    path.write_bytes(content[:start] + grown + tail)
    return path


def _before(before: bytes) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        path.write_bytes(before + _base(path).read_bytes())
        return path

    return make


def _after(path: Path) -> Path:
    """Two archives in one file: one reader takes the first, another the last."""
    path.write_bytes(_base(path).read_bytes() * 2)
    return path


def _comment(path: Path) -> Path:
    _base(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"PK\5\6" + b"\0" * 18
    return path


def _workbook_named_csv(path: Path) -> Path:
    _base(path)
    return path


DAMAGED = "The file is not an XLSX workbook, or it is damaged."
PACKED = "The workbook is packed more than a hundredfold: it is no sheet."
UNPACKED = "The workbook is larger than 256 MiB when unpacked."
PROGRAM = "The workbook holds a program: save it as XLSX without macros."
NAME = "The file is an archive or a workbook: an XLSX workbook is named XLSX."
NOT_TEXT = "The file is not UTF-8 text: save it as CSV in UTF-8."

HARMFUL: dict[str, tuple[str, Callable[[Path], Path], str]] = {
    "1 GiB sheet": ("m.xlsx", _one_gib, PACKED),
    "zip in a zip": ("m.xlsx", _nested, DAMAGED),  # and what is inside stays packed
    "billion laughs": ("m.xlsx", _laughs, DAMAGED),
    "file of the server": ("m.xlsx", _outside, DAMAGED),
    "huge shared texts": ("m.xlsx", _huge_texts, PACKED),
    "link": ("m.xlsx", _link, DAMAGED),
    "way out": ("m.xlsx", _named("../../etc/cron.d/x"), DAMAGED),
    "whole path": ("m.xlsx", _named("/etc/cron.d/x"), DAMAGED),
    "program": ("m.xlsx", _named("xl/vbaProject.bin"), PROGRAM),
    "many members": ("m.xlsx", _many_members, DAMAGED),
    "overlapping members": ("m.xlsx", _overlapping, PACKED),
    "two archives": ("m.xlsx", _after, DAMAGED),
    "archive in a comment": ("m.xlsx", _comment, DAMAGED),
    "picture and workbook": ("m.xlsx", _before(b"GIF89a"), "The file is named XLSX and is not an XLSX workbook."),
    "archive behind an archive's first bytes": ("m.xlsx", _before(b"PK\3\4"), DAMAGED),
    "document and table": ("m.csv", _before(b"%PDF-1.7\n"), NOT_TEXT),
    "workbook named CSV": ("m.csv", _workbook_named_csv, NAME),
    "program named CSV": ("m.csv", lambda path: path.write_bytes(b"MZ\x90\0\3\0\0\0\xff\xff") and path, NOT_TEXT),
}  # fmt: skip


@pytest.mark.parametrize(("name", "make", "sentence"), HARMFUL.values(), ids=HARMFUL)
def test_harmful_file_is_refused_by_one_sentence(
    tmp_path: Path, name: str, make: Callable[[Path], Path], sentence: str
) -> None:
    path = make(tmp_path / name)
    with pytest.raises(Unreadable) as why, opened(path) as table:
        list(table.rows())

    assert str(why.value) == sentence
    assert CANARY not in str(why.value)
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_deeply_nested_parts_are_read_without_harm(tmp_path: Path) -> None:
    with opened(_deep(tmp_path / "m.xlsx")) as table:
        assert list(table.rows()) == []


_READ = """
import re, sys, time
from pathlib import Path
from people.tables import Unreadable, opened
for path in sorted(Path(sys.argv[1]).iterdir()):
    began = time.process_time()
    try:
        with opened(path) as table:
            for _ in table.rows(): pass
    except Unreadable:
        peak = re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())
        print(round(time.process_time() - began, 2), int(peak[1]) // 1024)
"""


def test_all_of_them_take_little_time_and_memory(tmp_path: Path) -> None:
    """Two seconds of one processor for each, 300 MiB for the process."""
    for number, (name, make, _) in enumerate(HARMFUL.values()):
        made = make(tmp_path / name)
        made.rename(tmp_path / f"{number:02}{made.suffix}")
    done = subprocess.run(
        [sys.executable, "-c", _READ, str(tmp_path)], cwd=BASE_DIR, capture_output=True, text=True, check=True
    )
    took = [line.split() for line in done.stdout.splitlines()]

    assert len(took) == len(HARMFUL)
    assert max(float(seconds) for seconds, _ in took) < 2, took
    assert max(int(mib) for _, mib in took) < 300, took


@pytest.mark.django_db
@pytest.mark.parametrize("what", ["1 GiB sheet", "billion laughs", "program", "workbook named CSV"])
def test_desk_refuses_it_and_keeps_nothing(tmp_path: Path, what: str) -> None:
    name, make, sentence = HARMFUL[what]
    w = world()
    told = {
        "office": w.north.pk, "stated_by": w.north.pk, "title": "ours", "stated_on": "2026-11-01",
        "file": SimpleUploadedFile(name, make(tmp_path / name).read_bytes()),
    }  # fmt: skip
    answer = signed_in(w.amina).post(reverse("admin:people_list_keep"), told)

    assert answer.status_code == 400
    assert (sentence if len(told["file"]) < 8 * MIB else "larger than 8 MiB") in text(answer)  # type: ignore[arg-type]
    assert (PrisonerList.objects.count(), ListEntry.objects.count()) == (0, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["list.exe", "list.html", "list.svg", "list.xlsm", "list", "list.csv.php"])
def test_desk_takes_no_other_kind_by_its_name(name: str) -> None:
    w = world()
    told = {
        "office": w.north.pk, "stated_by": w.north.pk, "title": "ours", "stated_on": "2026-11-01",
        "file": SimpleUploadedFile(name, csv_text([row()]).encode()),
    }  # fmt: skip
    answer = signed_in(w.amina).post(reverse("admin:people_list_keep"), told)

    assert (answer.status_code, PrisonerList.objects.count()) == (400, 0)
    assert "The file must be CSV or XLSX, and named so." in text(answer)
