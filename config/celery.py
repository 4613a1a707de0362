"""The doorbell. PostgreSQL holds the work; a message only says: drain what is due."""

import gc
import os
from datetime import timedelta

from celery import Celery, signals

from config import alive, unreadable
from people import incidents

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("lifeline", task_cls=unreadable.Message)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_ignore_result=True,
    task_acks_late=True,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    # A child that has done so much, or grown so large (KiB), makes room for a fresh one between two tasks.
    worker_max_tasks_per_child=500,
    worker_max_memory_per_child=512 * 1024,
    task_time_limit=300,
    task_soft_time_limit=240,
    accept_content=["json"],
    task_serializer="json",
    broker_connection_max_retries=None,
    broker_connection_retry_on_startup=True,
    broker_channel_error_retry=True,  # also while Redis has no memory left
    broker_transport="config.unreadable:Transport",  # puts down what is no message
    # A request that rings the bell must not wait for Redis: one short try, and the caller goes on.
    broker_transport_options={
        "socket_timeout": 30,
        "socket_connect_timeout": 0.5,
        "health_check_interval": 10,
        "visibility_timeout": 600,
    },
    task_publish_retry=False,
    # The periods of parcels.workers.ticks: any number of beats may run, one takes the slot.
    beat_schedule={
        "sweep": {"task": "parcels.tick", "schedule": timedelta(seconds=15), "args": ["sweep"]},
        "deadlines": {"task": "parcels.tick", "schedule": timedelta(minutes=1), "args": ["deadlines"]},
        "tidy": {"task": "parcels.tick", "schedule": timedelta(hours=1), "args": ["tidy"]},
        "reconcile": {"task": "parcels.tick", "schedule": timedelta(minutes=5), "args": ["reconcile"]},
        "purge": {"task": "parcels.tick", "schedule": timedelta(minutes=15), "args": ["purge"]},
    },
)
app.autodiscover_tasks()


@signals.task_prerun.connect
def _trace(**kwargs: object) -> None:
    """All lines about one task carry one reference."""
    incidents.begin()


@signals.worker_process_init.connect
def _settle(**kwargs: object) -> None:
    """What is loaded by now stays: the collector need not go through it with every batch of new rows."""
    gc.freeze()


alive.connect(app)
