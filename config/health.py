"""Whether the product lives and is ready, and figures for its operator. Nothing here names a person."""

import ipaddress

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from parcels.custody_log import CUSTODY
from parcels.workers import liveness
from people import sealing, shipping
from people.audit_tree import AUDIT
from people.models import Alarm

AUDIT_BEHIND_S = 600

# Written out: `is_private` counts addresses for documentation among them.
_LOCAL = tuple(
    ipaddress.ip_network(network)
    for network in (
        "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7", "fe80::/10",
    )
)  # fmt: skip


def livez(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """Ready means: the database answers and is migrated. Redis is only the doorbell.

    While names are locked families are still answered, so that is said and makes nothing unready.
    """
    keys = "ok" if settings.KEYS.can_unwrap() else "locked: two officers must unlock"
    checks = {"database": _database(), "redis": _redis(), "keys": keys}
    if checks["database"] == "ok":
        # Said, and nothing more: who only looks need not wait for a log server.
        checks["audit"] = "behind" if _audit_age_s() > AUDIT_BEHIND_S else "ok"
        checks["workers"] = liveness.summary()
    return JsonResponse(checks, status=200 if checks["database"] == "ok" else 503)


def _database() -> str:
    try:
        executor = MigrationExecutor(connection)
        behind = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "unreachable"
    return "not migrated" if behind else "ok"


def _redis() -> str:
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5
        ) as client:
            client.ping()
    except redis.RedisError:
        return "unreachable"
    return "ok"


def metrics(request: HttpRequest) -> HttpResponse:
    """Local network only: figures by status tell an outsider too much."""
    if not _is_local(request.META.get("REMOTE_ADDR", "")) or "HTTP_X_FORWARDED_FOR" in request.META:
        raise Http404
    registry = CollectorRegistry()
    with connection.cursor() as cursor:
        parcels = Gauge("lifeline_parcels", "Parcels by status", ["status"], registry=registry)
        cursor.execute("SELECT status, count(*) FROM parcels_parcel GROUP BY status")
        for status, number in cursor.fetchall():
            parcels.labels(status).set(number)
        cursor.execute(
            "SELECT (SELECT count(*) FROM parcels_parcel WHERE overdue_since IS NOT NULL),"
            " (SELECT count(*) FROM parcels_batch), (SELECT count(*) FROM parcels_quarantine),"
            " (SELECT COALESCE(extract(epoch FROM clock_timestamp() - min(made_at)), 0) FROM parcels_batch),"
            " (SELECT count(*) FROM parcels_difference WHERE gone_at IS NULL),"
            " (SELECT count(*) FROM parcels_liveness"
            "   WHERE seen_at < clock_timestamp() - make_interval(secs => %s)),"
            " (SELECT COALESCE(extract(epoch FROM clock_timestamp() - max(ended_at)), -1)"
            "    FROM parcels_reconciliation)",
            [liveness.SILENT_AFTER.seconds],
        )
        names = (
            "overdue_parcels", "open_batches", "quarantined_parcels", "oldest_batch_age_seconds",
            "open_differences", "silent_workers", "reconciliation_age_seconds",
        )  # fmt: skip
        for name, value in zip(names, cursor.fetchone(), strict=True):
            Gauge(f"lifeline_{name}", name.replace("_", " "), registry=registry).set(value)
    _measure_audit(registry)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _measure_audit(registry: CollectorRegistry) -> None:
    unshipped, age_s = shipping.lag()
    for name, value in (
        ("custody_unsealed_movements", sealing.unsealed(CUSTODY)),
        ("audit_unsealed_entries", sealing.unsealed(AUDIT)),
        ("audit_unshipped_entries", unshipped),
        ("audit_unshipped_age_seconds", age_s),
        ("open_alarms", Alarm.objects.filter(closed_at=None).count()),
    ):
        Gauge(f"lifeline_{name}", name.replace("_", " "), registry=registry).set(value)


def _audit_age_s() -> float:
    """Return how old the oldest entry is that was not sealed yet, or not shipped."""
    return max(sealing.oldest_unsealed_s(AUDIT, "e.at"), shipping.lag()[1])


def _is_local(address: str) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(ip in network for network in _LOCAL)
