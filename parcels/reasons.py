"""Reason codes that belong to no category's rule, in the family's words."""

from types import MappingProxyType
from typing import NamedTuple


class Reason(NamedTuple):
    internal: str
    ru: str
    uk: str
    en: str


_BEING_CHECKED = (
    "Посылку проверяет сотрудник. Делать ничего не нужно.",
    "Посилку перевіряє працівник. Робити нічого не потрібно.",
    "A member of staff is checking the parcel. There is nothing you need to do.",
)

REASONS = MappingProxyType(
    {
        "OVER_MASS": Reason(
            "Gross mass above the terms' limit.",
            "Посылка тяжелее, чем разрешено. Выньте, пожалуйста, часть: её можно отправить позже.",
            "Посилка важча, ніж дозволено. Вийміть, будь ласка, частину: її можна надіслати пізніше.",
            "The parcel is heavier than allowed. Please take something out: it can go another time.",
        ),
        "UNDER_MASS": Reason(
            "Gross mass below the terms' minimum.",
            "Посылка легче, чем предусмотрено. Можно что-нибудь добавить; сотрудник посмотрит.",
            "Посилка легша, ніж передбачено. Можна щось додати; працівник перегляне.",
            "The parcel is lighter than foreseen. You may add something; a member of staff will look.",
        ),
        "OVER_QUOTA": Reason("More parcels for this person than the round's terms foresee.", *_BEING_CHECKED),
        "SECOND_LOOK": Reason("Drawn for a second look.", *_BEING_CHECKED),
        "UNKNOWN_CATEGORY": Reason(
            "The description fits no category with a rule.",
            "Вещь по описанию не узнана, её посмотрит сотрудник. Пишите просто: «чай», «носки».",
            "Річ за описом не впізнано, її перегляне працівник. Пишіть просто: «чай», «шкарпетки».",
            "The description was not recognised; a member of staff will look. Plain words help: tea, socks.",
        ),
        "NOT_CLEAR": Reason(
            "The description was recognised by likeness or only in part.",
            "Описание можно понять по-разному, вещь посмотрит сотрудник. Лучше по одной вещи в строке.",
            "Опис можна зрозуміти по-різному, річ перегляне працівник. Краще по одній речі в рядку.",
            "The description can be read in several ways; a member of staff will look.",
        ),
        "BOOKS_APART": Reason(
            "GC III 72(4): no books in parcels of clothing and food.",
            "Книги не кладут вместе с едой и одеждой. Выньте их: они могут пойти отдельной посылкой.",
            "Книги не кладуть разом з їжею та одягом. Вийміть їх: вони можуть піти окремою посилкою.",
            "Books do not go together with food or clothing. Please take them out: they may go apart.",
        ),
        "NO_ITEMS": Reason(
            "No content lines.",
            "В описи ничего не указано. Напишите, пожалуйста, что в посылке.",
            "В описі нічого не вказано. Напишіть, будь ласка, що в посилці.",
            "The list of contents is empty. Please write what is in the parcel.",
        ),
        "BEING_CHECKED": Reason("What a family reads for the internal codes.", *_BEING_CHECKED),
    }
)

INTERNAL = frozenset({"OVER_QUOTA", "SECOND_LOOK"})
"""A family reads neither these codes nor why."""


def text(code: str, language: str) -> str:
    """What a family reads, in ru, uk or en.

    :raises KeyError: when the code is a category rule's, or none
    """
    reason = REASONS[code]
    return {"ru": reason.ru, "uk": reason.uk, "en": reason.en}[language]


def public_code(code: str) -> str:
    return "BEING_CHECKED" if code in INTERNAL else code
