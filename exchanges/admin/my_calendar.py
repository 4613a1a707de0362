"""One's own calendar: the secret address under which a calendar program finds the visits one is named on."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from exchanges.actions import issue_calendar, withdraw_calendar
from exchanges.models import CalendarAddress
from people.desk import page, staff_of


def my_calendar(request: HttpRequest) -> HttpResponse:
    staff, address = staff_of(request), None
    if request.method == "POST":
        if request.POST.get("do") == "withdraw":
            if withdraw_calendar(staff.pk, now=timezone.now()):
                messages.success(request, "The address is withdrawn. Calendars that knew it find nothing.")
            return HttpResponseRedirect(reverse("admin:exchanges_my_calendar"))
        token = issue_calendar(staff.pk, now=timezone.now())
        address = settings.PUBLIC_URL.rstrip("/") + reverse("calendar", args=[token])
    given = CalendarAddress.objects.filter(staff=staff).first()
    context = {"address": address, "given": given}
    return page(request, "admin/exchanges/my_calendar.html", "My calendar", context)
