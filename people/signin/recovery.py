"""Ten codes on paper for when every other factor is lost: each works once."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import Final

from django.db import transaction

from people.models import RecoveryCode, Staff

HOW_MANY: Final = 10
# Crockford's base32. 24 characters are 120 bits: from 112 on a plain hash will do (ASVS 5.0 6.5.2).
_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH: Final = 24
_ALIKE: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


@transaction.atomic
def make_new(staff: Staff) -> list[str]:
    """Return ten new codes; those before are dead. They are shown this once."""
    words = ["".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)) for _ in range(HOW_MANY)]
    # Two who ask at once get one set that works.
    Staff.objects.select_for_update().get(pk=staff.pk)
    RecoveryCode.objects.filter(staff=staff).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(staff=staff, code_hash=_hash(word)) for word in words)
    return ["-".join(word[at : at + 4] for at in range(0, _LENGTH, 4)) for word in words]


def use(staff: Staff, code: str, now: datetime) -> bool:
    """Whether it is one of theirs, and use it up: of any number who send it at once, one is answered yes."""
    word = code.upper().translate(_ALIKE)
    if len(word) != _LENGTH:
        return False
    unused = RecoveryCode.objects.filter(staff=staff, code_hash=_hash(word), used_at=None)
    return unused.update(used_at=now) == 1


def left(staff: Staff) -> int:
    return RecoveryCode.objects.filter(staff=staff, used_at=None).count()


def _hash(word: str) -> bytes:
    return hashlib.sha256(word.encode()).digest()
