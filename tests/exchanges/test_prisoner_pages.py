"""The pages of exchanges of prisoners, and that nobody else learns of one by any page, answer, count or row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from config.privileges import TABLES
from exchanges import actions, confidential
from exchanges.models import Exchange, ExchangeCount, ExchangeTrace, ListedPerson, Stage
from people.actors import announce
from people.models import Approval, AuditEntry, Person, Role, SituationEvent, Staff
from tests.factories import (
    NOON,
    World,
    agreed_exchange,
    exchange,
    organisation,
    person,
    registered,
    staff,
    world,
)
from tests.parcels.admin.desk import messages, signed_in, text
from tests.partners import partner, told

LIST = "/admin/exchanges/exchange/"
TODAY = timezone.now().date()


@pytest.fixture
def w(db: None) -> World:
    return world()


def at(made: Exchange, rest: str = "") -> str:
    return f"{LIST}{made.reference}/{rest}"


def opened(member: Staff, made: Exchange) -> Client:
    """A client of an officer who said what they open it for."""
    client = signed_in(member)
    client.post(at(made, "purpose/"), {"purpose": "return_arrangement"})
    return client


def act(client: Client, made: Exchange, name: str, **told: Any) -> Any:
    return client.post(at(made, "act/"), {"act": name, **told}, follow=True)


@contextmanager
def announced(w: World, member: Staff) -> Iterator[None]:
    announce(w.act(member))
    yield
    announce_nobody()


def announce_nobody() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lifeline.actor', '', true)")


# What an officer does


def test_exchange_is_proposed_and_agreed_to(w: World) -> None:
    gita, ivo = signed_in(w.gita), signed_in(w.ivo)
    told = {
        "category": "under_25", "one_side": w.north.pk, "other_side": w.south.pk, "title": "Spring",
        "officer": w.ivo.pk,
    }  # fmt: skip
    assert messages(gita.post(LIST, told, follow=True)) == [
        "Proposed. It exists once the second officer agrees."
    ]
    proposal = Approval.objects.get()
    assert "Spring" in text(ivo.get(LIST))
    assert (
        gita.post(f"{LIST}decide/", {"approval": proposal.pk, "decision": "confirm"}).status_code
        == HTTPStatus.FOUND
    )
    with announced(w, w.gita):
        assert Exchange.objects.count() == 0

    answer = ivo.post(f"{LIST}decide/", {"approval": proposal.pk, "decision": "confirm"}, follow=True)

    assert messages(answer) == ["Done: you are named on it."]
    for client in (gita, ivo):
        assert proposal.details["reference"] in text(client.get(LIST))


def test_proposal_is_kept_as_typed_when_something_is_missing(w: World) -> None:
    answer = signed_in(w.gita).post(LIST, {"title": "Spring", "category": "n_for_n"})
    assert (answer.status_code, answer.context["form"]["title"].value()) == (HTTPStatus.BAD_REQUEST, "Spring")
    assert Approval.objects.count() == 0


def test_purpose_is_asked_before_it_opens_and_again_later(w: World) -> None:
    made, gita = exchange(w), signed_in(w.gita)
    asked = gita.get(at(made))
    assert "Before you open it" in text(asked)
    assert "Before the winter" not in text(asked)
    assert gita.post(at(made, "purpose/"), {}).status_code == HTTPStatus.BAD_REQUEST
    shown = gita.post(at(made, "purpose/"), {"purpose": "verification"}, follow=True)
    assert "Before the winter" in text(shown)
    gita.get(at(made))
    with announced(w, w.gita):
        looks = ExchangeTrace.objects.filter(act="opened")
        assert list(looks.values_list("staff", "purpose")) == [(w.gita.pk, "verification")] * 2

    session = gita.session
    session["exchange_purposes"] = {
        made.reference: ["verification", (timezone.now() - timedelta(minutes=16)).isoformat()]
    }
    session.save()
    assert "Before you open it" in text(gita.get(at(made)))


def test_nothing_is_done_without_a_purpose(w: World) -> None:
    made = exchange(w)
    answer = act(signed_in(w.gita), made, "step", step="cancelled")
    assert "Before you open it" in text(answer)
    with announced(w, w.gita):
        assert Exchange.objects.get().status == "proposed"


def test_list_is_stated_searched_verified_and_planned(w: World) -> None:
    made, petro, ivan = exchange(w), person(w, "Petro Held"), person(w, "Иван Сидоренко")
    gita = opened(w.gita, made)
    answer = act(
        gita, made, "list",
        **{"list-holding": w.south.pk, "list-stated_by": w.south.pk, "list-stated_on": "2026-11-18", "list-people": petro.reference.upper()},
    )  # fmt: skip
    assert messages(answer) == ["The list from South is recorded as version 1."]
    found = act(gita, made, "search", **{"search-q": "Ivan Sydorenko"})
    assert found.context["found"] == [(ivan.reference, "Иван Сидоренко")]
    assert messages(act(gita, made, "add", put=f"other:{ivan.reference}")) == ["Put on the list."]
    assert messages(act(gita, made, "mark", one=f"{petro.reference}:verified")) == ["1 person: verified."]
    refused = act(
        gita, made, "mark", **{"one": f"{ivan.reference}:disputed", f"note-{ivan.reference}": "Kept?"}
    )
    assert (refused.status_code, messages(refused)) == (HTTPStatus.BAD_REQUEST, ["Say why."])
    assert 'value="Kept?"' in refused.content.decode()
    act(
        gita,
        made,
        "mark",
        **{"one": f"{ivan.reference}:disputed", f"reason-{ivan.reference}": "name_differs"},
    )
    act(gita, made, "mark", ticked=[ivan.reference], step="verified")
    act(
        gita,
        made,
        "stage",
        **{"stage-planned_on": "2026-12-01", "stage-from_one_side": "0", "stage-place": "At the river"},
    )
    assert messages(
        act(gita, made, "mark", ticked=[petro.reference, ivan.reference], step="stage", stage="1")
    ) == ["2 people: in stage 1."]
    page = text(gita.get(at(made)))
    for words in ("Petro Held", "Иван Сидоренко", "At the river", "put in a stage"):
        assert words in page


def test_stage_is_finished_on_the_page(w: World) -> None:
    petro, ivan = person(w, "Petro Held"), person(w, "Ivan Stayed")
    made = agreed_exchange(w, [petro, ivan])
    gita, ivo = opened(w.gita, made), opened(w.ivo, made)
    told = {"finish-number": "1", "finish-happened_on": "2026-11-19", "finish-stayed": [ivan.reference]}
    kept = act(gita, made, "finish", **told, **{"finish-stated_by": "both_sides"})
    assert kept.status_code == HTTPStatus.BAD_REQUEST
    assert kept.context["forms"]["finish"]["happened_on"].value() == "2026-11-19"
    act(gita, made, "finish", **told, **{"finish-stated_by": "two_officers"})
    proposal = Approval.objects.get(act="stage_finish")
    assert messages(act(gita, made, "decide", approval=proposal.pk, decision="confirm")) == [
        "Who proposed it does not confirm it."
    ]
    assert SituationEvent.objects.count() == 0
    shown = text(ivo.get(at(made)))
    assert "1 crossed, 1 stayed" in shown
    assert "Stayed: Ivan Stayed" in shown
    assert messages(act(ivo, made, "decide", approval=proposal.pk, decision="confirm")) == [
        "Confirmed and done."
    ]
    assert SituationEvent.objects.get().person == petro
    told = {"one": f"{petro.reference}:not_exchanged", f"on-{petro.reference}": "2026-11-19"}
    assert messages(act(gita, made, "mark", **told)) == ["Proposed. Another officer named on it confirms it."]


def test_counts_are_all_shown_and_never_summed(w: World) -> None:
    made = exchange(w, "bodies")
    gita = opened(w.gita, made)
    for source, count in ((w.north, "6057"), (w.south, "6060")):
        act(gita, made, "count", **{
            "count-scope": "received", "count-holding": w.south.pk, "count-count": count, "count-source": source.pk,
            "count-stated_on": "2026-11-18",
        })  # fmt: skip
    page = text(gita.get(at(made)))
    assert "6057" in page
    assert "6060" in page
    assert "12117" not in page
    with announced(w, w.gita):
        assert ExchangeCount.objects.count() == 2


def test_officer_is_named_and_who_is_named_no_more_is_led_away(w: World) -> None:
    made, jan = exchange(w), staff("jan", Role.LIAISON, w.north)
    gita, ivo = opened(w.gita, made), opened(w.ivo, made)
    act(gita, made, "name", **{"name-officer": jan.pk})
    act(ivo, made, "decide", approval=Approval.objects.get(decision=None).pk, decision="confirm")
    assert opened(jan, made).get(at(made)).status_code == HTTPStatus.OK
    act(gita, made, "unname", officer=w.ivo.pk)
    answer = act(ivo, made, "decide", approval=Approval.objects.get(decision=None).pk, decision="confirm")
    assert answer.redirect_chain == [(LIST, HTTPStatus.FOUND)]
    assert ivo.get(at(made)).status_code == HTTPStatus.NOT_FOUND


def test_pages_ask_as_many_questions_for_three_people_as_for_one(w: World) -> None:
    asked = []
    for many in (1, 3):
        made = agreed_exchange(w, [person(w) for _ in range(many)])
        gita = opened(w.gita, made)
        with CaptureQueriesContext(connection) as queries:
            assert gita.get(at(made)).status_code == HTTPStatus.OK
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_person_another_office_keeps_is_not_found(w: World) -> None:
    made = exchange(w)
    theirs = Person.objects.create(kind="prisoner", organisation=w.south)
    gita = opened(w.gita, made)
    words = f"Your office keeps nobody under: {theirs.reference}."
    answer = act(gita, made, "list", **{
        "list-holding": w.south.pk, "list-stated_by": w.south.pk, "list-stated_on": "2026-11-18",
        "list-people": theirs.reference,
    })  # fmt: skip
    assert words in text(answer)
    assert act(gita, made, "search", **{"search-q": theirs.reference}).context["found"] == []
    assert messages(act(gita, made, "add", put=f"one:{theirs.reference}")) == [
        "Your office keeps nobody under this reference."
    ]
    with announced(w, w.gita):
        assert ListedPerson.objects.count() == 0


# What nobody else learns


def outsiders(w: World) -> dict[str, Staff]:
    """One of each role of the office itself, and who could know most elsewhere; none is named on anything."""
    elsewhere = (Role.LIAISON, Role.LOGISTICS, Role.MANAGER, Role.AUDITOR)
    offices = [
        (w.north, Role),
        *((office, elsewhere) for office in (w.south, w.harbour, organisation("west"))),
    ]
    return {
        f"{role.value}-{office.code}": staff(f"{role.value}-{office.code}", role.value, office)
        for office, roles in offices
        for role in roles
    }


def busy(w: World) -> Exchange:
    """An exchange with everything that can be open on it."""
    petro = registered(w).recipient
    made, kim = agreed_exchange(w, [petro]), staff("kim", Role.LIAISON, w.north)
    actions.propose_naming(made, "exchange_name", kim.pk, by=w.act(w.gita), now=NOON)
    actions.record_count(
        made, number=1, holding_id=w.south.pk, scope="agreed", count=31, source_id=w.south.pk,
        stated_on=TODAY, by=w.act(w.gita), now=NOON,
    )  # fmt: skip
    actions.propose_finishing(
        made, 1, happened_on=NOON.date(), stated_by="two_officers", document="P-7", stayed=[],
        by=w.act(w.gita), now=NOON,
    )  # fmt: skip
    announce_nobody()
    return made


@pytest.mark.parametrize("method", ["get", "post"])
def test_exchange_is_not_there_for_anybody_else(w: World, method: str) -> None:
    made = busy(w)
    proposals = list(Approval.objects.filter(decision=None).values_list("pk", flat=True))
    for name, member in outsiders(w).items():
        client = signed_in(member)
        for rest in ("", "act/", "purpose/", "history/", "change/", "delete/", "step/"):
            ours = getattr(client, method)(
                at(made, rest), {"act": "step", "step": "cancelled", "purpose": "incident"}
            )
            none = getattr(client, method)(f"{LIST}{'0' * 16}/{rest}", {"act": "step"})
            assert ours.status_code == HTTPStatus.NOT_FOUND, (name, rest)
            assert answered(ours) == answered(none), (name, rest)
        assert made.reference not in client.get(LIST).content.decode()
        for pk in (*proposals, 987_654):
            assert client.post(f"{LIST}decide/", {"approval": pk, "decision": "confirm"}).status_code in (
                HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN,
            )  # fmt: skip
            answer = client.post(f"/admin/parcels/parcel/waiting/{pk}/", {"decision": "confirm"})
            assert answer.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN)
    with announced(w, w.gita):
        assert (Exchange.objects.get().status, Stage.objects.get().status) == ("agreed", "planned")
        assert ExchangeTrace.objects.filter(act="opened").count() == 0


def test_stranger_is_led_to_sign_in_for_every_address_alike(w: World) -> None:
    made = busy(w)
    for rest in ("", "act/", "purpose/"):
        for reference in (made.reference, "0" * 16):
            url = f"{LIST}{reference}/{rest}"
            answer = Client().get(url)
            assert (answer.status_code, answer["location"]) == (HTTPStatus.FOUND, f"/admin/login/?next={url}")


# The one ends the session, the other offers a secret of its own each time.
_LEFT_OUT = ("admin/logout/", "admin/people/client/add/")


def addresses(resolver: Any = None, before: str = "") -> Iterator[str]:
    """Every address of the admin that takes no argument: lists, forms, today, and what waits."""
    for each in (resolver or get_resolver()).url_patterns:
        address = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from addresses(each, address)
        elif (
            isinstance(each, URLPattern)
            and re.fullmatch(r"admin/[a-z_/]*/", address)
            and address not in _LEFT_OUT
        ):
            yield f"/{address}"


def answered(answer: Any) -> str:
    """Return the words of the page but for the reference, which is another for each request and tells nothing."""
    return re.sub(r"tell us: [0-9A-Z]{8}", "tell us:", text(answer))


def seen(client: Client, person_pk: int, parcel_pk: int) -> dict[str, Any]:
    found = {}
    for address in (
        *addresses(),
        f"/admin/people/person/{person_pk}/change/",
        f"/admin/people/person/{person_pk}/history/",
        f"/admin/parcels/parcel/{parcel_pk}/change/",
        "/admin/people/person/?q=Held",
        "/admin/people/auditentry/?q=exchange",
        "/admin/autocomplete/?app_label=exchanges&model_name=stage&field_name=exchange&term=a",
        "/admin/autocomplete/?app_label=exchanges&model_name=listedperson&field_name=person&term=a",
    ):
        # One's own ways in: a new secret at each look, and another page once a factor is five minutes old.
        if address.startswith(("/admin/account/", "/admin/password_change/")):
            continue
        answer = client.get(address)
        # A form's token, the moment it offers and a request's reference differ from look to look.
        moment = r"[0-9]{1,2}(:[0-9]{2})? [ap][.]m[.]|noon|midnight|[0-9]{2}:[0-9]{2}:[0-9]{2}"
        reference = r"tell us: <[^>]+>[0-9A-Z]{8}|field-request\">[0-9A-Z]{8}"
        body = re.sub(
            rf'name="(?:csrfmiddlewaretoken|once)" value="[^"]+"|data-whole-s="[0-9]+"|{moment}|{reference}',
            "",
            answer.content.decode(),
        )
        found[address] = (answer.status_code, body)
    return found


def test_no_page_of_anybody_else_changes_when_an_exchange_goes_on(w: World) -> None:
    parcel = registered(w)
    members = list(outsiders(w).values())
    clients = [signed_in(member) for member in members]
    audited = AuditEntry.objects.count()

    def all_seen() -> list[dict[str, Any]]:
        """What each sees, without leaving the traces of having looked."""
        before_looking = transaction.savepoint()
        found = [seen(client, parcel.recipient_id, parcel.pk) for client in clients]
        transaction.savepoint_rollback(before_looking)
        return found

    before = all_seen()

    made = agreed_exchange(w, [parcel.recipient])
    actions.propose_finishing(
        made, 1, happened_on=NOON.date(), stated_by="two_officers", document="P-7", stayed=[],
        by=w.act(w.gita), now=NOON,
    )  # fmt: skip
    announce_nobody()

    assert AuditEntry.objects.count() == audited
    for member, was, now in zip(members, before, all_seen(), strict=True):
        for address, answer in was.items():
            assert now[address] == answer, (member.username, address)


def test_no_answer_of_the_api_changes_when_an_exchange_goes_on(w: World) -> None:
    parcel = registered(w)
    systems = [partner(office, *Role.values) for office in (w.north, w.south, w.harbour)]
    ways = (
        "/api/v1/parcels/", f"/api/v1/parcels/{parcel.number}/", f"/api/v1/parcels/{parcel.number}/movements/",
        "/api/v1/agreements/", "/api/v1/rounds/", "/api/v1/rounds/december/", "/api/v1/exchanges/",
        "/api/v1/parcels/?updated_since=2026-01-01T00:00:00Z",
    )  # fmt: skip

    def answers() -> list[tuple[int, bytes, str]]:
        return [
            (
                answer.status_code,
                told(answer),
                answer.headers.get("ETag", ""),
            )
            for answer in (system.get(way) for system in systems for way in ways)
        ]

    before = answers()
    agreed_exchange(w, [parcel.recipient])
    announce_nobody()
    assert answers() == before
    schema = Client().get("/api/schema/").content.decode()
    assert "xchange of prisoners" not in schema


def test_no_other_table_gets_a_row(w: World) -> None:
    petro = registered(w).recipient
    kim = staff("kim", Role.LIAISON, w.north)

    def counted() -> dict[str, int]:
        counts = {}
        with connection.cursor() as cursor:
            for table, (web, _, _) in TABLES.items():
                if web:
                    cursor.execute(f"SELECT count(*) FROM {table}")
                    counts[table] = cursor.fetchone()[0]
        return counts

    announce_nobody()
    before = counted()
    made = agreed_exchange(w, [petro])
    actions.propose_naming(made, "exchange_name", kim.pk, by=w.act(w.gita), now=NOON)
    actions.look(made, "incident", by=w.act(w.ivo), now=NOON)
    announce_nobody()

    after = counted()
    assert {table for table in after if after[table] != before[table]} == {"people_approval"}


# What the database itself keeps


@pytest.mark.parametrize("table", confidential.TABLES)
def test_row_is_seen_by_the_named_alone(w: World, table: str) -> None:
    busy(w)
    others = [*outsiders(w).values(), w.amina, w.farid]

    def rows() -> int:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {table}")
            found: int = cursor.fetchone()[0]
            return found

    assert rows() == 0
    for other in others:
        announce(w.act(other))
        assert rows() == 0
    for named in (w.gita, w.ivo):
        announce(w.act(named))
        assert rows() > 0


def test_row_is_written_by_the_named_alone(w: World) -> None:
    made = busy(w)
    jan = staff("jan", Role.COORDINATOR, w.north)
    for by in (jan, w.farid):
        announce(w.act(by))
        assert Exchange.objects.update(category="bodies") == 0
        with pytest.raises(DatabaseError), transaction.atomic():
            ExchangeTrace.objects.create(exchange=made, staff=by, act="listed", at=NOON)
        with pytest.raises(DatabaseError), transaction.atomic():
            Exchange.objects.create(
                organisation=w.north, category="bodies", one_side=w.north, other_side=w.south,
                sealed_title=b"", opened_at=NOON,
            )  # fmt: skip
    with announced(w, w.gita):
        assert Exchange.objects.get().category == "n_for_n"


def test_words_places_and_notes_are_sealed(w: World) -> None:
    made, petro = exchange(w), person(w, "Zolotareva Canary")
    given: dict[str, Any] = {"by": w.act(w.gita), "now": NOON}
    actions.state_list(
        made, holding_id=w.south.pk, stated_by_id=w.south.pk, stated_on=NOON.date(), people=[petro],
        note="canary-list", **given,
    )  # fmt: skip
    actions.mark(made, [petro.reference], "disputed", reason="other", note="canary-note", **given)
    actions.plan_stage(
        made, planned_on=None, from_one_side=None, from_other_side=None, numbers_public=False,
        place="canary-place", **given,
    )  # fmt: skip
    found = b""
    with connection.cursor() as cursor:
        for table in (*confidential.TABLES, "people_approval"):
            with cursor.copy(f"COPY (SELECT * FROM {table}) TO STDOUT") as copy:
                for data in copy:
                    found += bytes(data)
    plain = found + b"".join(bytes.fromhex(each.decode()) for each in re.findall(rb"\\\\x([0-9a-f]+)", found))
    assert made.reference.encode() in plain
    for canary in (b"Before the winter", b"canary", b"Zolotareva"):
        assert canary not in plain
