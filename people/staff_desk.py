"""How a manager lets somebody in, lets them in again, and puts them out: never by a password two know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from people import approvals, rights
from people.actors import Actor
from people.acts import Act
from people.desk import page, staff_of
from people.models import Invitation, Role, Staff
from people.signin import factors, fresh, invitations, sessions


def shown(request: HttpRequest, member: Staff) -> dict[str, Any]:
    """Return what the page of an account shows of its ways in: no names of devices, no addresses."""
    held, reset = factors.held(member), invitations.open_reset(member)
    return {
        "held": held,
        "invited": Invitation.objects.filter(staff=member, closed_at=None).order_by("-pk").first(),
        "invitation_lasts_h": int(invitations.LASTS.total_seconds() // 3600),
        "alive": len(sessions.alive(member, timezone.now())),
        "reset": reset,
        "mine": reset is not None and reset.proposed_by_id == staff_of(request).pk,
        "is_self": member.pk == staff_of(request).pk,
    }


def look_after(request: HttpRequest, member: Staff) -> HttpResponse:
    """Do what was pressed on the page of an account. Each of it needs a factor given just now."""
    fresh.require(request)
    do = _DEEDS.get(request.POST.get("do", ""))
    try:
        answer = do(request, member) if do else None
    except invitations.HasWaysIn:
        messages.error(request, "They can come in already. Two managers decide on a new invitation.")
        answer = None
    except approvals.NotYours:
        messages.error(request, "This is for another manager: of two, neither can be the one it is about.")
        answer = None
    except approvals.NotOpen:
        messages.info(request, "This was proposed or decided already.")
        answer = None
    return answer or HttpResponseRedirect(reverse("admin:people_staff_change", args=[member.pk]))


def show_link(request: HttpRequest, member: Staff, token: str) -> HttpResponse:
    """Show the link, this once: only its hash is kept."""
    link = request.build_absolute_uri(reverse("invitation", args=[token]))
    return page(
        request, "admin/people/invitation.html", f"Invitation of {member}", {"member": member, "link": link}
    )


def _invite(request: HttpRequest, member: Staff) -> HttpResponse:
    return show_link(request, member, invitations.issue(member, by=staff_of(request), now=timezone.now()))


def _propose(request: HttpRequest, member: Staff) -> None:
    invitations.propose_reset(member, by=_manager(request, member), now=timezone.now())
    messages.success(request, "Proposed. Another manager of your office confirms it.")


def _confirm(request: HttpRequest, member: Staff) -> HttpResponse:
    reset = invitations.open_reset(member)
    if reset is None:
        raise approvals.NotOpen
    by = _manager(request, member, reset.organisation_id)
    return show_link(request, member, invitations.confirm_reset(reset, by=by, now=timezone.now()))


def _reject(request: HttpRequest, member: Staff) -> None:
    reset = invitations.open_reset(member)
    if reset is None:
        raise approvals.NotOpen
    by = _manager(request, member, reset.organisation_id)
    approvals.reject(reset.pk, by=by, reason="not_now", now=timezone.now())
    messages.success(request, "Rejected. The account is as it was.")


def _end_sessions(request: HttpRequest, member: Staff) -> None:
    ended = sessions.end(member)
    factors.note(member, Act.SESSION_ENDED, by=staff_of(request))
    messages.success(request, f"Ended: {ended} session{'' if ended == 1 else 's'} of {member}.")


def _manager(request: HttpRequest, member: Staff, office: int | None = None) -> Actor:
    """Return who asks, acting for the office in which both are, or for the one given."""
    manager = staff_of(request)
    mine = sorted(organisation for organisation, role in rights.held(manager) if role == Role.MANAGER)
    theirs = set(member.grants.not_ended().values_list("organisation_id", flat=True))
    office = office or next((each for each in mine if each in theirs), mine[0])
    return fresh.actor_of(request, office)


_DEEDS: Final[Mapping[str, Callable[[HttpRequest, Staff], HttpResponse | None]]] = {
    "invite": _invite,
    "propose": _propose,
    "confirm": _confirm,
    "reject": _reject,
    "end_sessions": _end_sessions,
}
