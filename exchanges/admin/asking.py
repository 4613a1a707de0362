"""Doing what a form tells, and saying beside it why that is not possible."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

from exchanges import actions
from people import approvals
from people.models import PersonKey


def tried(form: forms.Form, do: Callable[[datetime], Any]) -> Any:
    """Return what was done, or None with the reason on the form, which keeps all that was typed."""
    try:
        return do(timezone.now())
    except actions.NotPossible as why:
        form.add_error(None, str(why))
    except approvals.NotYours:
        form.add_error(None, "This is for an officer of the office whose record it is, or whom it concerns.")
    except PersonKey.DoesNotExist:
        form.add_error(None, "This person was erased: nothing more is kept about them.")
    return None
