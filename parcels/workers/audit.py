"""The audit's own work: alarms first, then sealing what was written, and shipping what is sealed."""

from datetime import timedelta
from typing import Final

import structlog
from django.db.models.functions import Now

from parcels.workers.batches import Stop
from people import alarms, sealing, shipping, verifying
from people.audit import By
from people.models import Alarm, AuditCheck

_EVERY: Final = timedelta(days=1)

log = structlog.get_logger(__name__)


def drain(stop: Stop) -> int:
    """Return how many entries were sealed."""
    alarms.sound_of_canaries()
    alarms.tell()
    sealed = 0
    try:
        while not stop() and (now_sealed := sealing.seal()):
            sealed += now_sealed
    except sealing.TreeBroken:
        log.critical("audit_tree_broken")
        alarms.sound(Alarm.Kind.AUDIT, By.WORKER)
    while not stop() and shipping.ship():
        pass
    return sealed


def verify(stop: Stop) -> int:
    """Verify the whole of it once a day; return how many entries were looked at."""
    if stop() or AuditCheck.objects.filter(at__gt=Now() - _EVERY).exists():
        return 0
    found = verifying.verify()
    verifying.keep(found)
    if found.faults:
        log.critical("audit_does_not_verify", faults=len(found.faults))
        alarms.sound(Alarm.Kind.AUDIT, By.WORKER)
    return found.size
