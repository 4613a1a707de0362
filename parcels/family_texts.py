"""What a family reads: plain words for each status, for the proof of receipt, and the picture of the way.

The parcel is "she" in two of the three languages and the reader is nobody in particular: no sentence here
names a gender, a place, a carrier, or a cause.
"""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

# 22 November 2026, with the month's name as each language declines it.
DATE: Final = "j E Y"


class Wording(NamedTuple):
    """One status: its name, what it means, what happens next, what the reader can do."""

    word: Promise
    meaning: Promise
    next: Promise
    do: Promise


_NOTHING_TO_DO: Final = _("There is nothing you need to do now.")
_END_OF_WAY: Final = _("This parcel has come to the end of its way.")

WORDINGS: Final = {
    "registered": Wording(
        _("Registered"),
        _("The parcel is on our list. It has not been handed in yet."),
        _("When you bring it to the collection point, it is weighed and taken in."),
        _(
            "Bring the parcel while the collection is open. If something inside has changed since you"
            " declared it, just say so at the counter."
        ),
    ),
    "taken_in": Wording(
        _("Taken in"),
        _("The parcel has been weighed and is with us."),
        _("Next we compare the list of what is inside with what may travel."),
        _NOTHING_TO_DO,
    ),
    "being_checked": Wording(
        _("Being checked"),
        _("A person is looking at this parcel. This happens to many parcels and says nothing against yours."),
        _("After that it may travel, or we tell you here what needs to change."),
        _NOTHING_TO_DO,
    ),
    "needs_attention": Wording(
        _("Needs your attention"),
        _("The parcel was not accepted as packed. It is with us."),
        _("When it has been repacked, we check it again. Otherwise it comes back to you."),
        _(
            "Contact us or come to the collection point: together we find what to take out or replace."
            " If you think this is a mistake, say so, and it will be looked at again."
        ),
    ),
    "checked": Wording(
        _("Checked"),
        _("The check is done and the parcel may travel."),
        _(
            "Next it leaves together with the others of its round. To keep the way safe, we show this only"
            " some days later."
        ),
        _NOTHING_TO_DO,
    ),
    "on_the_way": Wording(
        _("On the way"),
        _("The parcel has left and travels under seal."),
        _(
            "Next it is handed over to the holding side. To keep the way safe, we show this only some days"
            " later, and never the route."
        ),
        _NOTHING_TO_DO,
    ),
    "with_holding_side": Wording(
        _("With the holding side"),
        _("The holding side has taken the parcel over. This does not mean yet that it has been received."),
        _(
            "There it is examined and is to be given to the person it is for. We show receipt only when it is"
            " reported."
        ),
        _(
            "There is nothing you need to do now. If a reply reaches you, please tell us: it is the best"
            " proof there is."
        ),
    ),
    "receipt_reported": Wording(
        _("Receipt reported"),
        _(
            "We have been told that the parcel was received. It is not yet confirmed by the free word of the"
            " person it is for."
        ),
        _(
            "If such a word reaches us, you will read it here. It does not always come, and that alone means"
            " nothing bad."
        ),
        _(
            "If a reply reaches you, please tell us. If you hear that the parcel did not arrive, tell us too:"
            " we will follow it up."
        ),
    ),
    "received": Wording(
        _("Received"),
        _("The parcel was received. The person it is for has said so, freely."),
        _END_OF_WAY,
        _("If you hear otherwise, from anyone, please tell us. We will follow it up."),
    ),
    "not_delivered": Wording(
        _("Not delivered"),
        _(
            "The parcel could not be given to the person it is for. This tells about the parcel, and nothing"
            " more."
        ),
        _("It may be offered once more, or it comes back. You will read here which."),
        _("Ask us whatever you want to know. A person of our office will talk with you."),
    ),
    "coming_back": Wording(
        _("Coming back"),
        _("The parcel is on its way back to you."),
        _("When it is here again, you will read it here."),
        _("Check that we have a phone number or an address that works. Ask us if you want to know more."),
    ),
    "returned": Wording(
        _("Returned"),
        _("The parcel has been given back."),
        _END_OF_WAY,
        _("If you want to send a new one, ask us about the next collection."),
    ),
    "closed": Wording(
        _("Closed"),
        _(
            "This parcel does not travel any further. What happened to it should be told by a person and not"
            " by a page."
        ),
        _("A person of our office will speak with you, when it suits you, and tell you what is known."),
        _("If you have not been reached yet, or want to talk again, please contact us."),
    ),
    "being_traced": Wording(
        _("Being traced"),
        _(
            "We do not know at this moment where the parcel is. We are asking everyone who has had it in"
            " their hands."
        ),
        _(
            "When it is found, you will read it here. If it is not, a person of our office will speak with"
            " you."
        ),
        _("If you know anything about the parcel, please tell us."),
    ),
    "cancelled": Wording(
        _("Withdrawn"),
        _("The parcel was withdrawn before it was handed in."),
        _("Nothing more happens with this entry."),
        _("If you want to send a parcel, ask us about the next collection."),
    ),
}

NOT_FOUND: Final = _(
    "We did not find a parcel with this code. Please check every sign against your slip: a letter left out"
    " or mistyped is the usual reason. If it still does not work, ask the office that gave you the slip."
)
EMPTY: Final = _("Please type the code from your slip.")
TOO_MANY: Final = _(
    "There were many wrong tries from your network. Please wait a minute, check the code against your slip"
    " and try again."
)
STAYED_BEHIND: Final = _("It waits for a later round, or comes back to you if you wish.")
RATHER_BACK: Final = _("If you would rather have it back, please tell us.")

GRADES: Final = {
    "own_reply": _("The person it is for has replied in their own words."),
    "own_word_private": _("The person it is for has said so in private, with nobody listening."),
    "own_word": _("The person it is for has said so, but not in private."),
    "representative": _("The prisoners' own representative has said so."),
    "holding_list": _("It stands on a list of the holding side. We have no other proof."),
    "photo": _("There is a photo of the parcel. We have no other proof."),
    "none": _("It was reported without proof."),
}
COMPLETENESS: Final = {
    "yes": _("Everything that was sent is said to have arrived."),
    "partly": _("Part of what was sent is said to be missing."),
    "unknown": _("Whether everything arrived is not known."),
}

WAY: Final = ("registered", "taken_in", "checked", "on_the_way", "with_holding_side", "received")
# Where a status that is not on the straight way stands: after how many of its steps, and what may still come.
_ASIDE: Final = {
    "being_checked": (2, WAY[2:]),
    "needs_attention": (2, WAY[2:]),
    "receipt_reported": (5, WAY[5:]),
    "coming_back": (None, ("returned",)),
}


class Place(StrEnum):
    DONE = "done"
    NOW = "now"
    AHEAD = "ahead"


PLACES: Final = {Place.DONE: _("done"), Place.NOW: _("now"), Place.AHEAD: _("still ahead")}


class Step(NamedTuple):
    """One dot of the picture."""

    word: Promise
    place: Place
    place_word: Promise


def way(statuses: Sequence[str]) -> list[Step]:
    """Return the picture of the way for a timeline's statuses, oldest first, the last being today's."""
    now = statuses[-1]
    if now in WAY:
        done, ahead = WAY[: WAY.index(now)], WAY[WAY.index(now) + 1 :]
    else:
        count, ahead = _ASIDE.get(now, (None, ()))
        done = WAY[: _reached(statuses) if count is None else count]
    places = [(s, Place.DONE) for s in done] + [(now, Place.NOW)] + [(s, Place.AHEAD) for s in ahead]
    return [Step(WORDINGS[status].word, place, PLACES[place]) for status, place in places]


def _reached(statuses: Sequence[str]) -> int:
    """How many steps of the straight way were ever made."""
    return max((WAY.index(status) + 1 for status in statuses if status in WAY), default=0)


def date_text(day: date) -> str:
    return date_format(day, DATE)


def since_text(since_on: date) -> str:
    shown = {"date": date_text(since_on)}
    if since_on.day == 2:  # Russian says "со второго", and "с" before every other day
        return pgettext("the second of a month", "since %(date)s") % shown
    return gettext("since %(date)s") % shown


def days_text(days: int) -> str:
    return ngettext("%(days)s day", "%(days)s days", days) % {"days": days} if days else gettext("today")


def usual_text(usual_days: tuple[int, int] | None) -> str:
    if usual_days is None:
        return ""
    low, high = usual_days
    shown = {"low": low, "high": high}
    if low == high:
        return (
            ngettext("It usually takes about %(high)s day.", "It usually takes about %(high)s days.", high)
            % shown
        )
    if low == 0:
        return (
            ngettext("It usually takes up to %(high)s day.", "It usually takes up to %(high)s days.", high)
            % shown
        )
    return (
        ngettext(
            "It usually takes %(low)s to %(high)s day.", "It usually takes %(low)s to %(high)s days.", high
        )
        % shown
    )


def behind(wording: Wording) -> Wording:
    """Return the words for a parcel whose round has left without it."""
    do = RATHER_BACK if wording.do is _NOTHING_TO_DO else wording.do
    return wording._replace(next=STAYED_BEHIND, do=do)
