"""Movements are sealed in the custody log, entries of the audit in its tree, each under a signed head."""

from datetime import timedelta
from typing import Any, Final, NamedTuple

import structlog
from django.db.models import Model
from django.db.models.functions import Now

from parcels import outbox
from parcels.custody_log import CUSTODY
from parcels.models import CustodyCheck
from parcels.workers.batches import Stop
from people import alarms, sealing, verifying
from people.audit import By
from people.audit_tree import AUDIT
from people.models import Alarm, AuditCheck
from people.sealing import Tree

_EVERY: Final = timedelta(days=1)

log = structlog.get_logger(__name__)


class _Log(NamedTuple):
    tree: Tree
    alarm: Alarm.Kind
    checks: type[Model]


_LOGS: Final = (
    _Log(CUSTODY, Alarm.Kind.CUSTODY, CustodyCheck),
    _Log(AUDIT, Alarm.Kind.AUDIT, AuditCheck),
)


def drain(stop: Stop) -> int:
    """Seal what is new and tell partners of heads; return how many rows were sealed.

    A log whose tree is broken stands still; the other goes on.
    """
    sealed = 0
    for each in _LOGS:
        try:
            sealed += sealing.seal_all(each.tree, stop)
        except sealing.TreeBroken:
            log.critical("tree_broken", log=each.tree.log)
            alarms.sound(each.alarm, By.WORKER)
    outbox.tell_newest_head()
    return sealed


def verify(stop: Stop) -> int:
    """Verify the whole of each log once a day; return how many rows were looked at."""
    return sum(0 if stop() else _verify(each) for each in _LOGS)


def _verify(of: _Log) -> int:
    checks: Any = of.checks._default_manager
    if checks.filter(at__gt=Now() - _EVERY).exists():
        return 0
    found = verifying.verify(of.tree)
    checks.create(size=found.size, faults=len(found.faults), first=found.first)
    if found.faults:
        log.critical("log_does_not_verify", log=of.tree.log, faults=len(found.faults))
        alarms.sound(of.alarm, By.WORKER)
    return found.size
