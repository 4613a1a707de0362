"""The product's Celery application with one more schedule, that comes every second."""

from datetime import timedelta

import django

from config.celery import app as app

django.setup()

from parcels.workers import ticks  # noqa: E402

ticks.SCHEDULES["quick"] = ticks.Schedule(1, ("screen",))  # type: ignore[index]
app.conf.beat_schedule["quick"] = {
    "task": "parcels.tick", "schedule": timedelta(seconds=1), "args": ["quick"],
}  # fmt: skip
