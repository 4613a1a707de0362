"""Fifty made-up people whose every word is unmistakable, and every way in which words of people come in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from django.core.management import call_command

from exchanges import actions
from exchanges.actions import Particulars, Statement
from parcels import settling
from parcels.models import Parcel
from people import approvals, consents, detention, kinship, lists, requests, situations
from people.access import Tie
from people.lists.reading import Entry
from people.models import Person
from people.requests import Asked
from tests import factories
from tests.exchanges import visits
from tests.factories import NOON, World
from tests.parcels.admin.desk import opened_person, signed_in
from tests.parcels.manifests import write_csv
from tests.partners import partner

TODAY: Final = NOON.date()
DAY: Final = timedelta(days=1)
PAIRS: Final = 22
CIVILIANS: Final = 6
# Letters that every system spells alike.
_LATIN, _CYRILLIC = "abvdzklm", "абвдзклм"


class Canary(NamedTuple):
    """One person: everything that is said of them, in whichever field, holds one of these."""

    number: int

    @property
    def latin(self) -> str:
        return "Zhukenar" + _LATIN[self.number // 8] + _LATIN[self.number % 8] + "in"

    @property
    def cyrillic(self) -> str:
        return "Жукенар" + _CYRILLIC[self.number // 8] + _CYRILLIC[self.number % 8] + "ин"

    @property
    def born(self) -> str:
        return f"19{30 + self.number // 28:02}-03-{1 + self.number % 28:02}"

    @property
    def phone(self) -> str:
        return f"+99977700{self.number:02}"

    @property
    def service(self) -> str:
        return f"ZQSN-{self.number:03}-ZQ"

    @property
    def strings(self) -> tuple[str, ...]:
        """What is searched for. A date of birth alone is told apart by its service number."""
        return (
            self.latin,
            self.latin.lower(),
            self.cyrillic,
            self.cyrillic.lower(),
            self.phone,
            self.service,
        )


CANARIES: Final = [Canary(number) for number in range(2 * PAIRS + CIVILIANS)]
_SENDERS, _HELD = CANARIES[:PAIRS], CANARIES[PAIRS : 2 * PAIRS]
_DISPLACED = CANARIES[2 * PAIRS :]


def plant(w: World, folder: Path) -> dict[int, Person]:
    """Bring all of them in by every interface, and say everything of them; return number → record."""
    pairs = list(zip(_SENDERS, _HELD, strict=True))
    _by_api(w, pairs[:8])
    _by_manifest(pairs[8:16], folder)
    _at_the_counter(w, pairs[16:])
    found = dict(_found(w))
    for sender, held in pairs:
        _said_of(w, found, sender, held)
    _on_lists(w, _HELD)
    _visited(w, [(found[each.number], each) for each in _HELD[:11]])
    _exchanged(w, [(found[each.number], each) for each in _HELD[11:]])
    for each in _DISPLACED:
        found[each.number] = _displaced(w, each)
    _looked_for(w, found)
    for parcel in Parcel.objects.filter(status="registered"):
        factories.move(parcel, "cancel", w.act(w.amina))
    return found


def _by_api(w: World, pairs: Sequence[tuple[Canary, Canary]]) -> None:
    office = partner(w.north, "registrar", "liaison")
    for sender, held in pairs:
        body = {
            "round": "december",
            "external_id": f"api-{sender.number}",
            "sender": {
                "name": f"Ольга {sender.cyrillic}", "phone": sender.phone,
                "email": f"{sender.latin}@example.org", "relationship": f"aunt of {held.latin}",
            },
            "recipient": {
                "name": f"Павло {held.cyrillic}", "born_on": held.born, "service_number": held.service,
            },
            "items": [{"description": f"мыло, {held.latin}", "quantity": 1, "unit_mass_g": 200}],
            "declared_mass_g": 6000,
        }  # fmt: skip
        made = office.post("/api/v1/parcels/", body, key=f"key-{sender.number}")
        assert made.status_code == HTTPStatus.CREATED, made.content
        # Refused, with words of theirs in every place that an error might repeat.
        wrong = body | {"external_id": "x", f"{sender.latin}": held.cyrillic, "declared_mass_g": held.latin}
        assert office.post("/api/v1/parcels/", wrong).status_code == HTTPStatus.BAD_REQUEST
        assert office.post("/api/v1/parcels/", f"{{{held.latin}").status_code == HTTPStatus.BAD_REQUEST


def _by_manifest(pairs: Sequence[tuple[Canary, Canary]], folder: Path) -> None:
    rows = [
        {
            "external_id": f"manifest-{sender.number}", "sender_name": f"Olha {sender.latin}",
            "sender_phone": sender.phone, "sender_email": f"{sender.latin}@example.org",
            "relationship": f"aunt of {held.latin}", "prisoner_name": f"Павло {held.cyrillic}",
            "prisoner_birth_date": held.born, "prisoner_service_number": held.service,
            "item_1_description": f"soap for {held.latin}", "item_1_quantity": "1",
            "item_1_unit_mass_g": "200",
        }
        for sender, held in pairs
    ]  # fmt: skip
    # The file itself is its owner's; what the import leaves beside it is ours.
    file = write_csv(folder / "manifest.csv", [*rows, rows[0] | {"external_id": "", "item_1_quantity": "x"}])
    with pytest.raises(SystemExit):  # one row has a fault
        call_command("import_manifest", str(file), round="december", partial=True, verbosity=0)
    file.unlink()
    assert [path.name for path in folder.iterdir()] == ["manifest.csv.result.csv"]


def _at_the_counter(w: World, pairs: Sequence[tuple[Canary, Canary]]) -> None:
    amina = signed_in(w.amina)
    for sender, held in pairs:
        told = {
            "once": f"{sender.number:032x}", "round": "december",
            "sender_name": f"Olha {sender.latin}", "sender_phone": sender.phone, "contact_by": "phone",
            "relationship": f"aunt of {held.latin}", "prisoner_name": f"Pavlo {held.latin}",
            "prisoner_birth_date": held.born, "prisoner_service_number": held.service,
            "declared_mass_g": "6000", "item_1_description": f"soap for {held.latin}",
            "item_1_quantity": "1", "item_1_unit_mass_g": "200",
        }  # fmt: skip
        wrong = told | {"declared_mass_g": held.latin, "sender_phone": f"{sender.phone}{held.latin}"}
        assert amina.post("/admin/parcels/parcel/counter/", wrong).status_code == HTTPStatus.BAD_REQUEST
        answer = amina.post("/admin/parcels/parcel/counter/", told, follow=True)
        assert answer.status_code == HTTPStatus.OK, answer.context["form"].errors


def _found(w: World) -> Iterator[tuple[int, Person]]:
    """Yield each by the parcel they came in with: parcels are made in the order of the pairs."""
    parcels = list(Parcel.objects.select_related("sender", "recipient").order_by("pk"))
    assert len(parcels) == PAIRS
    for parcel, sender, held in zip(parcels, _SENDERS, _HELD, strict=True):
        yield sender.number, parcel.sender
        yield held.number, parcel.recipient


def _said_of(w: World, found: dict[int, Person], sender: Canary, held: Canary) -> None:
    gita = w.act(w.gita)
    olha, pavlo = found[sender.number], found[held.number]
    _told_on_the_page(w, olha, sender)
    _told_on_the_page(w, pavlo, held)
    parcel = Parcel.objects.get(sender=olha)
    for about, who in ((olha, sender), (pavlo, held)):
        settling.write_note(parcel, about.pk, f"{who.latin} called, {sender.phone}", by=gita, now=NOON)
    kinship.record_kinship(
        olha, pavlo, "relative", "register", document=f"BIRTH {held.latin}", source_id=w.north.pk, by=gita,
        now=NOON,
    )  # fmt: skip
    consents.give(
        olha, "correspondence", text_version=sender.latin[:20], language="uk", channel="phone", by=gita,
        now=NOON,
    )  # fmt: skip
    for stated_by in ("neutral", "two_officers"):
        stated = situations.record(
            pavlo, "held", TODAY, stated_by, source_id=w.harbour.pk, document=f"LIST {held.latin}", by=gita,
            now=NOON,
        )  # fmt: skip
    approvals.confirm(stated.pk, by=w.act(w.ivo), now=NOON)
    camp = detention.Stated(f"Camp {held.latin}", "2026-01", "", "one_side", w.south.pk, f"PASS {held.latin}")
    detention.state(pavlo, camp, by=w.act(w.elena), ties={Tie.HOLDING}, now=NOON)
    said = Statement("state", f"{held.latin} is well", TODAY, source=f"aunt {sender.latin}")
    claim = actions.record_claim(pavlo, said, by=gita, now=NOON)
    actions.assess_claim(
        claim, "disputed", reason="differs", assessed_on=TODAY, note=f"{held.latin}?", by=gita, now=NOON
    )
    hearsay = Statement("parcel", f"{held.latin} opened it", TODAY, source=f"aunt {sender.latin}")
    actions.record_claim(parcel.number, hearsay, by=gita, now=NOON)
    letter = Asked("access", "self", "paper", "paper", NOON, document=f"LETTER {sender.latin}")
    requests.record(olha, letter, by=gita, now=NOON)


def _told_on_the_page(w: World, person: Person, who: Canary) -> None:
    officer, address = signed_in(w.gita), f"/admin/people/person/{person.pk}/change/"
    opened_person(officer, person.pk)
    told = {"deed": "fact", "source": str(w.north.pk), "stated_on": "", "document": f"CARD {who.latin}"}
    for kind, text in (("other_name", f"Former {who.latin}"), ("other_name", f"Бывшая {who.cyrillic}")):
        answer = officer.post(address, told | {"kind": kind, "text": text}, follow=True)
        assert answer.status_code == HTTPStatus.OK
    wrong = told | {"kind": "birth_date", "text": f"{who.latin}"}
    assert officer.post(address, wrong).status_code == HTTPStatus.BAD_REQUEST


def _on_lists(w: World, held: Sequence[Canary]) -> None:
    amina = w.act(w.amina)
    ours, theirs = (
        lists.keep_list(
            [
                Entry(number, f"Павло {each.cyrillic}", each.born, each.service, f"seen by {each.latin}")
                for number, each in enumerate(held, 2)
            ],
            title=f"List of {side.code}", stated_on=TODAY, stated_by=side, by=amina, now=NOON,
        )
        for side in (w.north, w.south)
    )  # fmt: skip
    lists.compare_lists(ours, theirs, by=amina, now=NOON)


def _visited(w: World, held: Sequence[tuple[Person, Canary]]) -> None:
    visit = visits.held(w, *(person for person, _ in held))
    told = [
        visits.says(person, words=f"{who.latin} says: tell my mother", letters_given=1, letters_received=1)
        for person, who in held
    ]
    visits.reported(w, visit, *told)


def _exchanged(w: World, held: Sequence[tuple[Person, Canary]]) -> None:
    exchange = factories.exchange(w)
    gita = w.act(w.gita)
    actions.state_list(
        exchange, holding_id=w.south.pk, stated_by_id=w.south.pk, stated_on=TODAY,
        people=[person for person, _ in held], note="", by=gita, now=NOON,
    )  # fmt: skip
    for person, who in held:
        actions.mark(
            exchange, [person.reference], "disputed", reason="name_differs", note=f"or {who.latin}?",
            by=gita, now=NOON,
        )  # fmt: skip


def _displaced(w: World, who: Canary) -> Person:
    gita = w.act(w.gita)
    told = Particulars(
        f"Return of {who.latin}", f"near {who.latin}", w.south, w.north, w.harbour, w.south, w.round.agreement
    )
    group = actions.make_return(told, TODAY - 20 * DAY, by=gita, now=NOON)
    telling = factories.Telling("evacuee", f"Віра {who.cyrillic}", who.born, who.service)
    member = actions.name_new(group, telling, by=gita, now=NOON)
    factories.wished(w, member, words=f"{who.latin} wants home", document=f"FORM {who.latin}")
    actions.state_whereabouts(
        member, f"Hostel {who.latin}", TODAY - 9 * DAY, stated_by=w.south, responsible=w.south, by=gita,
        now=NOON,
    )  # fmt: skip
    actions.state_count(
        group, 1, "asked_for", stated_by=w.harbour, said_on=TODAY, words=f"only {who.latin}",
        by=w.act(w.farid), now=NOON,
    )  # fmt: skip
    said = Statement("not_accepted_back", f"{who.latin} stays", TODAY, w.south)
    claim = actions.record_claim(group, said, by=gita, now=NOON)
    actions.assess_claim(
        claim, "disputed", reason="differs", assessed_on=TODAY, note=who.latin, by=gita, now=NOON
    )
    _told_on_the_page(w, member.person, who)
    return member.person


def _looked_for(w: World, found: dict[int, Person]) -> None:
    """Search and open them as officers and systems do, and miss them as strangers do."""
    officer, office, family = signed_in(w.gita), partner(w.north, "liaison"), signed_in(w.bruno)
    for each in CANARIES:
        for path, name in (("people/person", each.cyrillic), ("parcels/parcel", each.latin)):
            assert officer.post(f"/admin/{path}/", {"q": name}).status_code == HTTPStatus.OK
            assert officer.get(f"/admin/{path}/", {"q": name}).status_code == HTTPStatus.OK
        assert office.get(f"/api/v1/people/{found[each.number].reference}/").status_code in (200, 403, 404)
        assert family.get("/", {"code": each.latin}).status_code == HTTPStatus.OK
        family.post("/", {"receipt_code": each.latin})
        office.post("/api/v1/track/", {"receipt_code": each.latin})
        family.get(f"/admin/people/person/{found[each.number].pk}/change/")
