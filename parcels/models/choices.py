"""Statuses and moves as columns offer them."""

from __future__ import annotations

from parcels.lifecycle import MOVES, OBSERVE, Status

STATUS_CHOICES = [(status.value, status.value.replace("_", " ")) for status in Status]
MOVE_CHOICES = [(name, name.replace("_", " ")) for name in (*MOVES, OBSERVE)]
