"""Made-up people whom nobody has reason to open. Whoever reads one raises an alarm.

To every process they are people like others: sealed, found by their names, matched already. Which they are,
only the owner of the tables may read; the worker is told by a function who read one, and not which.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from people import audit, bulk, vault
from people.actions import Known, Telling, record_people
from people.acts import Act
from people.audit import By
from people.models import Canary, Fact, MatchKey, NameKey, Organisation, Person

_OLDEST_DAYS = 200
_NAME_KEY = 16


def plant(tellings: Sequence[Telling], office: Organisation, *, now: datetime) -> int:
    """Record made-up people as the office's and mark them; return how many. As the owner of the tables.

    No declaration, list or match ever finds them: what is looked up to join two records is random of theirs.
    """
    with transaction.atomic():
        for told in tellings:
            _plant_one(told, office, now - timedelta(minutes=secrets.randbelow(_OLDEST_DAYS * 1440)))
        audit.record(By.COMMAND, Act.CANARIES_PLANTED, "organisation", office.pk, now=now)
    return len(tellings)


def _plant_one(told: Telling, office: Organisation, recorded_at: datetime) -> None:
    # A name alone joins nobody: no key is made by which a telling of the same would find this record.
    (known,) = record_people([Telling(told.kind, told.name)], organisation_id=office.pk, now=recorded_at)
    Person.objects.filter(pk=known.id).update(matched_at=recorded_at)
    _make_like_others(known, told, office, recorded_at)
    Canary.objects.create(person_id=known.id)


def _make_like_others(known: Known, told: Telling, office: Organisation, recorded_at: datetime) -> None:
    """Give them the facts and as many keys as others have; the keys are nobody's."""
    for kind, text in (
        (Fact.Kind.BIRTH_DATE, told.birth_date),
        (Fact.Kind.SERVICE_NUMBER, told.service_number),
    ):
        if text:
            (fact,) = bulk.new_ids(Fact, 1)
            sealed = vault.seal(known.key, text, place=vault.FACT_PLACE, row=fact)
            Fact.objects.create(
                id=fact, person_id=known.id, kind=kind, sealed=sealed, source=office, recorded_at=recorded_at
            )
    NameKey.objects.create(person_id=known.id, key=os.urandom(_NAME_KEY))
    keys = {secrets.randbits(64) - (1 << 63) for _ in range(_match_keys_of_another(known.id))}
    MatchKey.objects.bulk_create(MatchKey(person_id=known.id, key=key) for key in keys)


def _match_keys_of_another(person: int) -> int:
    """Return how many match keys somebody has who was matched."""
    last = MatchKey.objects.exclude(person=person).order_by("-person").values("person")[:1]
    return MatchKey.objects.filter(person__in=last).count()
