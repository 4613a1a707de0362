"""One world in which every kind of row exists, with the words of the secrets' table in it."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from django.db import transaction

from exchanges import actions
from exchanges.actions import Particulars, Statement
from exchanges.models import Exchange
from parcels import settling
from parcels.actions import propose, register
from parcels.declarations import Declaration, DeclaredLine
from parcels.ledger import ledger_of, snapshots
from parcels.models import Parcel
from parcels.workers import drain
from people import (
    actors,
    approvals,
    consents,
    deciding,
    detention,
    facts,
    kinship,
    lists,
    requests,
    situations,
    withholding,
)
from people.access import Tie
from people.actions import Telling
from people.models import Person, PrisonerList
from people.relay import endpoints
from people.requests import Asked
from tests import factories
from tests.exchanges import visits
from tests.factories import NOON, World

TODAY = NOON.date()
DAY = timedelta(days=1)


class Planted(NamedTuple):
    """What the walk needs to know beside the words: it is made by chance."""

    calendar: str
    exchange: str
    snapshot: str
    held: str
    """The reference of one whose place of detention is known."""
    visit: int
    group: int


def plant(world: World, mark: str) -> Planted:
    """Make rows of every kind whose people, things and ways carry the words, with `mark` in each."""
    for member, word in ((world.amina, "staff"), (world.gita, "officer")):
        member.display_name = f"{mark}{word}"
        member.save()
    parcel = _parcels(world, mark)
    _known(world, mark, parcel)
    _lists(world, mark)
    group = _returned(world, mark)
    _told(world)
    by, now = world.act(world.gita), NOON
    said = Statement("state", f"{mark}hearsay", TODAY, source="a relative")
    actions.record_claim(parcel.number, said, by=by, now=now)
    visit = _visited(world, mark)
    exchange = _exchanged(world, mark)
    with transaction.atomic():
        actors.announce(by)
        ledger = ledger_of(world.round.agreement, actor=by, now=now)
        snapshot = snapshots.freeze(ledger, meets_on=None)
    return Planted(
        actions.issue_calendar(world.gita.pk, now=now),
        exchange,
        snapshot.sha256,
        parcel.recipient.reference,
        visit,
        group,
    )


def _told(world: World) -> None:
    """Have a partner's system told of something."""
    client = factories.client(world.north, "liaison")
    made = endpoints.make(
        client, "https://hooks.partner.example/", contact="it@partner.example", events=[], by=client
    )
    endpoints.test(made, by=client)


def _parcels(world: World, mark: str) -> Parcel:
    """Make parcels in several statuses; return the one whose people are known best."""
    parcel = _declared(world, mark)
    factories.move(parcel, "accept", world.act(world.amina), gross_mass_g=6_000, place=f"{mark}-COUNTER")
    drain("screen")
    settling.write_note(
        parcel, parcel.recipient_id, f"{mark}note: he wears glasses", by=world.act(world.amina), now=NOON
    )
    left, entrusted, arrived = (_sent(world, f"{mark}-{where}") for where in ("LEFT", "ENTRUSTED", "ARRIVED"))
    for each in (entrusted, arrived):
        factories.move(each, "entrust", world.act(world.farid))
    factories.move(arrived, "hand_over", world.act(world.elena), act=f"{mark}-ACT")
    refused = factories.accepted(world, "нож")
    drain("screen")
    propose(
        refused.number, "dispose", by=world.act(world.gita), now=NOON,
        details={"method": "destroyed", "reason": "spoiled"},
    )  # fmt: skip
    for stated_by, source, paper in (
        ("neutral", world.harbour, "PROTOCOL"), ("both_sides", world.north, "BOTH"),
        ("one_side", world.north, "ALONE"),
    ):  # fmt: skip
        situations.record(
            left.recipient, "in_hospital", TODAY, stated_by, source_id=source.pk,
            document=f"{mark}-{paper}", by=world.act(world.gita), now=NOON,
        )  # fmt: skip
    return parcel


def _sent(world: World, seal: str) -> Parcel:
    parcel = factories.packed(world)
    assert parcel.consignment is not None
    factories.seal(parcel.consignment, seal)
    return factories.move(parcel, "dispatch", world.act(world.dawit), seal=seal)


def _declared(world: World, mark: str) -> Parcel:
    declaration = Declaration(
        f"row-{mark}",
        Telling("sender", f"Olha {mark}sender", contact={"phone": f"0005{mark}phone"}),
        Telling("prisoner", f"Pavlo {mark}prisoner", "1990-04-05", f"S-{mark}"),
        [DeclaredLine(f"{mark}thing", 1, 500)],
        relationship="mother",
        declared_mass_g=6_000,
    )
    (made,) = register([declaration], round_=world.round, by=world.act(world.amina), now=NOON)
    return Parcel.objects.get(number=made.number)


def _known(world: World, mark: str, parcel: Parcel) -> None:
    """Tell more of the addressee and the sender of a parcel that has come to all three ends."""
    gita, pavlo = world.act(world.gita), parcel.recipient
    former = facts.add_fact(
        pavlo, "other_name", f"Pavlo {mark}former", source_id=world.north.pk, by=gita, now=NOON
    )
    withholding.keep_back(former, "own_wish", TODAY + 30 * DAY, by=gita, now=NOON)
    kinship.record_kinship(
        parcel.sender, pavlo, "parent", "register", document=f"{mark}-BIRTH", source_id=world.north.pk,
        by=gita, now=NOON,
    )  # fmt: skip
    consents.give(
        parcel.sender, "correspondence", text_version=f"{mark}-CONSENT", language="uk", channel="counter",
        by=gita, now=NOON,
    )  # fmt: skip
    asked = Asked("access", "self", "paper", "paper", NOON, document=f"{mark}-CARD")
    requests.record(parcel.sender, asked, by=gita, now=NOON)
    camp = detention.Stated(f"{mark}camp", "2026-01", "", "one_side", world.south.pk)
    detention.state(pavlo, camp, by=world.act(world.elena), ties={Tie.HOLDING}, now=NOON)
    rumour = Statement("state", f"{mark}rumour", TODAY, source="a relative")
    actions.record_claim(pavlo, rumour, by=gita, now=NOON)


def _lists(world: World, mark: str) -> None:
    """Keep two lists and compare them; ask whether two records are one person."""
    amina = world.act(world.amina)

    def kept(of: str) -> PrisonerList:
        entry = lists.Entry(1, f"Petro {mark}entry", "1991-02-03")
        return lists.keep_list(
            [entry], title=f"{mark}scroll {of}", stated_on=TODAY, stated_by=world.south, by=amina, now=NOON
        )

    lists.compare_lists(kept("one"), kept("two"), by=amina, now=NOON)
    one, other = (factories.person(world, f"Marko {mark}twin") for _ in range(2))
    deciding.ask_about(one, other, by=amina, now=NOON)


def _returned(world: World, mark: str) -> int:
    gita, farid = world.act(world.gita), world.act(world.farid)
    told = Particulars(
        f"{mark}group", f"{mark}region", world.south, world.north, world.harbour, world.south,
        world.round.agreement,
    )  # fmt: skip
    group = actions.make_return(told, TODAY - 20 * DAY, by=gita, now=NOON)
    member = factories.named(world, group, f"Vera {mark}civilian")
    factories.wished(world, member, words=f"{mark}wish: home")
    actions.state_whereabouts(
        member, f"{mark}shelter", TODAY - 9 * DAY, stated_by=world.south, responsible=world.south, by=gita,
        now=NOON,
    )  # fmt: skip
    actions.state_count(
        group, 6, "asked_for", stated_by=world.harbour, said_on=TODAY, words=f"{mark}scope", by=farid,
        now=NOON,
    )  # fmt: skip
    said = Statement("not_accepted_back", f"{mark}claim", TODAY, world.south)
    claim = actions.record_claim(group, said, by=gita, now=NOON)
    actions.assess_claim(
        claim, "disputed", reason="differs", assessed_on=TODAY, note=f"{mark}verified", by=gita, now=NOON
    )
    return group.pk


def _visited(world: World, mark: str) -> int:
    gita = world.act(world.gita)
    held = visits.person(world.north, f"Petro {mark}visited")
    visit = visits.agreed(world, held)
    actions.name_participants(visit, [world.gita.pk], by=gita, now=NOON)
    start = NOON - 2 * DAY
    visit = actions.schedule_visit(visit, start, start + visits.HOUR, by=gita, now=start - DAY)
    actions.set_place(visit, f"{mark}wing", by=gita, now=start - DAY)
    visit = actions.hold_visit(visit, by=gita, now=start + 2 * visits.HOUR)
    visits.reported(world, visit, visits.says(held, words=f"{mark}word"), now=NOON)
    return visit.pk


def _exchanged(world: World, mark: str) -> str:
    gita = world.act(world.gita)
    proposal = actions.propose_exchange(
        "n_for_n", one_side_id=world.north.pk, other_side_id=world.south.pk, title=f"{mark}exchange",
        with_staff_id=world.ivo.pk, by=gita, now=NOON,
    )  # fmt: skip
    approvals.confirm(proposal.pk, by=world.act(world.ivo), now=NOON)
    with transaction.atomic():
        actors.announce(gita)
        exchange = Exchange.objects.get(pk=proposal.subject)
    crossing: Person = factories.person(world, f"Petro {mark}crossing")
    actions.state_list(
        exchange, holding_id=world.south.pk, stated_by_id=world.south.pk, stated_on=TODAY, people=[crossing],
        note=f"{mark}margin", by=gita, now=NOON,
    )  # fmt: skip
    actions.plan_stage(
        exchange, planned_on=TODAY + DAY, from_one_side=None, from_other_side=1, numbers_public=False,
        place=f"{mark}bridge", by=gita, now=NOON,
    )  # fmt: skip
    actions.mark(exchange, [crossing.reference], "verified", by=gita, now=NOON)
    return exchange.reference
