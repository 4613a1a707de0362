"""Taking the names of others out of words that were typed freely. Nothing here touches a database."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from people import names

BLACKED: Final = "█████"
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’ʼ-][^\W\d_]+)*")
_LEAST: Final = 4
"""Letters of a stem: shorter ones would black out half a text."""


def redacted(text: str, others: Iterable[str]) -> str:
    """Return `text` with every word blacked out that is a form of a name of `others`, in either script.

    Russian and Ukrainian names change their endings: a word counts as a form where its beginning is the
    name's without the last two letters. It errs towards blacking out.
    """
    stems = {stem for name in others for word in _WORD.findall(name) for stem in _stems(word)}
    if not stems:
        return text
    return _WORD.sub(lambda found: BLACKED if _is_form(found[0], stems) else found[0], text)


def _stems(word: str) -> set[str]:
    """Return the word's beginning as written and in Latin letters."""
    return {_stem(form) for form in (word.casefold(), names.to_latin(word).casefold()) if len(form) > 2}


def _stem(form: str) -> str:
    return form[: max(_LEAST, len(form) - 2)]


def _is_form(word: str, stems: set[str]) -> bool:
    forms = (word.casefold(), names.to_latin(word).casefold())
    return any(_fits(form, stem) for form in forms for stem in stems)


def _fits(form: str, stem: str) -> bool:
    return form == stem if len(stem) < _LEAST else form.startswith(stem) and len(form) <= len(stem) + 5
