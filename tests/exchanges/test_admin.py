"""The pages of agreements, terms and rounds."""

from datetime import date
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client

from exchanges.actions import make_round
from exchanges.models import Agreement, ContentRule, Round, Terms
from people.models import Approval, Staff
from tests.factories import World, organisation, staff, world
from tests.signing_in import signed_in


@pytest.fixture
def w(db: None) -> World:
    return world()


def messages(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def step(member: Staff, page: str, pk: int, name: str) -> Any:
    return signed_in(member).post(f"/admin/exchanges/{page}/{pk}/step/", {"step": name}, follow=True)


def fields(client: Client, url: str) -> dict[str, Any]:
    """Return what the stock form would send unchanged."""
    context = client.get(url).context
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.initial_forms]
    return {field.html_name: field.value() for form in forms for field in form if field.value() is not None}


def another(w: World, status: str, reference: str = "october") -> Round:
    return make_round(
        reference=reference, agreement=w.terms.agreement, terms=w.terms, sending=w.south, holding=w.north,
        status=status, target=10, opens_on=date(2026, 10, 1), closes_on=date(2026, 10, 31),
        collection_point="Counter 9",
    )  # fmt: skip


def test_version_in_force_is_read_only(w: World) -> None:
    url = f"/admin/exchanges/terms/{w.terms.pk}/change/"
    ivo = signed_in(w.ivo)
    shown = ivo.get(url)
    assert (shown.context["has_change_permission"], shown.context["steps"]) == (
        False, [("next", "Make a new version from this one")],
    )  # fmt: skip
    assert ivo.post(url, {"mass_max_g": 1}).status_code == HTTPStatus.FORBIDDEN
    assert Terms.objects.get().mass_max_g == 10_000


def test_new_version_is_made_changed_and_proposed(w: World) -> None:
    told = step(w.ivo, "terms", w.terms.pk, "next")
    draft = Terms.objects.get(version=2)
    url = f"/admin/exchanges/terms/{draft.pk}/change/"
    assert told.redirect_chain == [(url, HTTPStatus.FOUND)]
    ivo = signed_in(w.ivo)
    rule = ContentRule.objects.get(terms=draft, category="FOOD_TIN")
    sent = fields(ivo, url)
    place = next(name for name, value in sent.items() if value == "FOOD_TIN").removesuffix("category")
    sent |= {"mass_max_g": 9_000, f"{place}verdict": "prohibit"}
    assert ivo.post(url, sent).status_code == HTTPStatus.FOUND
    draft.refresh_from_db()
    rule.refresh_from_db()
    assert (draft.mass_max_g, rule.verdict) == (9_000, "prohibit")
    assert messages(step(w.ivo, "terms", draft.pk, "propose")) == [
        "Proposed. Another officer puts it in force."
    ]
    assert messages(step(w.gita, "terms", draft.pk, "propose")) == [
        "This is proposed already and waits for a second officer."
    ]
    assert (Approval.objects.get().act, Terms.objects.get(version=2).status) == ("terms_in_force", "draft")


@pytest.mark.parametrize("who", ["amina", "bruno", "elena", "farid"])
def test_others_change_no_terms(w: World, who: str) -> None:
    member = getattr(w, who)
    answer = step(member, "terms", w.terms.pk, "next")
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert Terms.objects.count() == 1


def test_agreement_is_suspended_and_resumed_by_buttons(w: World) -> None:
    agreement = w.terms.agreement
    url = f"/admin/exchanges/agreement/{agreement.pk}/change/"
    assert messages(step(w.ivo, "agreement", agreement.pk, "suspended")) == [
        "The agreement is now suspended."
    ]
    assert ("in_force", "Resume") in signed_in(w.ivo).get(url).context["steps"]
    assert messages(step(w.gita, "agreement", agreement.pk, "in_force")) == ["The agreement is now in force."]
    assert messages(step(w.gita, "agreement", agreement.pk, "draft")) == [
        "An agreement that is in force cannot become draft."
    ]
    assert Agreement.objects.get().status == "in_force"


def test_status_and_what_was_signed_are_not_in_the_form(w: World) -> None:
    shown = signed_in(w.ivo).get(f"/admin/exchanges/agreement/{w.terms.agreement_id}/change/")
    assert sorted(shown.context["adminform"].form.fields) == ["signed_on", "valid_until"]
    shown = signed_in(w.ivo).get(f"/admin/exchanges/round/{w.round.pk}/change/")
    assert sorted(shown.context["adminform"].form.fields) == [
        "closes_on", "collection_point", "mirror", "open_to_public", "target",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "editable"),
    [
        ("agreed", ["closes_on", "collection_point", "mirror", "open_to_public", "opens_on", "target"]),
        ("postponed", ["collection_point", "mirror", "open_to_public", "target"]),
        ("closed", ["mirror"]),
        ("reported", []),
        ("cancelled", []),
    ],
)
def test_round_is_told_anew_as_far_as_it_makes_sense(w: World, status: str, editable: list[str]) -> None:
    round_ = another(w, status)
    shown = signed_in(w.ivo).get(f"/admin/exchanges/round/{round_.pk}/change/")
    assert sorted(shown.context["adminform"].form.fields) == editable


def tell(member: Staff, round_: Round, name: str, **told: str) -> Any:
    url = f"/admin/exchanges/round/{round_.pk}/tell/{name}/"
    return signed_in(member).post(url, told, follow=True)


def test_round_is_postponed_put_off_further_and_resumed(w: World) -> None:
    told = {"reason": "transport", "document": "Note 7", "on": "2027-01-10", "closes_on": "2027-01-31"}
    assert messages(tell(w.ivo, w.round, "postpone", **told)) == ["The round is postponed."]
    shown = signed_in(w.ivo).get(f"/admin/exchanges/round/{w.round.pk}/change/")
    assert [label for _, label in shown.context["step_links"]] == ["Put off further", "Resume", "Cancel"]
    assert "there is no transport" in shown.content.decode()
    tell(w.gita, w.round, "postpone", **(told | {"reason": "weather", "on": "2027-01-20"}))
    assert messages(tell(w.gita, w.round, "resume", on="2027-01-20", closes_on="2027-02-10")) == [
        "The round goes on: it is now collecting."
    ]
    w.round.refresh_from_db()
    assert (str(w.round.closes_on), w.round.changes.count()) == ("2027-02-10", 3)


def test_what_is_missing_or_out_of_order_is_asked_again_with_what_was_typed(w: World) -> None:
    told = {"reason": "", "on": "2027-01-10", "closes_on": "2027-01-09"}
    answer = tell(w.ivo, w.round, "postpone", **told)
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert sorted(answer.context["form"].errors) == ["closes_on", "reason"]
    assert 'value="2027-01-10"' in answer.content.decode()
    assert (Round.objects.get().status, w.round.changes.count()) == ("collecting", 0)


@pytest.mark.parametrize(
    ("who", "status"),
    [("amina", HTTPStatus.FORBIDDEN), ("dawit", HTTPStatus.FORBIDDEN), ("elena", HTTPStatus.FORBIDDEN)],
)
def test_only_officers_postpone(w: World, who: str, status: HTTPStatus) -> None:
    told = {"reason": "weather", "on": "2027-01-10", "closes_on": "2027-01-31"}
    assert tell(getattr(w, who), w.round, "postpone", **told).status_code == status
    assert Round.objects.get().status == "collecting"


def test_strangers_find_no_round_to_postpone(w: World) -> None:
    zora = staff("zora", "coordinator", organisation("west"))
    told = {"reason": "weather", "on": "2027-01-10", "closes_on": "2027-01-31"}
    assert tell(zora, w.round, "postpone", **told).status_code == HTTPStatus.NOT_FOUND
    assert tell(w.ivo, w.round, "cancel", reason="weather").status_code == HTTPStatus.BAD_REQUEST
    assert signed_in(w.ivo).get(f"/admin/exchanges/round/{w.round.pk}/tell/cancel/").status_code == 404
    assert Round.objects.get().status == "collecting"


def test_successor_is_chosen_among_ones_own_agreements(w: World) -> None:
    foreign = Agreement.objects.create(title_en="Foreign", valid_from="2026-01-01")
    shown = signed_in(w.ivo).get("/admin/exchanges/agreement/add/")
    choices = set(shown.context["adminform"].form.fields["succeeds"].queryset)
    assert (w.terms.agreement in choices, foreign in choices) == (True, False)
    draft = Agreement.objects.create(title_en="Second", valid_from="2026-12-01")
    draft.signatories.add(w.north)
    shown = signed_in(w.ivo).get(f"/admin/exchanges/agreement/{draft.pk}/change/")
    assert set(shown.context["adminform"].form.fields["succeeds"].queryset) == {w.terms.agreement}


def test_ended_agreement_says_until_when_its_parcels_wait(w: World) -> None:
    Agreement.objects.update(status="terminated", ended_on="2026-11-20", grace_days=10)
    shown = signed_in(w.ivo).get(f"/admin/exchanges/agreement/{w.terms.agreement_id}/change/")
    assert "20 Nov 2026; parcels wait until 30 Nov 2026" in shown.content.decode()
    assert sorted(shown.context["adminform"].form.fields) == []


def test_agreement_is_made_with_its_first_terms(w: World) -> None:
    ivo = signed_in(w.ivo)
    told = {
        "title_en": "Second", "title_ru": "Второе", "title_uk": "Друга", "signatories": [w.south.pk],
        "valid_from": "2026-12-01", "grace_days": 30,
    }  # fmt: skip
    ivo.post("/admin/exchanges/agreement/add/", told)
    made = Agreement.objects.get(title_en="Second")
    assert (made.status, set(made.signatories.all())) == ("draft", {w.north, w.south})
    step(w.ivo, "agreement", made.pk, "draft_terms")
    assert made.terms.get().rules.count() == w.terms.rules.count()
    assert messages(step(w.ivo, "agreement", made.pk, "draft_terms")) == [
        "It has terms already: make a new version of them."
    ]


def test_round_is_made_and_takes_its_steps(w: World) -> None:
    ivo = signed_in(w.ivo)
    told = {
        "reference": "january", "agreement": w.terms.agreement_id, "terms": w.terms.pk, "sending": w.north.pk,
        "holding": w.south.pk, "neutral": w.harbour.pk, "target": 100, "opens_on": "2027-01-01",
        "closes_on": "2027-01-20", "collection_point": "Counter 1",
    }  # fmt: skip
    ivo.post("/admin/exchanges/round/add/", told)
    made = Round.objects.get(reference="january")
    assert (made.status, len(bytes(made.sealed_key)) > 32) == ("proposed", True)
    for name in ("agreed", "lists_exchanged", "collecting"):
        step(w.ivo, "round", made.pk, name)
    made.refresh_from_db()
    assert made.status == "collecting"
    assert messages(step(w.ivo, "round", made.pk, "reported")) == [
        "A round that is collecting cannot become reported."
    ]


def test_round_of_another_organisation_is_not_there(w: World) -> None:
    stranger = staff("zora", "coordinator", organisation("west"))
    for page, pk in (("round", w.round.pk), ("agreement", w.terms.agreement_id), ("terms", w.terms.pk)):
        url = f"/admin/exchanges/{page}/{pk}/change/"
        assert signed_in(stranger).get(url).status_code == HTTPStatus.NOT_FOUND
        assert step(stranger, page, pk, "closed").status_code == HTTPStatus.NOT_FOUND
    assert Round.objects.get().status == "collecting"


@pytest.mark.parametrize("who", ["amina", "bruno", "dawit", "elena"])
def test_others_take_no_steps(w: World, who: str) -> None:
    assert step(getattr(w, who), "round", w.round.pk, "closed").status_code == HTTPStatus.FORBIDDEN
    assert Round.objects.get().status == "collecting"


@pytest.mark.parametrize(
    ("who", "sees"), [("bruno", False), ("amina", False), ("dawit", True), ("ivo", True), ("elena", True)]
)
def test_intermediary_is_named_to_those_who_need_it(w: World, who: str, sees: bool) -> None:
    shown = signed_in(getattr(w, who)).get(f"/admin/exchanges/round/{w.round.pk}/change/")
    assert ("Harbour" in shown.content.decode()) is sees
    assert "Harbour" not in signed_in(getattr(w, who)).get("/admin/exchanges/round/").content.decode()
