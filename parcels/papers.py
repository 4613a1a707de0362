"""The papers that are printed: for now the families' slips, each with the code that shows where a parcel is.

A slip names no person, no place and no content: whoever finds one learns nothing without typing the code.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import groupby
from pathlib import Path

import segno
from fpdf import FPDF

FONTS = Path(__file__).parent / "fonts"
TEXT, HEAVY, CODE = "DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono-Bold"
INK, GREY, PALE = 0, 105, 242

# Millimetres on A4.
PAGE_WIDTH, PAGE_HEIGHT = 210.0, 297.0
A_PAGE = 4
HEIGHT = PAGE_HEIGHT / A_PAGE
LEFT, RIGHT = 14.0, 196.0
QR_SIZE = 42.0
COLUMN, GUTTER = 42.0, 4.0
TEXT_WIDTH = 3 * COLUMN + 2 * GUTTER


@dataclass(frozen=True, slots=True)
class Slip:
    number: str
    receipt_code: str
    round_name: str


@dataclass(frozen=True, slots=True)
class Words:
    """What a slip says in one language; its lines are broken here, for breaking them anew is slow."""

    name: str
    heading: str
    lines: tuple[str, ...]
    address: str
    parcel: str
    round: str
    printed: str


WORDS = {
    "en": Words(
        name="English",
        heading="Your receipt code",
        lines=(
            "It shows you where the parcel is.",
            "Open the address below and type",
            "the code, or point a phone’s",
            "camera at the square. Whoever",
            "has the code sees the same as",
            "you: keep it safe. We never ask",
            "you for it.",
        ),
        address="Address",
        parcel="Parcel",
        round="Round",
        printed="Printed",
    ),
    "ru": Words(
        name="Русский",
        heading="Ваш код квитанции",
        lines=(
            "Он покажет, где посылка.",
            "Откройте адрес внизу и",
            "введите код или наведите",
            "камеру телефона на квадрат.",
            "Кто знает код, видит то же,",
            "что и вы: берегите его. Мы",
            "никогда его не спрашиваем.",
        ),
        address="Адрес",
        parcel="Посылка",
        round="Раунд",
        printed="Напечатано",
    ),
    "uk": Words(
        name="Українська",
        heading="Ваш код квитанції",
        lines=(
            "Він покаже, де посилка.",
            "Відкрийте адресу внизу і",
            "введіть код або наведіть",
            "камеру телефона на квадрат.",
            "Хто знає код, бачить те саме,",
            "що й ви: бережіть його. Ми",
            "ніколи його не запитуємо.",
        ),
        address="Адреса",
        parcel="Посилка",
        round="Раунд",
        printed="Надруковано",
    ),
}
ALPHABETICAL = ("en", "ru", "uk")


def slips(
    rows: Sequence[Slip],
    *,
    base_url: str,
    printed_on: date,
    languages: Sequence[str] = ALPHABETICAL,
    on_page: Callable[[int, int], None] | None = None,
) -> bytes:
    """A PDF with four slips on each A4 page, made in memory.

    ``on_page`` is told pages done and pages in all, after each.
    """
    pdf = _document(printed_on, languages)
    words = [WORDS[language] for language in languages]
    pages = [rows[start : start + A_PAGE] for start in range(0, len(rows), A_PAGE)]
    for done, page in enumerate(pages, start=1):
        pdf.add_page()
        for place, slip in enumerate(page):
            _draw_slip(pdf, slip, place * HEIGHT, words, base_url, printed_on)
        _draw_cuts(pdf, len(page))
        if on_page:
            on_page(done, len(pages))
    return bytes(pdf.output())


def qr_content(base_url: str, receipt_code: str) -> str:
    """The code stands in the fragment only: a browser keeps that to itself and no server's log sees it."""
    return f"{base_url.rstrip('/')}/#{receipt_code}"


def _document(printed_on: date, languages: Sequence[str]) -> FPDF:
    pdf = FPDF(format="A4")
    pdf.set_auto_page_break(False)
    pdf.c_margin = 0
    pdf.set_creation_date(datetime.combine(printed_on, time(), UTC))
    pdf.set_title(" · ".join(WORDS[language].heading for language in languages))
    for font in (TEXT, HEAVY, CODE):
        pdf.add_font(font, fname=FONTS / f"{font}.ttf")
    return pdf


def _draw_slip(
    pdf: FPDF, slip: Slip, top: float, words: Sequence[Words], base_url: str, printed_on: date
) -> None:
    _put(pdf, HEAVY, 10.5, LEFT, top + 8, " · ".join(each.heading for each in words))
    _draw_code(pdf, slip.receipt_code, top + 15.5)
    for place, each in enumerate(words):
        _draw_text(pdf, each, LEFT + place * (COLUMN + GUTTER), top + 31)
    _draw_qr(pdf, qr_content(base_url, slip.receipt_code), RIGHT - QR_SIZE, top + 8)
    facts = [
        (LEFT, 52, [each.address for each in words], base_url.rstrip("/")),
        (LEFT + 56, 39, [each.round for each in words], slip.round_name),
        (LEFT + 99, 37, [each.parcel for each in words], slip.number),
        (RIGHT - QR_SIZE, QR_SIZE, [each.printed for each in words], printed_on.isoformat()),
    ]
    for left, width, labels, value in facts:
        _put(pdf, TEXT, 6, left, top + 61, " · ".join(dict.fromkeys(labels)), GREY)
        _put(pdf, HEAVY, _fitting(pdf, value, width), left, top + 64.5, value)


def _draw_code(pdf: FPDF, receipt_code: str, top: float) -> None:
    pdf.set_fill_color(PALE)
    pdf.rect(LEFT, top, TEXT_WIDTH, 12, style="F")
    pdf.set_font(CODE, size=20.5)
    pdf.set_text_color(INK)
    pdf.set_xy(LEFT, top)
    pdf.cell(TEXT_WIDTH, 12, receipt_code, align="C")


def _draw_text(pdf: FPDF, words: Words, left: float, top: float) -> None:
    _put(pdf, HEAVY, 7, left, top, words.name)
    for number, line in enumerate(words.lines, start=1):
        _put(pdf, TEXT, 7, left, top + 0.4 + number * 3.3, line)


def _fitting(pdf: FPDF, text: str, width: float) -> float:
    """The largest size in points, up to 8.5, in which ``text`` is no wider than ``width`` millimetres."""
    pdf.set_font(HEAVY, size=8.5)
    return min(8.5, 8.5 * width / pdf.get_string_width(text))


def _put(pdf: FPDF, font: str, points: float, left: float, top: float, text: str, shade: int = INK) -> None:
    pdf.set_font(font, size=points)
    pdf.set_text_color(shade)
    pdf.set_xy(left, top)
    pdf.cell(h=4, text=text)


def _draw_qr(pdf: FPDF, content: str, left: float, top: float) -> None:
    code = segno.make_qr(content, error="m")
    module = QR_SIZE / len(code.matrix)
    pdf.set_fill_color(INK)
    # Rectangles, as some viewers blur an image; 2 % of overlap leaves no hair lines between the rows.
    for y, row in enumerate(code.matrix):
        for x, length in _dark_runs(row):
            pdf.rect(left + x * module, top + y * module, length * module, module * 1.02, style="F")


def _dark_runs(row: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Where each run of dark modules starts, and its length."""
    start = 0
    for dark, modules in groupby(row):
        length = len(list(modules))
        if dark:
            yield start, length
        start += length


def _draw_cuts(pdf: FPDF, slips_on_page: int) -> None:
    pdf.set_line_width(0.2)
    pdf.set_draw_color(GREY)
    pdf.set_dash_pattern(dash=2, gap=2)
    for cut in range(1, min(slips_on_page + 1, A_PAGE)):
        pdf.line(0, cut * HEIGHT, PAGE_WIDTH, cut * HEIGHT)
    pdf.set_dash_pattern()
