"""A small world for tests: two offices, a neutral agency, terms in force, a round, and people with names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count

from django.db import transaction

from exchanges.actions import (
    Particulars,
    change_exchange,
    change_return,
    draft_terms,
    make_return,
    make_round,
    mark,
    name_new,
    plan_stage,
    propose_exchange,
    put_in_stage,
    state_list,
    state_wish,
)
from exchanges.models import Agreement, Exchange, Return, ReturnPerson, Round, SettledAddressee, Terms
from parcels.actions import Step, advance, register
from parcels.declarations import Declaration, DeclaredLine
from parcels.models import Consignment, Parcel
from people import actors, approvals
from people.actions import Telling, record_people
from people.actors import Actor
from people.models import Client, Grant, Organisation, Party, Person, Role, Staff

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LONG_AGO = NOON - timedelta(days=365)
_numbers = count(1)


@dataclass(frozen=True)
class World:
    """North sends, South holds, Harbour is neutral. Everyone's rights began before NOON."""

    north: Organisation
    south: Organisation
    harbour: Organisation
    terms: Terms
    round: Round
    amina: Staff  # registers
    bruno: Staff  # screens
    chiara: Staff  # screens
    dawit: Staff  # dispatches
    gita: Staff  # liaison
    ivo: Staff  # coordinates
    elena: Staff  # logistics at the holding side
    farid: Staff  # liaison at the neutral agency

    def act(self, staff: Staff) -> Actor:
        return actors.of_staff(staff)


def organisation(code: str, *, party: bool = True) -> Organisation:
    name = code.title()
    names = {f"name_{language}": name for language in ("ru", "uk", "en")}
    side = Party.objects.create(code=code, **names) if party else None
    return Organisation.objects.create(
        code=code, party=side, contact_en=f"Write to {code}@example.org", **names
    )


def staff(username: str, role: str, organisation: Organisation) -> Staff:
    member = Staff.objects.create_user(username, display_name=username.title())
    Grant.objects.create(staff=member, role=role, organisation=organisation, from_at=LONG_AGO)
    return member


def client(organisation: Organisation, *roles: str, secret: str = "a-secret-for-tests-only") -> Client:
    made = Client.objects.create(
        name=f"{organisation.code} {next(_numbers)}",
        organisation=organisation,
        client_type=Client.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Client.GRANT_CLIENT_CREDENTIALS,
        client_secret=secret,
    )
    for role in roles:
        Grant.objects.create(client=made, role=role, organisation=organisation, from_at=LONG_AGO)
    return made


def world(*, status: str = Round.Status.COLLECTING, prefix: str = "", **terms_fields: object) -> World:
    """Make the small world; with a prefix to every name, another one beside it."""
    north, south = organisation(f"{prefix}north"), organisation(f"{prefix}south")
    harbour = organisation(f"{prefix}harbour", party=False)
    agreement = Agreement.objects.create(
        title_ru="Соглашение", title_uk="Угода", title_en="Agreement",
        status=Agreement.Status.IN_FORCE, valid_from=date(2026, 1, 1),
    )  # fmt: skip
    agreement.signatories.set([north, south])
    terms = draft_terms(agreement, **{"mass_min_g": 5_000, "mass_max_g": 10_000} | terms_fields)
    terms.status, terms.in_force_at = Terms.Status.IN_FORCE, NOON - timedelta(days=30)
    terms.save()
    round_ = make_round(
        reference=f"{prefix}december", agreement=agreement, terms=terms, sending=north, holding=south,
        neutral=harbour, status=status, target=2000, opens_on=date(2026, 11, 1),
        closes_on=date(2026, 12, 15), collection_point="North, counter 1", open_to_public=True,
        round_key=bytes(32),
    )  # fmt: skip
    return World(
        north, south, harbour, terms, round_,
        amina=staff(f"{prefix}amina", Role.REGISTRAR, north),
        bruno=staff(f"{prefix}bruno", Role.SCREENER, north),
        chiara=staff(f"{prefix}chiara", Role.SCREENER, north),
        dawit=staff(f"{prefix}dawit", Role.DISPATCHER, north),
        gita=staff(f"{prefix}gita", Role.LIAISON, north),
        ivo=staff(f"{prefix}ivo", Role.COORDINATOR, north),
        elena=staff(f"{prefix}elena", Role.LOGISTICS, south),
        farid=staff(f"{prefix}farid", Role.LIAISON, harbour),
    )  # fmt: skip


def declaration(*descriptions: str, external_id: str | None = None, **fields: object) -> Declaration:
    number = next(_numbers)
    lines = tuple(DeclaredLine(text, 1, 500) for text in descriptions or ("печенье", "шкарпетки", "soap"))
    plain: dict[str, object] = {
        "external_id": external_id or f"row-{number}",
        "sender": Telling("sender", f"Olha Home{number}", contact={"phone": f"+0000{number:06}"}),
        "recipient": Telling("prisoner", f"Pavlo Away{number}", "1990-04-05", f"S-{number}"),
        "lines": lines,
        "relationship": "mother",
        "declared_mass_g": 6_000,
    }
    return Declaration(**plain | fields)  # type: ignore[arg-type]


def registered(world: World, *descriptions: str, **fields: object) -> Parcel:
    (made,) = register(
        [declaration(*descriptions, **fields)], round_=world.round, by=world.act(world.amina), now=NOON
    )
    return Parcel.objects.get(number=made.number)


def move(parcel: Parcel, name: str, by: Actor, *, now: datetime = NOON, **details: object) -> Parcel:
    """Make one move that must succeed, and return the parcel as it then is."""
    (result,) = advance([Step(parcel.number, name, now, details=details)], by=by, now=now)
    assert result.result == "moved", result
    parcel.refresh_from_db()
    return parcel


def accepted(world: World, *descriptions: str, **fields: object) -> Parcel:
    parcel = registered(world, *descriptions, **fields)
    return move(parcel, "accept", world.act(world.amina), gross_mass_g=6_000, place="North, counter 1")


def cleared(world: World, *descriptions: str, **fields: object) -> Parcel:
    parcel = accepted(world, *descriptions, **fields)
    return move(parcel, "clear", actors.worker(world.north.pk))


def settle(world: World, parcel: Parcel) -> Parcel:
    """Settle the addressee and the sender's tie, without which nothing is packed."""
    SettledAddressee.objects.get_or_create(
        person=parcel.recipient, holding=world.south, defaults={"how": "on_list", "recorded_by": world.ivo}
    )
    Parcel.objects.filter(pk=parcel.pk).update(tie_checked_by=world.amina)
    return parcel


def consignment(world: World) -> Consignment:
    return Consignment.objects.create(
        number=f"C-{next(_numbers)}", round=world.round, organisation=world.north
    )


def packed(world: World, into: Consignment | None = None) -> Parcel:
    parcel = settle(world, cleared(world))
    into = into or consignment(world)
    return move(parcel, "pack", world.act(world.dawit), consignment=into.number)


def seal(into: Consignment, seal: str = "SEAL-1") -> None:
    into.status, into.seal = Consignment.Status.SEALED, seal
    into.save()


def dispatched(world: World) -> Parcel:
    parcel = packed(world)
    assert parcel.consignment is not None
    seal(parcel.consignment)
    return move(parcel, "dispatch", world.act(world.dawit), seal="SEAL-1")


def handed_over(world: World) -> Parcel:
    parcel = move(dispatched(world), "entrust", world.act(world.farid))
    return move(parcel, "hand_over", world.act(world.elena), act="ACT-1")


def exchange(world: World, category: str = "n_for_n") -> Exchange:
    """An exchange that Gita proposed and Ivo agreed to; they alone are named on it."""
    proposal = propose_exchange(
        category, one_side_id=world.north.pk, other_side_id=world.south.pk, title="Before the winter",
        with_staff_id=world.ivo.pk, by=world.act(world.gita), now=NOON,
    )  # fmt: skip
    approvals.confirm(proposal.pk, by=world.act(world.ivo), now=NOON)
    with transaction.atomic():
        actors.announce(world.act(world.gita))
        return Exchange.objects.select_related("organisation", "one_side", "other_side").get(
            pk=proposal.subject
        )


def person(world: World, name: str | None = None) -> Person:
    """A prisoner of whom North keeps a record."""
    telling = Telling("prisoner", name or "Petro Held", "1991-02-03", f"H-{next(_numbers)}")
    with transaction.atomic():
        (known,) = record_people([telling], organisation_id=world.north.pk, now=NOON)
    return Person.objects.get(pk=known.id)


def agreed_exchange(world: World, people: Sequence[Person], category: str = "n_for_n") -> Exchange:
    """An exchange that is agreed, with `people` held by South, verified and in its first stage."""
    made, by = exchange(world, category), world.act(world.gita)
    state_list(
        made, holding_id=world.south.pk, stated_by_id=world.south.pk, stated_on=NOON.date(), people=people,
        note="", by=by, now=NOON,
    )  # fmt: skip
    plan_stage(
        made, planned_on=NOON.date(), from_one_side=None, from_other_side=len(people), numbers_public=False,
        place="", by=by, now=NOON,
    )  # fmt: skip
    references = [each.reference for each in people]
    if people:
        mark(made, references, "verified", by=by, now=NOON)
        put_in_stage(made, references, 1, by=by, now=NOON)
    for status in ("lists_exchanged", "verified", "agreed"):
        made = change_exchange(made, status, by=by, now=NOON)
    return made


def group_asked_for(world: World, *names: str, **particulars: object) -> Return:
    """Return a group from South to North, helped by Harbour, as Gita of North recorded it."""
    plain: dict[str, object] = {
        "title": "Six from Lakeside", "region": "Lakeside", "from_organisation": world.south,
        "to_organisation": world.north, "intermediary": world.harbour, "responsible": world.south,
        "agreement": world.round.agreement,
    }  # fmt: skip
    told = Particulars(**plain | particulars)  # type: ignore[arg-type]
    group = make_return(told, date(2026, 11, 1), by=world.act(world.gita), now=NOON)
    for name in names:
        named(world, group, name)
    return group


def named(world: World, group: Return, name: str) -> ReturnPerson:
    return name_new(group, Telling("evacuee", name, "1951-02-03"), by=world.act(world.gita), now=NOON)


def wished(
    world: World,
    member: ReturnPerson,
    wants: str = "return",
    *,
    to: Organisation | None = None,
    **more: object,
) -> None:
    """State a wish as the neutral agency heard it, in private, unless told otherwise."""
    fields: dict[str, object] = {"in_private": True, "stated_on": date(2026, 11, 10), "document": "Form 1"}
    state_wish(
        member, wants, stated_to=to or world.harbour, by=world.act(world.farid), now=NOON, **fields | more
    )  # type: ignore[arg-type]


def brought_to(world: World, group: Return, status: str) -> Return:
    """Take each step up to `status`."""
    for step in ("information_passed", "negotiating", "agreed", "planned", "travelling", "returned"):
        group = change_return(
            group, step, happened_on=date(2026, 11, 12), planned_on=date(2026, 11, 18),
            by=world.act(world.gita), now=NOON,
        )  # fmt: skip
        if step == status:
            break
    return group
