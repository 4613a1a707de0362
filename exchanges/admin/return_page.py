"""The page of a return: what can be told there, and how those on it and what is said of them are shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, Final, NamedTuple

from django import forms

from exchanges import access, actions, lifecycle, sealed
from exchanges.admin import return_forms as told
from exchanges.admin.claim_forms import StatementForm
from exchanges.desk import badge
from exchanges.models import Return, ReturnPerson, ReturnStep
from exchanges.queries import Member, members_of
from people.actors import Actor
from people.models import Organisation

_WAY: Final = tuple(each for each in lifecycle.RETURN.statuses if each != Return.Status.FELL_THROUGH)


class ReturnClaimForm(StatementForm):
    about = forms.ChoiceField(label="About", required=False)
    field_order = ("about",)

    def __init__(
        self, *args: Any, group: Return, members: list[Member], ends: list[Organisation], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.subjects: dict[str, actions.Subject] = {"": group}
        labels = [("", "the return as a whole")]
        for count in group.counts.select_related("group", "stated_by").order_by("pk"):
            self.subjects[f"count-{count.pk}"] = count
            labels.append(
                (f"count-{count.pk}", f"the number {count.number} of {count.stated_by or count.source}")
            )
        for member in members:
            self.subjects[f"person-{member.row.pk}"] = member.row.person
            labels.append((f"person-{member.row.pk}", member.name))
        self.fields["about"].choices = labels  # type: ignore[attr-defined]

    def subject(self) -> actions.Subject:
        return self.subjects[self.cleaned_data["about"]]


class Act(NamedTuple):
    """A form on the page, and what is done with what it tells."""

    label: str
    form: type[Any]
    do: Callable[[Return, Any, Actor, datetime], str]


def step(group: Return, form: Any, by: Actor, now: datetime) -> str:
    given = form.cleaned_data
    group = actions.change_return(
        group, form.data.get("step", ""), happened_on=given["happened_on"],
        planned_on=given.get("planned_on"), reason=given.get("reason", ""), by=by, now=now,
    )  # fmt: skip
    return f"The return is now {group.get_status_display().lower()}."


def _name(group: Return, form: Any, by: Actor, now: datetime) -> str:
    if person := form.cleaned_data["reference"]:
        actions.name_person(group, person, by=by, now=now)
    else:
        actions.name_new(group, form.telling(), by=by, now=now)
    return "Named on this return."


def _aside(group: Return, form: Any, by: Actor, now: datetime) -> str:
    given = form.cleaned_data
    member = actions.change_person(
        given["member"], given["step"], happened_on=given["happened_on"], reason=given["reason"],
        by=by, now=now,
    )  # fmt: skip
    return f"They are now: {member.get_status_display()}."


def _of_member(state: Callable[..., Any]) -> Callable[[Return, Any, Actor, datetime], str]:
    def do(group: Return, form: Any, by: Actor, now: datetime) -> str:
        given = dict(form.cleaned_data)
        state(given.pop("member"), **given, by=by, now=now)
        return "Recorded. What was told before stands beside it."

    return do


def _of_group(state: Callable[..., Any]) -> Callable[[Return, Any, Actor, datetime], str]:
    def do(group: Return, form: Any, by: Actor, now: datetime) -> str:
        state(group, **form.cleaned_data, by=by, now=now)
        return "Recorded. What was told before stands beside it."

    return do


def _reply(group: Return, form: Any, by: Actor, now: datetime) -> str:
    given = dict(form.cleaned_data)
    actions.reply(given.pop("question"), **given, by=by, now=now)
    return "The reply is recorded; what it says is a claim or a count."


def _claim(group: Return, form: Any, by: Actor, now: datetime) -> str:
    actions.record_claim(form.subject(), form.statement(), by=by, now=now)
    return "The claim is recorded as reported."


ACTS: Final[Mapping[str, Act]] = {
    "person": Act("Name a person", told.PersonForm, _name),
    "wish": Act("Record a wish", told.WishForm, _of_member(actions.state_wish)),
    "where": Act("Record where somebody is", told.WhereForm, _of_member(actions.state_whereabouts)),
    "aside": Act("Somebody stays behind, or goes again", told.AsideForm, _aside),
    "count": Act("Record a count", told.CountForm, _of_group(actions.state_count)),
    "claim": Act("Record a claim", ReturnClaimForm, _claim),
    "ask": Act("Record that we asked", told.AskForm, _of_group(actions.ask)),
    "reply": Act("Record a reply", told.ReplyForm, _reply),
}
# Not among the forms below, but beside the buttons and the persons.
_ASIDE: Final[Mapping[str, type[Any]]] = {"step": told.StepForm, "look": told.LookForm}
_OF_MEMBERS: Final = ("wish", "where", "aside")


class Opened:
    """A return as its page shows it to an officer, read once for a request."""

    def __init__(self, group: Return, by: Actor) -> None:
        self.group, self.by = group, by

    @cached_property
    def members(self) -> list[Member]:
        rows = self.group.persons.select_related("person", "group").order_by("pk")
        return sorted(members_of(list(rows)), key=lambda member: member.name.casefold())

    @cached_property
    def ends(self) -> list[Organisation]:
        group = self.group
        named = (group.from_organisation, group.to_organisation, group.intermediary)
        return [end for end in named if end is not None]

    def form(self, what: str, data: Any = None) -> Any:
        kind: type[Any] = _ASIDE[what] if what in _ASIDE else ACTS[what].form
        return kind(
            data,
            prefix=None if what == "step" else what,
            group=self.group,
            members=self.members,
            ends=self.ends,
        )

    def offered(self) -> list[str]:
        """Return which acts make sense now, for whom they are."""
        acts = [name for name in ACTS if self.members or name not in _OF_MEMBERS]
        if self.by.organisation_id != self.group.organisation_id:
            acts.remove("person")
        if not self.group.questions.filter(reply=None).exists():
            acts.remove("reply")
        return acts


def keeps_back(member: Member) -> bool:
    return member.row.status == ReturnPerson.Status.WITH_GROUP and member.in_the_way is not None


def way(group: Return) -> list[tuple[str, str]]:
    """Return each stop and whether it is passed, now or ahead; one that fell through is at none."""
    here = _WAY.index(group.status) if group.status in _WAY else -1
    states = ["passed" if n < here else "now" if n == here else "ahead" for n in range(len(_WAY))]
    labels = (str(Return.Status(status).label) for status in _WAY)
    return list(zip(labels, states, strict=True))


def shown(opened: Opened, looked: bool) -> list[dict[str, Any]]:
    """Return the persons for the page; places and their own words only for a look that is recorded."""
    keys = sealed.keys_of([member.row.person_id for member in opened.members] if looked else [])
    ours = opened.by.organisation_id
    rows = []
    for member in opened.members:
        row, wish, where = member.row, member.wish, member.where
        hears = looked and wish is not None and access.reads_words([ours], wish)
        rows.append(
            {
                "member": member,
                "badge": badge(row),
                "own": row.person.organisation_id == ours,
                "words": sealed.opened(
                    keys.people.get(row.person_id), wish.sealed_words, sealed.WISH, wish.pk
                )
                if wish and hears
                else "",
                "place": sealed.opened(
                    keys.people.get(row.person_id), where.sealed_place, sealed.WHEREABOUTS, where.pk
                )
                if where and looked
                else "",
                "responsible": (where.responsible if where else None) or opened.group.responsible,
            }
        )
    return rows


def history(opened: Opened) -> list[tuple[ReturnStep, str, str]]:
    """Return (step, whose it is, what it says), newest first."""
    names = {member.row.pk: member.name for member in opened.members}
    labels = {**dict(Return.Status.choices), **dict(ReturnPerson.Status.choices)}
    rows = opened.group.steps.select_related("organisation").order_by("-pk")[:500]
    return [
        (row, names.get(row.member_id, "") if row.member_id else "the return", str(labels[row.status]))
        for row in rows
    ]
