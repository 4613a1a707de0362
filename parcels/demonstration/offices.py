"""The made-up world of the demonstration: two sides, a neutral agency, their staff, systems and agreement."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from exchanges.actions import change_agreement, change_round, draft_terms, make_round, propose_terms
from exchanges.models import Agreement, Round
from parcels.demonstration.manifest import PARCELS, SEED
from people import actors, approvals
from people.actors import Actor
from people.models import Client, Grant, Organisation, Party, Role, Staff

ROUND: Final = "2026-december"
# What Vestria sends to Aldmark in the same winter, and what went before both.
MIRROR: Final = "2026-december-mirror"
EARLIER: Final = "2026-july"
# Long before anything happens, so that everybody had their rights when they acted.
_BEFORE: Final = timedelta(days=120)


class Office(NamedTuple):
    code: str
    party: str
    names: tuple[str, str, str]
    """In Russian, Ukrainian and English."""
    contacts: tuple[str, str, str]


SENDING: Final = Office(
    "aldmark-ombudsman",
    "aldmark",
    ("Омбудсман Альдмарка", "Омбудсман Альдмарку", "Ombudsman of Aldmark"),
    (
        "Телефон +999 50 100 00 10, по будням с 9 до 18, или office@aldmark.example.org",
        "Телефон +999 50 100 00 10, у будні з 9 до 18, або office@aldmark.example.org",
        "Telephone +999 50 100 00 10, weekdays 9 to 18, or office@aldmark.example.org",
    ),
)
HOLDING: Final = Office(
    "vestria-ombudsman",
    "vestria",
    ("Омбудсман Вестрии", "Омбудсман Вестрії", "Ombudsman of Vestria"),
    (
        "Телефон +999 60 200 00 20 или office@vestria.example.org",
        "Телефон +999 60 200 00 20 або office@vestria.example.org",
        "Telephone +999 60 200 00 20 or office@vestria.example.org",
    ),
)
NEUTRAL: Final = Office(
    "harbour-relief",
    "",
    ("Агентство «Тихая гавань»", "Агентство «Тиха гавань»", "Harbour Relief"),
    (
        "Телефон +999 70 300 00 30 или desk@harbour-relief.example.org",
        "Телефон +999 70 300 00 30 або desk@harbour-relief.example.org",
        "Telephone +999 70 300 00 30 or desk@harbour-relief.example.org",
    ),
)
PARTIES: Final = {
    "aldmark": ("Альдмарк", "Альдмарк", "Aldmark"),
    "vestria": ("Вестрия", "Вестрія", "Vestria"),
}


class Account(NamedTuple):
    username: str
    name: str
    role: Role
    office: Office


ACCOUNTS: Final = (
    Account("amina", "Amina", Role.REGISTRAR, SENDING),
    Account("bruno", "Bruno", Role.SCREENER, SENDING),
    Account("chiara", "Chiara", Role.SCREENER, SENDING),
    Account("dawit", "Dawit", Role.DISPATCHER, SENDING),
    Account("gita", "Gita", Role.LIAISON, SENDING),
    Account("ivo", "Ivo", Role.COORDINATOR, SENDING),
    Account("jana", "Jana", Role.MANAGER, SENDING),
    Account("kofi", "Kofi", Role.AUDITOR, SENDING),
    Account("elena", "Elena", Role.LOGISTICS, HOLDING),
    Account("lien", "Lien", Role.MEDICAL, HOLDING),
    Account("rana", "Rana", Role.LIAISON, HOLDING),
    Account("stefan", "Stefan", Role.COORDINATOR, HOLDING),
    Account("farid", "Farid", Role.LIAISON, NEUTRAL),
)
# They work on the round that goes the other way; the board has somebody of each of these roles already.
MIRROR_ACCOUNTS: Final = (
    Account("nadia", "Nadia", Role.REGISTRAR, HOLDING),
    Account("osman", "Osman", Role.SCREENER, HOLDING),
    Account("pilar", "Pilar", Role.SCREENER, HOLDING),
    Account("quentin", "Quentin", Role.DISPATCHER, HOLDING),
)


class System(NamedTuple):
    """A partner's system, by the relation of its organisation to the round."""

    relation: str
    office: Office
    roles: tuple[Role, ...]


SYSTEMS: Final = (
    System("sending", SENDING, (Role.REGISTRAR, Role.DISPATCHER, Role.LIAISON)),
    System("neutral", NEUTRAL, (Role.LIAISON,)),
    System("holding", HOLDING, (Role.LOGISTICS,)),
)


def open_for_work(now: datetime) -> Round:
    """Make all of it, up to a round that collects and is open to the public; call it in a transaction."""
    before = now - _BEFORE
    offices = {each: _make_office(each) for each in (SENDING, HOLDING, NEUTRAL)}
    for account in (*ACCOUNTS, *MIRROR_ACCOUNTS):
        staff = Staff.objects.create_user(account.username, display_name=account.name)
        Grant.objects.create(
            staff=staff, role=account.role, organisation=offices[account.office], from_at=before
        )
    for system in SYSTEMS:
        _system(system, offices[system.office], before)
    agreement = _agreement(offices, before)
    today = now.date()
    round_ = make_round(
        reference=ROUND,
        agreement=agreement,
        terms=agreement.terms.get(),
        sending=offices[SENDING],
        holding=offices[HOLDING],
        neutral=offices[NEUTRAL],
        status=Round.Status.LISTS_EXCHANGED,
        target=PARCELS,
        opens_on=today - timedelta(days=28),
        closes_on=today + timedelta(days=21),
        collection_point="Collection point, Old Mill Street",
        open_to_public=True,
        demonstration=True,
        # From the seed, so that the same parcels are drawn for a second look each time.
        round_key=hashlib.sha256(f"{ROUND}:{SEED}".encode()).digest(),
    )
    return change_round(round_, Round.Status.COLLECTING, by=actor("ivo"))


def actor(username: str) -> Actor:
    return actors.of_staff(Staff.objects.get(username=username))


def office(of: Office) -> Organisation:
    return Organisation.objects.get(code=of.code)


def _make_office(office: Office) -> Organisation:
    party = None
    if office.party:
        ru, uk, en = PARTIES[office.party]
        party = Party.objects.create(code=office.party, name_ru=ru, name_uk=uk, name_en=en)
    (ru, uk, en), contacts = office.names, office.contacts
    return Organisation.objects.create(
        code=office.code, party=party, name_ru=ru, name_uk=uk, name_en=en,
        contact_ru=contacts[0], contact_uk=contacts[1], contact_en=contacts[2],
    )  # fmt: skip


def _system(system: System, organisation: Organisation, before: datetime) -> None:
    client = Client.objects.create(
        # Made-up people, and whoever tries the API reads on.
        people_an_hour=100_000,
        name=f"System of {organisation.name_en}",
        organisation=organisation,
        client_type=Client.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Client.GRANT_CLIENT_CREDENTIALS,
        # Nobody is told this one: the board makes a new one.
        client_secret=secrets.token_urlsafe(32),
    )
    for role in system.roles:
        Grant.objects.create(client=client, role=role, organisation=organisation, from_at=before)


def _agreement(offices: dict[Office, Organisation], before: datetime) -> Agreement:
    agreement = Agreement.objects.create(
        title_ru="Соглашение о посылках между омбудсманами Альдмарка и Вестрии",
        title_uk="Угода про посилки між омбудсманами Альдмарку та Вестрії",
        title_en="Agreement on parcels between the ombudsmen of Aldmark and Vestria",
        signed_on=before.date(),
        valid_from=before.date(),
    )
    agreement.signatories.set([offices[SENDING], offices[HOLDING]])
    terms = draft_terms(
        agreement, mass_min_g=5_000, mass_max_g=10_000, quota_per_prisoner=1, second_look_share="0.02"
    )
    liaison, coordinator = actor("gita"), actor("ivo")
    change_agreement(agreement, Agreement.Status.SIGNED, by=liaison, now=before)
    proposal = propose_terms(terms, by=liaison, now=before)
    approvals.confirm(proposal.pk, by=coordinator, now=before)
    return change_agreement(agreement, Agreement.Status.IN_FORCE, by=coordinator, now=before)
