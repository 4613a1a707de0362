"""A look into an XLSX before it is opened: how large it really is, and whether it computes anything.

The reader that follows keeps a sheet as one rectangle with every text in its place, so what decides is not
the file's size: two cells far apart, or one long text used a million times, are as good a bomb as a zip.
"""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from array import array
from collections.abc import Iterator
from typing import BinaryIO, Final, NoReturn
from xml.parsers import expat

MIB: Final = 1024 * 1024
MOST_UNPACKED: Final = 256 * MIB
MOST_MEMBERS: Final = 1_000
# Sheets of people's own come to some 6; what is large and packed a hundredfold is no sheet.
MOST_PACKED: Final = 100
_LARGE: Final = 16 * MIB
MOST_ROWS: Final = 100_000
LAST_COLUMN: Final = "CV"  # the hundredth
_BLOCK: Final = 64 * 1024
_DIGITS: Final = "0123456789"
# The end of an archive's directory (APPNOTE.TXT 4.3.16), without a comment; what is named for each member.
_END: Final = b"PK\5\6"
_END_BYTES: Final = 22
_NAMED_BYTES: Final = 400


class Unreadable(Exception):
    """The file cannot be taken; the message is one sentence and holds nothing from the file."""


def damaged() -> Unreadable:
    return Unreadable("The file is not an XLSX workbook, or it is damaged.")


def check(file: BinaryIO) -> None:
    """:raises Unreadable: when it is no workbook, unpacks to over 256 MiB, is too wide, or has formulas"""
    try:
        _check_end(file)
        with zipfile.ZipFile(file) as archive:
            _check_members(archive)
    except (zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, NotImplementedError, ValueError):
        raise damaged() from None


def _check_end(file: BinaryIO) -> None:
    """Refuse what two readers could read as two archives, and a directory too long to be gone through."""
    size = file.seek(0, os.SEEK_END)
    if size < _END_BYTES:
        raise damaged()
    file.seek(size - _END_BYTES)
    end = file.read(_END_BYTES)
    length, start = (int.from_bytes(end[place : place + 4], "little") for place in (12, 16))
    is_whole = end.startswith(_END) and start + length + _END_BYTES == size
    if not is_whole or length > MOST_MEMBERS * _NAMED_BYTES:
        raise damaged()
    file.seek(0)


def _check_members(archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    if len(members) > MOST_MEMBERS or "xl/workbook.xml" not in archive.namelist():
        raise damaged()
    if any(member.flag_bits & 1 for member in members):
        raise Unreadable("The workbook has a password: save it without one.")
    for member in members:
        _check_name(member)
    size, lengths = _Size(), array("L")
    for member in members:
        unpacked = 0
        for block in _unpacked(archive, member):
            size.add(len(block))
            unpacked += len(block)
            if unpacked > max(_LARGE, member.compress_size * MOST_PACKED):
                raise Unreadable("The workbook is packed more than a hundredfold: it is no sheet.")
    # The shared texts first: sheets refer to them by their place.
    for member in sorted(members, key=lambda each: not each.filename.endswith("/sharedStrings.xml")):
        if member.filename.endswith(".xml"):
            _Part(size, lengths).read(_unpacked(archive, member))


def _check_name(member: zipfile.ZipInfo) -> None:
    if stat.S_ISLNK(member.external_attr >> 16):
        raise damaged()
    if member.filename.startswith("/") or ".." in member.filename.split("/"):
        raise damaged()
    if member.filename.endswith(".bin") and "vba" in member.filename.lower():
        raise Unreadable("The workbook holds a program: save it as XLSX without macros.")


class _Size:
    """Bytes and characters that the whole workbook takes once it is unpacked."""

    def __init__(self) -> None:
        self._taken = 0

    def add(self, amount: int) -> None:
        self._taken += amount
        if self._taken > MOST_UNPACKED:
            raise Unreadable("The workbook is larger than 256 MiB when unpacked.")


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield what comes out of the stream, whatever the header says of its length."""
    declared, member.file_size = member.file_size, MOST_UNPACKED + _BLOCK
    found = 0
    try:
        with archive.open(member) as stream:
            while block := stream.read(_BLOCK):
                found += len(block)
                yield block
    finally:
        member.file_size = declared
    if found != declared:
        raise damaged()


class _Part:
    """One XML part, gone through once. Prefixes of namespaces are cut off: only local names matter here."""

    def __init__(self, size: _Size, lengths: array[int]) -> None:
        self._size, self._lengths = size, lengths
        self._index = ""  # of the shared text that the current cell refers to
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        # Declarations are what makes XML dangerous, and no workbook has any.
        self._parser.StartDoctypeDeclHandler = _refuse_declaration
        self._parser.StartElementHandler = self._root

    def read(self, blocks: Iterator[bytes]) -> None:
        for block in blocks:
            self._parser.Parse(block)
        self._parser.Parse(b"", True)
        self._count_shared()

    def _root(self, name: str, attributes: dict[str, str]) -> None:
        kind = name.rpartition(":")[2]
        self._parser.StartElementHandler = {"sst": self._in_texts, "worksheet": self._in_sheet}.get(kind)
        self._parser.CharacterDataHandler = {"sst": self._text}.get(kind)

    def _in_texts(self, name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] == "si":
            self._lengths.append(0)

    def _text(self, text: str) -> None:
        if self._lengths:
            self._lengths[-1] += len(text)

    def _in_sheet(self, name: str, attributes: dict[str, str]) -> None:
        kind = name.rpartition(":")[2]
        if kind == "c":
            self._count_shared()
            self._parser.CharacterDataHandler = self._value if attributes.get("t") == "s" else None
            if place := attributes.get("r"):
                _check_place(place)
        elif kind == "row" and int(attributes.get("r", 1)) > MOST_ROWS + 1:
            _refuse_rows()
        elif kind == "f":
            raise Unreadable("The workbook has formulas: paste its cells as values and save it again.")

    def _value(self, text: str) -> None:
        self._index += text

    def _count_shared(self) -> None:
        """Each use of a shared text counts like the text itself: that is what the reader makes of it."""
        if not self._index:
            return
        place, self._index = int(self._index), ""
        if not 0 <= place < len(self._lengths):
            raise damaged()
        self._size.add(self._lengths[place])


def _check_place(place: str) -> None:
    """`place` reads like AB12."""
    column = place.rstrip(_DIGITS)
    if len(column) > 1 and (len(column) > len(LAST_COLUMN) or column > LAST_COLUMN):
        raise Unreadable("The sheet has more than 100 columns.")
    if int(place[len(column) :]) > MOST_ROWS + 1:
        _refuse_rows()


def _refuse_rows() -> NoReturn:
    raise Unreadable(f"The file has more than {MOST_ROWS:,} rows.")


def _refuse_declaration(*args: object) -> NoReturn:
    raise damaged()
