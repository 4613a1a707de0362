"""What an office holds on one human being, for that human being: made in memory, kept nowhere.

Two officers allow it once; whoever of them hands it out reads it before. Other people are described in it and
not named, and what could do harm is in no such file.
"""

from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.template.loader import render_to_string

from parcels.erasing import reach
from parcels.subject_file.sections import SECTIONS
from parcels.subject_file.subject import Subject
from parcels.subject_file.words import Words
from people import approvals, audit, requests
from people.actors import Actor
from people.acts import Act
from people.models import Approval, Person, Purpose, RightsRequest
from people.requests import SUBJECT, NotPossible

FILE: Final = "subject_file"
LANGUAGES: Final = ("en", "ru", "uk")


def propose(request: RightsRequest, *, by: Actor, now: datetime) -> Approval:
    """Propose to make the file once; another officer confirms it.

    :raises approvals.NotYours: if it is another office's, or `by` is no officer
    :raises approvals.NotOpen: if that is proposed already
    :raises NotPossible: if it was not asked for
    """
    if request.organisation_id != by.organisation_id:
        raise approvals.NotYours
    if request.kind != RightsRequest.Kind.ACCESS:
        raise NotPossible("Nobody asked for a file.")
    return approvals.propose(SUBJECT, request.pk, FILE, by=by, details={}, now=now)


@approvals.carries_out(FILE)
def _allow(approval: Approval, by: Actor, now: datetime) -> None:
    """Nothing happens yet: who hands it out uses the approval up."""


def usable(request: RightsRequest) -> Approval | None:
    """Return an approval of this request's file that was not used yet."""
    unused = approvals.unused(SUBJECT, request.pk, FILE, office_id=request.organisation_id)
    return unused.order_by("pk").first()


def hand_out(request: RightsRequest, language: str, *, by: Actor, now: datetime) -> bytes:
    """Return a ZIP archive of the file as a page and as JSON, and end the request.

    :raises approvals.NotYours: if it is another office's, or `by` is no officer
    :raises approvals.NotApproved: without an approval of two officers that is good for this
    """
    requests.check_officer(request.person, by)
    allowed = usable(request)
    with transaction.atomic():
        approvals.use_up(
            allowed.pk if allowed else None, SUBJECT, request.pk, FILE,
            office_id=by.organisation_id, staff_id=by.staff_id, now=now,
        )  # fmt: skip
        made = _made(request, language, now)
        audit.record(
            by, Act.SUBJECT_FILE, "person", request.person_id, purpose=Purpose.RIGHTS_REQUEST, now=now
        )
        requests.answered(request, by=by, now=now)
    return _archive(made)


def _made(request: RightsRequest, language: str, now: datetime) -> dict[str, Any]:
    """Return the file as plain data; labels and words are in its language, names of parts are not."""
    words = Words(language)
    found = reach(request.person)
    people = Person.objects.filter(pk__in=found.people).select_related("organisation").order_by("pk")
    subject = Subject(list(people), found.entries, words, now)
    return {
        "language": language,
        "title": words["title"],
        "made": words["made"].format(date=now.date().isoformat(), reference=request.reference),
        "sections": [
            {
                "name": section.name,
                "title": words[section.name],
                "rows": [
                    {words[label]: text for label, text in row.items() if text}
                    for row in section.tell(subject)
                ],
            }
            for section in SECTIONS
        ],
        "left_out": {"title": words["left_out"], "text": words["left_out_text"]},
        "nothing": words["nothing"],
    }


def _archive(made: dict[str, Any]) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("file.html", render_to_string("admin/parcels/subject_file.html", made))
        archive.writestr("file.json", json.dumps(made, ensure_ascii=False, indent=1))
    return kept.getvalue()
