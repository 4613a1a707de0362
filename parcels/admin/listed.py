"""A round's addressees as a list, and settling those whom the holding side has on its own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from exchanges.actions import settle_addressees
from exchanges.models import Round, SettledAddressee
from parcels.access import Relation
from parcels.admin.reading import Reader, reader_of
from parcels.lifecycle import END
from parcels.models import Parcel
from people import lists, processing
from people.actors import announce
from people.desk import audit, page, require
from people.models import (
    ComparedRow,
    Fact,
    ListComparison,
    Organisation,
    Person,
    PersonKey,
    PrisonerList,
    Purpose,
)
from people.queries import facts_of


class RoundForm(forms.Form):
    round = forms.ModelChoiceField(queryset=Round.objects.none(), empty_label="—")

    def __init__(self, *args: Any, rounds: QuerySet[Round], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["round"].queryset = rounds  # type: ignore[attr-defined]


def list_of_round(request: HttpRequest) -> HttpResponse:
    """Make a list of the addressees of a round's parcels, to put beside the holding side's."""
    reader = reader_of(request)
    require(reader.may("people.add_prisonerlist"))
    sent = Round.objects.filter(pk__in=reader.as_relation(Relation.SENDING)).order_by("-opens_on")
    form = RoundForm(request.POST if request.method == "POST" else None, rounds=sent)
    if form.is_valid():
        made = _made(reader, form.cleaned_data["round"])
        if made is not None:
            messages.success(request, "The list is made. Compare it with the holding side's.")
            return HttpResponseRedirect(reverse("admin:people_prisonerlist_change", args=[made.pk]))
        form.add_error("round", "It has no parcel on its way.")
    status = 400 if form.errors else 200
    return page(
        request, "admin/parcels/list_of_round.html", "A round's addressees", {"form": form}, status=status
    )


def _made(reader: Reader, round_: Round) -> PrisonerList | None:
    addressed = Parcel.objects.filter(round=round_).exclude(status__in=END).values("recipient")
    people = list(Person.objects.filter(pk__in=addressed).order_by("pk"))
    stopped = processing.stopped([person.pk for person in people], Purpose.VERIFICATION)
    people = [person for person in people if person.pk not in stopped]
    entries, records = [], {}
    for number, person in enumerate(people, 2):
        if (entry := _entry(number, person)) is not None:
            entries.append(entry)
            records[number] = person.pk
    if not entries:
        return None
    now = timezone.now()
    with transaction.atomic():
        audit(reader.staff, "list_addressees", "person", records.values())
        return lists.keep_list(
            entries,
            title=f"Addressees of round {round_.reference}",
            stated_on=timezone.localdate(),
            stated_by=Organisation.objects.get(pk=round_.sending_id),
            by=reader.actor,
            now=now,
            people=records,
        )


def _entry(number: int, person: Person) -> lists.Entry | None:
    """Return the newest of each; None for one who was erased."""
    try:
        told = {fact.kind: text for fact, text in reversed(facts_of(person))}
    except PersonKey.DoesNotExist:
        return None
    name = told.get(Fact.Kind.NAME, "")
    return lists.Entry(
        number, name, told.get(Fact.Kind.BIRTH_DATE, ""), told.get(Fact.Kind.SERVICE_NUMBER, "")
    )


def settle_listed(request: HttpRequest, comparison_id: int) -> HttpResponse:
    """Settle for a round's holding side those of its addressees who are on both lists."""
    reader = reader_of(request)
    require(reader.may("people.view_listcomparison") and reader.may("exchanges.add_settledaddressee"))
    comparison = ListComparison.objects.filter(pk=comparison_id, office=reader.organisation).first()
    if comparison is None:
        raise Http404
    both = _both(comparison)
    waiting = _waiting(reader, comparison, both)
    if request.method == "POST":
        count = _settle(reader, {(person, holding) for person, holding, _ in waiting})
        messages.success(request, f"{count} settled: they are on the round's list.")
        return HttpResponseRedirect(reverse("admin:people_listcomparison_change", args=[comparison.pk]))
    context = {
        "comparison": comparison,
        "waiting": waiting,
        "both": len(both),
        "holding": Organisation.objects.get(pk=comparison.theirs.stated_by_id),
    }
    return page(request, "admin/parcels/settle_listed.html", "Settle who is on both lists", context)


def _both(comparison: ListComparison) -> set[int]:
    rows = ComparedRow.objects.filter(comparison=comparison, kind="both", ours__person__isnull=False)
    return set(rows.values_list("ours__person", flat=True))


def _waiting(reader: Reader, comparison: ListComparison, both: set[int]) -> list[tuple[int, int, str]]:
    """Return (person, holding side, reference) of those not settled for the side whose list it is."""
    rounds = reader.as_relation(Relation.SENDING)
    addressed = Parcel.objects.filter(
        round__in=rounds, round__holding=comparison.theirs.stated_by_id, recipient__in=both
    ).exclude(status__in=END)
    settled = SettledAddressee.objects.filter(holding=comparison.theirs.stated_by_id)
    ends = addressed.exclude(recipient__in=settled.values("person"))
    return sorted(set(ends.values_list("recipient", "round__holding", "recipient__reference")))


def _settle(reader: Reader, ends: set[tuple[int, int]]) -> int:
    with transaction.atomic():
        announce(reader.actor)
        audit(reader.staff, "settle_on_list", "person", sorted(person for person, _ in ends))
        return settle_addressees(
            ends, SettledAddressee.How.ON_LIST, staff_id=reader.staff.pk, now=timezone.now()
        )
