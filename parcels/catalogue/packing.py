"""What a container, a way of keeping, or a material makes of the thing it goes with."""

from collections.abc import Iterable, Set
from typing import NamedTuple

from parcels.catalogue.reading import Head


class Change(NamedTuple):
    role: str
    of: tuple[str, ...]
    """Beginnings of the categories it touches."""
    into: str
    """Empty: the category stays."""
    sure: bool


_RAW = ("FOOD_NEEDS_COOKING",)
_FRESH = ("FOOD_PERISHABLE",)
_KEPT = ("FOOD_DRY", "FOOD_SWEETS", "FOOD_TEA_COFFEE", "FOOD_SEASONAL", "FOOD_VACUUM")

# In this order: first how it was made, then how it was put up, then what it is packed in.
_CHANGES = (
    Change("instant", (*_RAW, *_FRESH, "FOOD_DRY"), "FOOD_DRY", True),
    Change("dried", _FRESH, "FOOD_DRY", True),
    Change("dried", (*_RAW, "FOOD_SEASONAL"), "FOOD_VACUUM", False),
    Change("smoked", (*_RAW, *_FRESH), "FOOD_VACUUM", False),
    Change("cooked", _RAW, "FOOD_PERISHABLE", True),
    Change("pickled", _FRESH, "FOOD_HOME_PRESERVED", False),
    Change("pickled", _RAW, "FOOD_PERISHABLE", False),
    Change("home", ("FOOD_TIN", "FOOD_GLASS", "FOOD_HOME_PRESERVED"), "FOOD_HOME_PRESERVED", True),
    Change("home", _KEPT, "", False),
    Change("vacuum", ("FOOD_VACUUM",), "FOOD_VACUUM", True),
    Change("vacuum", _FRESH, "FOOD_VACUUM", False),
    Change("vacuum", _RAW, "", False),
    Change("soft", ("FOOD_TIN", "FOOD_GLASS"), "", False),
    Change("jar", _KEPT, "", False),
    Change("glass", ("FOOD_",), "FOOD_GLASS", True),
    Change("glass", ("HYGIENE", "MEDICINE"), "", False),
    Change("tin", ("FOOD_",), "FOOD_TIN", True),
    Change("expired", ("FOOD_",), "FOOD_PERISHABLE", True),
    Change("military", ("CLOTHING", "UNDERWEAR"), "CLOTHING_MILITARY", True),
    Change("precious", ("RELIGIOUS",), "MONEY", True),
    Change("spirit", ("HYGIENE", "ALCOHOL"), "ALCOHOL", True),
    Change("spirit", ("MEDICINE",), "ALCOHOL", False),
    Change("spray", ("HYGIENE", "MEDICINE"), "", False),
    Change("toy", ("WEAPON", "ELECTRONICS", "OPTICS", "MONEY"), "", False),
)
# Butter and cooked sausage are sure; what else keeps for a season keeps in a vacuum pack.
_SOME_SAUSAGE_OR_CHEESE = Head("FOOD_SEASONAL", sure=False)
_ALONE = {
    "glass": Head("FOOD_GLASS", sure=False),
    "tin": Head("FOOD_TIN", sure=False),
    "spirit": Head("ALCOHOL", sure=True),
    "military": Head("CLOTHING_MILITARY", sure=False),
    "expired": Head("FOOD_PERISHABLE", sure=False),
    "instant": Head("FOOD_DRY", sure=False),
    "precious": Head("MONEY", sure=False),
}


def packed(head: Head, roles: Set[str]) -> Head:
    if "vacuum" in roles and head == _SOME_SAUSAGE_OR_CHEESE:
        return Head("FOOD_VACUUM", sure=True)
    for change in _CHANGES:
        if change.role in roles and head.category.startswith(change.of):
            head = _changed(head, change, roles)
    return head


def alone(roles: Iterable[str]) -> list[Head]:
    """What a description names that tells of nothing but its packing or make."""
    return [_ALONE[role] for role in sorted(roles) if role in _ALONE]


def _changed(head: Head, change: Change, roles: Set[str]) -> Head:
    if change.role == "jar" and roles & {"soft", "glass", "tin"}:
        return head
    return Head(change.into or head.category, change.sure)
