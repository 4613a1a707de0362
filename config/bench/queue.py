"""The Celery application of the usual way: `celery -A config.bench.queue worker`."""

from celery import Celery

app = Celery("bench")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    imports=("config.bench.one_task_a_parcel",),
    task_ignore_result=True,
    worker_hijack_root_logger=False,
    # Celery closes the connection around every task unless told how many may share it.
    CELERY_DB_REUSE_MAX=1_000_000,
)
