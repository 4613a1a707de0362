import re
import zlib
from datetime import date

import pytest
import segno

from parcels.codes import parcel_number, receipt_code
from parcels.papers import ALPHABETICAL, WORDS, Slip, qr_content, slips

BASE_URL = "https://lifeline.example.org"
TODAY = date(2026, 11, 22)
ROWS = [
    Slip(parcel_number(f"{number:08}"), receipt_code(b"key", number.to_bytes(16)), "Декабрь 2026")
    for number in range(6)
]


def test_slips_puts_four_on_a_page() -> None:
    assert [len(pages_of(printed(count))) for count in (1, 4, 5)] == [1, 1, 2]


def test_slips_says_everything_a_family_needs_and_nothing_else() -> None:
    words = [WORDS[language] for language in ("en", "ru", "uk")]
    slip = ROWS[0]
    expected = [
        " · ".join(each.heading for each in words),
        slip.receipt_code,
        *(line for each in words for line in (each.name, *each.lines)),
        "Address · Адрес · Адреса",
        BASE_URL,
        "Round · Раунд",
        "Декабрь 2026",
        "Parcel · Посылка · Посилка",
        slip.number,
        "Printed · Напечатано · Надруковано",
        "2026-11-22",
    ]
    assert texts_of(printed(1)) == expected


def test_slips_gives_each_parcel_its_own_code() -> None:
    texts = texts_of(printed(6))
    assert [text for text in texts if text.startswith("PZ")] == [slip.number for slip in ROWS]
    assert [text for text in texts if text.count("-") == 5] == [slip.receipt_code for slip in ROWS]


def test_slips_draws_the_code_as_segno_makes_it() -> None:
    pdf = printed(2)
    for place, slip in enumerate(ROWS[:2]):
        matrix = segno.make_qr(qr_content(BASE_URL, slip.receipt_code), error="m").matrix
        assert modules_of(pdf, place, len(matrix)) == [[int(dark) for dark in row] for row in matrix]


def test_slips_puts_the_languages_in_the_order_asked_for() -> None:
    pdf = slips(ROWS[:1], base_url=BASE_URL, printed_on=TODAY, languages=("uk", "ru"))
    assert texts_of(pdf)[0] == "Ваш код квитанції · Ваш код квитанции"
    assert [text for text in texts_of(pdf) if text in {each.name for each in WORDS.values()}] == [
        "Українська",
        "Русский",
    ]


def test_slips_tells_how_far_it_is() -> None:
    told: list[tuple[int, int]] = []
    slips(ROWS, base_url=BASE_URL, printed_on=TODAY, on_page=lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]


def test_slips_are_the_same_when_printed_again() -> None:
    assert printed(2) == printed(2)


def test_slips_makes_long_names_fit() -> None:
    long_name = "Декабрьский раунд между двумя ведомствами, вторая очередь"
    pdf = slips([Slip(ROWS[0].number, ROWS[0].receipt_code, long_name)], base_url=BASE_URL, printed_on=TODAY)
    assert long_name in texts_of(pdf)
    [points] = re.findall(rb"/F2 ([\d.]+) Tf ET\n(?:q )?BT 198\.\d\d ", pages_of(pdf)[0])
    assert float(points) < 5


def test_qr_content_keeps_the_code_in_the_fragment() -> None:
    assert (
        qr_content("https://lifeline.example.org/", "ABCD-EFGH") == "https://lifeline.example.org/#ABCD-EFGH"
    )
    assert (
        qr_content("https://lifeline.example.org", "ABCD-EFGH") == "https://lifeline.example.org/#ABCD-EFGH"
    )


def test_languages_are_in_the_order_of_their_own_names() -> None:
    assert sorted(WORDS, key=lambda language: WORDS[language].name) == list(ALPHABETICAL)


@pytest.mark.parametrize("language", ALPHABETICAL)
def test_words_fill_the_same_room_in_each_language(language: str) -> None:
    assert len(WORDS[language].lines) == 7


def printed(count: int) -> bytes:
    return slips(ROWS[:count], base_url=BASE_URL, printed_on=TODAY)


def pages_of(pdf: bytes) -> list[bytes]:
    streams = [
        zlib.decompress(stream) for stream in re.findall(rb"stream\n(x.*?)\nendstream", pdf, re.DOTALL)
    ]
    return [stream for stream in streams if b"Tj ET" in stream]


def texts_of(pdf: bytes) -> list[str]:
    """Every piece of text in the order drawn, read back through the fonts' own character maps."""
    shown = re.compile(rb"/F([123]) [\d.]+ Tf|\(((?:[^\\()]|\\.)*)\) Tj", re.DOTALL)
    maps, texts, font = character_maps(pdf), [], 0
    for page in pages_of(pdf):
        for found in shown.finditer(page):
            if found[1]:
                font = int(found[1]) - 1
            else:
                plain = re.sub(rb"\\(.)", lambda escaped: {b"r": b"\r"}.get(escaped[1], escaped[1]), found[2])
                glyphs = [plain[at : at + 2] for at in range(0, len(plain), 2)]
                texts.append("".join(maps[font][glyph] for glyph in glyphs))
    return texts


def character_maps(pdf: bytes) -> list[dict[bytes, str]]:
    """One a font, in the fonts' order: glyph → character."""
    return [
        {
            bytes.fromhex(glyph.decode()): bytes.fromhex(character.decode()).decode("utf-16-be")
            for glyph, character in re.findall(rb"<(\w{4})> <(\w+)>\n", block)
        }
        for block in re.findall(rb"beginbfchar\n(.*?)endbfchar", pdf, re.DOTALL)
    ]


def modules_of(pdf: bytes, place: int, size: int) -> list[list[int]]:
    """The QR of the slip at ``place`` on the first page, read back from its rectangles."""
    left, top, module = 154 * 72 / 25.4, 841.89 - (place * 74.25 + 8) * 72 / 25.4, 42 * 72 / 25.4 / size
    modules = [[0] * size for _ in range(size)]
    for found in re.findall(rb"^([\d.]+) ([\d.]+) ([\d.]+) -[\d.]+ re f$", pages_of(pdf)[0], re.MULTILINE):
        x, y, width = (float(number) for number in found)
        row, start = round((top - y) / module), round((x - left) / module)
        if start >= 0 and 0 <= row < size:
            for column in range(start, start + round(width / module)):
                modules[row][column] = 1
    return modules
