"""The Daitch-Mokotoff Soundex: six digits a name sounds like, several where letters may sound in two ways."""

import re
import unicodedata
from functools import lru_cache

LENGTH = 6

# Letters, then the code at the start of a name, before a vowel, elsewhere; `-` is not coded, `/` parts two
# ways to say it. From the published coding chart.
CHART = """
AI AJ AY: 0 1 -
AU: 0 7 -
A: 0 - -
B: 7 7 7
CHS: 5 54 54
CH: 5/4 5/4 5/4
CK: 5/45 5/45 5/45
CZ CS CSZ CZS: 4 4 4
C: 5/4 5/4 5/4
DRZ DRS DS DSH DSZ DZ DZH DZS: 4 4 4
D DT: 3 3 3
EI EJ EY: 0 1 -
EU: 1 1 -
E: 0 - -
FB F: 7 7 7
G: 5 5 5
H: 5 5 -
IA IE IO IU: 1 - -
I: 0 - -
J: 1/4 -/4 -/4
KS: 5 54 54
KH K: 5 5 5
L: 8 8 8
MN: 66 66 66
M: 6 6 6
NM: 66 66 66
N: 6 6 6
OI OJ OY: 0 1 -
O: 0 - -
P PF PH: 7 7 7
Q: 5 5 5
RZ RS: 94/4 94/4 94/4
R: 9 9 9
SCHTSCH SCHTSH SCHTCH SHTCH SHCH SHTSH: 2 4 4
SHT SCHT SCHD: 2 43 43
SCH SH: 4 4 4
STCH STSCH SC STRZ STRS STSH: 2 4 4
ST: 2 43 43
SZCZ SZCS: 2 4 4
SZT SHD SZD SD: 2 43 43
SZ S: 4 4 4
TCH TTCH TTSCH TRZ TRS TSCH TSH TS TTS TTSZ TC TZ TTZ TZS TSZ: 4 4 4
TH T: 3 3 3
UI UJ UY: 0 1 -
U UE: 0 - -
V W: 7 7 7
X: 5 54 54
Y: 1 - -
ZDZ ZDZH ZHDZH: 2 4 4
ZD ZHD: 2 43 43
ZH ZS ZSCH ZSH Z: 4 4 4
"""

Codes = tuple[str, ...]
"""The ways to code one sound."""


def _sounds() -> dict[str, tuple[Codes, Codes, Codes]]:
    chart: dict[str, tuple[Codes, Codes, Codes]] = {}
    for line in CHART.strip().splitlines():
        letters, codes = line.split(": ")
        first, before_vowel, elsewhere = (tuple(code.replace("-", "").split("/")) for code in codes.split())
        chart.update(dict.fromkeys(letters.split(), (first, before_vowel, elsewhere)))
    return chart


SOUNDS = _sounds()
SOUND = re.compile("|".join(sorted(SOUNDS, key=len, reverse=True)))


@lru_cache(maxsize=2**14)
def daitch_mokotoff(word: str) -> frozenset[str]:
    """Codes of a Latin word; none when it has no letter from A to Z."""
    plain = unicodedata.normalize("NFKD", word).upper()
    letters = "".join(letter for letter in plain if "A" <= letter <= "Z")
    branches = {("", "")}
    for sound in SOUND.finditer(letters):
        apart = letters[max(sound.start() - 1, 0) : sound.start() + 1] in ("MN", "NM")
        codes = SOUNDS[sound[0]][_place(letters, sound)]
        branches = {_said(branch, code, apart) for branch in branches for code in codes}
    return frozenset(digits[:LENGTH].ljust(LENGTH, "0") for digits, _ in branches) if letters else frozenset()


def _place(letters: str, sound: re.Match[str]) -> int:
    if sound.start() == 0:
        return 0
    return 1 if letters[sound.end() : sound.end() + 1] in tuple("AEIOUJY") else 2


def _said(branch: tuple[str, str], code: str, apart: bool) -> tuple[str, str]:
    """Neighbouring sounds of one code are coded once, but for M and N."""
    digits, last = branch
    repeats = code and last.endswith(code) and not apart
    return (digits if repeats else digits + code), code
