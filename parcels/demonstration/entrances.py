"""What lets a visitor in: a link for every role, a secret for every partner's system, a receipt code."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Final, TypedDict

from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from exchanges.models import Round
from parcels import receipt_codes
from parcels.demonstration.offices import ACCOUNTS, ROUND, SYSTEMS, Account, System
from parcels.lifecycle import Status
from parcels.models import Parcel
from people.models import Client, Staff
from people.signin import issue_link

_SECRET_BYTES: Final = 32


class WayIn(TypedDict):
    role: str
    organisation: str
    username: str
    sign_in: str


class Key(TypedDict):
    organisation: str
    relation: str
    client_id: str
    client_secret: str


class Board(TypedDict):
    url: str
    accounts: list[WayIn]
    clients: list[Key]
    receipt_code: str | None
    round: str | None


class NoDemonstration(Exception):
    """There is no demonstration in this database."""


@transaction.atomic
def board(base_url: str) -> Board:
    """Return what `up` writes to board.json, with new sign-in links and secrets; the secrets before are dead.

    :raises NoDemonstration: when none was loaded
    """
    round_ = Round.objects.filter(demonstration=True, reference=ROUND).first()
    if round_ is None:
        raise NoDemonstration
    now = timezone.now()
    # One that was loaded by an earlier release may have fewer people.
    known = Staff.objects.in_bulk([each.username for each in ACCOUNTS], field_name="username")
    return {
        "url": base_url,
        "accounts": [
            _account(each, known[each.username], base_url, now) for each in ACCOUNTS if each.username in known
        ],
        "clients": [_client(each) for each in SYSTEMS],
        "receipt_code": _receipt_code(round_, now),
        "round": round_.reference,
    }


def _account(account: Account, member: Staff, base_url: str, now: datetime) -> WayIn:
    token = issue_link(member, now)
    return {
        "role": account.role.value,
        "organisation": account.office.code,
        "username": account.username,
        "sign_in": f"{base_url.rstrip('/')}{reverse('sign-in', args=[token])}",
    }


def _client(system: System) -> Key:
    client = Client.objects.filter(organisation__code=system.office.code).earliest("pk")
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    client.client_secret = secret  # hashed as it is saved
    client.save()
    return {
        "organisation": system.office.code,
        "relation": system.relation,
        "client_id": client.client_id,
        "client_secret": secret,
    }


def _receipt_code(round_: Round, now: datetime) -> str | None:
    """Return the code of a parcel whose family can read that receipt was reported."""
    told = Parcel.objects.filter(
        round=round_,
        status=Status.RECEIVED,
        publications__public_from__lte=now,
        publications__number=F("last_number"),
    )
    parcel = told.order_by("external_id").first()
    if parcel is None:
        return None
    return receipt_codes.code_of(parcel.seed, parcel.code_key_version)
