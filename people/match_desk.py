"""The queue of possible matches: two records side by side, what speaks for one person and what against it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from django.contrib import admin, messages
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from people import approvals, deciding, groups, rights
from people.actors import Actor
from people.deciding import DIFFERENT, SAME, TAKE_BACK, NothingToDecide
from people.desk import ReadOnlyDesk, audit, page, require, staff_of
from people.models import Approval, Fact, MatchStatement, Person, PersonKey, PossibleMatch, Staff
from people.names import to_latin
from people.opening import How, opened
from people.queries import facts_of, names_of
from people.resemblance import WORDS, speaks_for
from people.signin import fresh

_SHOWN_FACTS: Final = (Fact.Kind.NAME, Fact.Kind.BIRTH_DATE, Fact.Kind.SERVICE_NUMBER)
_SAID: Final = {
    SAME: "one person",
    DIFFERENT: "two persons",
    TAKE_BACK: "what was said is taken back, and the question is open again",
}
_REJECTIONS: Final = (
    ("not_enough", "not enough is known"),
    ("mistaken", "it is a mistake"),
    ("changed", "something has changed since"),
)


class Told(NamedTuple):
    """A fact of one record, and how a label would write it where it is a name."""

    kind: str
    text: str
    latin: str
    fact: Fact


class Side(NamedTuple):
    person: Person
    facts: list[Told] | None
    is_ours: bool


class StateFilter(admin.SimpleListFilter):
    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "waits for an answer"), ("answered", "answered")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "answered":
            return queryset.exclude(settled_at=None)
        return queryset.filter(settled_at=None) if self.value() == "open" else queryset


@admin.register(PossibleMatch)
class PossibleMatchAdmin(ReadOnlyDesk):
    list_display = ("question", "names", "speaks", "office", "found_at", "state")
    list_filter = (StateFilter,)
    show_facets = admin.ShowFacets.NEVER
    list_select_related = ("office",)
    sortable_by = ()
    ordering = ("settled_at", "-pk")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(ask)
        return [path("ask/<int:person_id>/", view, name="people_match_ask"), *super().get_urls()]

    def mine(self, request: HttpRequest) -> Q:
        return Q(office__in=rights.organisations(staff_of(request), "people.view_possiblematch"))

    def get_queryset(self, request: HttpRequest) -> Any:
        # What waits comes first; among it, what came last.
        return super().get_queryset(request).order_by(F("settled_at").desc(nulls_first=True), "-pk")

    def get_ordering(self, request: HttpRequest) -> Any:
        return ()

    @admin.display(description="question")
    def question(self, match: PossibleMatch) -> int:
        return match.pk

    @admin.display(description="records")
    def names(self, match: Any) -> str:
        return str(match.initials)

    @admin.display(description="speaks against it")
    def speaks(self, match: PossibleMatch) -> str:
        return "; ".join(WORDS[code] for code in match.reasons if not speaks_for(code)) or "nothing"

    @admin.display(description="state")
    def state(self, match: PossibleMatch) -> str:
        return "answered" if match.settled_at else "waits for two people"

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        found = super().get_changelist_instance(request)
        rows = list(found.result_list)
        names = names_of(end for row in rows for end in (row.person_id, row.other_id))
        for row in rows:
            ends = (_initials(names.get(end, "")) for end in (row.person_id, row.other_id))
            row.initials = " and ".join(ends)
        found.result_list = rows
        return found

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        require(self.has_view_permission(request))
        match: PossibleMatch = self.get_object(request, object_id)
        here = reverse("admin:people_possiblematch_change", args=[match.pk])
        if request.method == "POST":
            _take(request, match)
            return HttpResponseRedirect(here)
        staff = staff_of(request)
        audit(staff, "open_match", "match", [match.pk])
        opened(_acting(staff, match), (match.person_id, match.other_id), How.PAGE)
        people = Person.objects.select_related("organisation").in_bulk([match.person_id, match.other_id])
        said, open_ = deciding.said_of(match), _open(match)
        context = {
            "match": match,
            "sides": [_side(people[pk], match.office_id) for pk in (match.person_id, match.other_id)],
            "for": [WORDS[code] for code in match.reasons if speaks_for(code)],
            "against": [WORDS[code] for code in match.reasons if not speaks_for(code)],
            "said": MatchStatement.Says(said).label if said else "",
            "history": deciding.history(match),
            "open": open_,
            "proposed": _SAID[open_.act] if open_ else "",
            "mine": bool(open_ and open_.proposed_by_id == staff.pk),
            "answers": _answers(said),
            "rejections": _REJECTIONS,
        }
        return page(request, "admin/people/match.html", f"Possible match {match.pk}", context)


def ask(request: HttpRequest, person_id: int) -> HttpResponse:
    """Put the question by hand: a record of the office, and the reference of another."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    staff = staff_of(request)
    ours = Person.objects.filter(organisation__in=rights.organisations(staff, "people.change_possiblematch"))
    person = ours.filter(pk=person_id).first()
    require(person is not None)
    assert person is not None  # noqa: S101  for the type checker
    # A record of another office, and none at all, read alike.
    reference = request.POST.get("reference", "").strip().lower()
    other = ours.filter(organisation=person.organisation_id, reference=reference).first()
    by = Actor(
        "staff",
        person.organisation_id,
        rights.roles_in(staff, person.organisation_id),
        staff_id=staff.pk,
    )
    try:
        match = deciding.ask_about(person, other or person, by=by, now=timezone.now())
    except NothingToDecide as why:
        messages.error(request, str(why))
        return HttpResponseRedirect(reverse("admin:people_person_change", args=[person.pk]))
    return HttpResponseRedirect(reverse("admin:people_possiblematch_change", args=[match.pk]))


def _initials(name: str) -> str:
    return " ".join(f"{word[0]}." for word in name.split()) or "erased"


def _open(match: PossibleMatch) -> Approval | None:
    waiting = Approval.objects.filter(subject_kind=deciding.SUBJECT, subject=match.pk, decision=None)
    return waiting.select_related("proposed_by").first()


def _answers(said: str | None) -> list[tuple[str, str]]:
    """Return what may be proposed now, and what its button says."""
    answers = [(SAME, "They are one person"), (DIFFERENT, "They are two persons")]
    left = [answer for answer in answers if said is None or answer[0] != _act_of(said)]
    return left if said in (None, groups.Says.WITHDRAWN) else [*left, (TAKE_BACK, "Take back what was said")]


def _act_of(said: str) -> str:
    return {"same": SAME, "different": DIFFERENT, "withdrawn": TAKE_BACK}[said]


def _side(person: Person, office: int) -> Side:
    return Side(person, _told(person), person.organisation_id == office)


def _told(person: Person) -> list[Told] | None:
    """Return what a match is about, and nothing else of the record; None once it was erased."""
    try:
        facts = facts_of(person)
    except PersonKey.DoesNotExist:
        return None
    shown = [(fact, text) for fact, text in facts if fact.kind in _SHOWN_FACTS]
    return [
        Told(fact.kind.replace("_", " "), text, _latin(fact, text), fact)
        for fact, text in sorted(shown, key=lambda each: _SHOWN_FACTS.index(each[0].kind))
    ]


def _latin(fact: Fact, text: str) -> str:
    latin = to_latin(text) if fact.kind == Fact.Kind.NAME else text
    return latin if latin != text else ""


def _take(request: HttpRequest, match: PossibleMatch) -> None:
    staff = staff_of(request)
    require(match.office_id in rights.organisations(staff, "people.change_possiblematch"))
    by = _acting(staff, match, fresh=fresh.is_fresh(request))
    try:
        messages.success(request, _told_to(request, match, by))
    except approvals.NotYours:
        messages.error(request, "Who proposed it cannot decide it.")
    except approvals.NotOpen:
        messages.info(request, "This was decided meanwhile, or an answer waits for a second person already.")
    except NothingToDecide as why:
        messages.info(request, str(why))


def _acting(staff: Staff, match: PossibleMatch, *, fresh: bool = False) -> Actor:
    roles = rights.roles_in(staff, match.office_id)
    return Actor("staff", match.office_id, roles, staff_id=staff.pk, fresh=fresh)


def _told_to(request: HttpRequest, match: PossibleMatch, by: Actor) -> str:
    now, act, open_ = timezone.now(), request.POST.get("act", ""), _open(match)
    if act in deciding.ACTS:
        deciding.propose(match, act, by=by, now=now)
        return f"Proposed: {_SAID[act]}. It waits for a second person."
    if open_ is None or str(open_.pk) != request.POST.get("approval"):
        raise approvals.NotOpen
    if act == "confirm":
        approvals.confirm(open_.pk, by=by, now=now)
        return f"Confirmed: {_SAID[open_.act]}."
    reason = request.POST.get("reason", "")
    if reason not in dict(_REJECTIONS):
        raise NothingToDecide("Say why it is rejected.")
    approvals.reject(open_.pk, by=by, reason=reason, now=now)
    return "Rejected. Nothing is said of the two."


class Linked(NamedTuple):
    """A record that the office holds to be the person too; no statement where it is so through a third."""

    person: Person
    name: str
    ours: bool
    statement: MatchStatement | None
    question: int | None


class Also(NamedTuple):
    records: list[Linked]
    open: list[int]
    may_ask: bool = False


def also_on_record(person: Person, office: int | None) -> Also:
    """Return what the office holds to be this person too, and which questions on it wait."""
    if office is None:
        return Also([], [])
    ends = Q(person=person) | Q(other=person)
    others = Person.objects.select_related("organisation").in_bulk(groups.same_as(person.pk, office))
    names = names_of(others)
    newest = _by_other(person, MatchStatement.objects.filter(ends, office=office).order_by("pk"))
    questions = list(PossibleMatch.objects.filter(ends, office=office).order_by("pk"))
    asked = _by_other(person, questions)
    records = [
        Linked(
            other,
            names.get(pk, "erased"),
            other.organisation_id == office,
            newest.get(pk),
            asked[pk].pk if pk in asked else None,
        )
        for pk, other in sorted(others.items())
    ]
    open_ = [each.pk for each in questions if each.settled_at is None]
    return Also(records, open_, person.organisation_id == office)


def _by_other(person: Person, rows: Iterable[Any]) -> dict[int, Any]:
    return {row.other_id if row.person_id == person.pk else row.person_id: row for row in rows}
