"""What two versions of terms say differently, in words. No database."""

from dataclasses import dataclass

from exchanges.differences import Rule, Stay, Version, differences, only_texts

LIMITS = {
    "mass_min_g": 0, "mass_max_g": 5_000, "quota_per_prisoner": None, "second_look_share": "0.020",
    "books_apart": True,
}  # fmt: skip
DEADLINES = {"public_delay_days": 7, "refused_home_after_days": 30}
STAYS = {"cleared": Stay(3, 21, 45)}
SOAP = Rule("Soap", "limit", 2, None, "HYGIENE", "GC III", ("in words",))
BASE = Version(LIMITS, DEADLINES, STAYS, {"HYGIENE": SOAP})


@dataclass
class Said:
    about: str
    label: str
    change: str
    words: tuple[str, str]


def said(after: Version, before: Version = BASE) -> list[Said]:
    return [Said(each.about, each.label, each.change, each.words) for each in differences(before, after)]


def test_same_version_differs_in_nothing() -> None:
    assert differences(BASE, BASE) == []


def test_limits_are_told_with_their_units() -> None:
    after = BASE._replace(
        limits=LIMITS | {"mass_max_g": 10_000, "quota_per_prisoner": 1, "books_apart": False}
    )
    assert said(after) == [
        Said("limit", "greatest mass", "changed", ("5,000 g", "10,000 g")),
        Said("limit", "quota for a prisoner", "changed", ("none", "1 parcel a round")),
        Said("limit", "books in parcels of their own", "changed", ("yes", "no")),
    ]


def test_deadlines_and_stays_are_told_in_days() -> None:
    after = BASE._replace(deadlines=DEADLINES | {"public_delay_days": 10}, stays={"cleared": Stay(3, 21, 60)})
    assert said(after) == [
        Said(
            "deadline", "delay until families read what happens on the way", "changed",
            ("7 days", "10 days"),
        ),
        Said(
            "stay", "stay in cleared", "changed",
            ("usually 3 to 21 days, at most 45", "usually 3 to 21 days, at most 60"),
        ),
    ]  # fmt: skip


def test_rules_are_added_removed_and_changed() -> None:
    knife = Rule("Knives", "prohibit", None, None, "SHARP", "")
    soap = SOAP._replace(max_count=None, max_mass_g=500)
    assert said(BASE._replace(rules={"HYGIENE": soap, "SHARP": knife})) == [
        Said(
            "rule", "Soap", "changed",
            (
                "limit: HYGIENE (GC III), at most 2 pieces a parcel",
                "limit: HYGIENE (GC III), at most 500 g a parcel",
            ),
        ),
        Said("rule", "Knives", "added", ("none", "prohibit: SHARP")),
    ]  # fmt: skip
    assert said(BASE._replace(rules={})) == [
        Said("rule", "Soap", "removed", ("limit: HYGIENE (GC III), at most 2 pieces a parcel", "none"))
    ]


def test_change_of_texts_alone_is_told_as_such() -> None:
    (texts,) = differences(BASE, BASE._replace(rules={"HYGIENE": SOAP._replace(texts=("otherwise",))}))
    (verdict,) = differences(BASE, BASE._replace(rules={"HYGIENE": SOAP._replace(verdict="allow")}))
    assert (only_texts(texts), only_texts(verdict)) == (True, False)
