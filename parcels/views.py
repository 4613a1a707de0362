"""The family site: one form with one field, and what the parcel with this code says.

The code comes by POST only and goes into no address, log, cookie or session.
"""

from collections.abc import Mapping
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.decorators import method_decorator
from django.utils.functional import Promise
from django.views import View
from django.views.decorators.debug import sensitive_post_parameters

from parcels import family_texts, tracking
from parcels.forms import CodeForm
from people import throttle, trail

HEADERS = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    # Not "no-referrer": with it browsers send "Origin: null", which no check of the origin can accept.
    # No address here holds a secret, and other sites are told nothing.
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'"
    " data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
}
YEAR_S = 365 * 24 * 3600


@method_decorator(sensitive_post_parameters("receipt_code"), name="dispatch")
class FamilyPage(View):
    http_method_names = ("get", "head", "post", "options")

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        for name, value in HEADERS.items():
            response[name] = value
        return response

    def get(self, request: HttpRequest) -> HttpResponse:
        return _home(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = CodeForm(request.POST)
        form.is_valid()
        code = (form.cleaned_data["receipt_code"] or "").strip()
        language = form.cleaned_data.get("language", "")
        if language:
            translation.activate(language)
        if code:
            response = _parcel(request, code)
        elif language:
            response = HttpResponseRedirect("/")
        else:
            response = _home(request, problem=family_texts.EMPTY, status=HTTPStatus.BAD_REQUEST)
        return _remember(response, language)


def _remember(response: HttpResponse, language: str) -> HttpResponse:
    if language:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=YEAR_S,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response


def _home(
    request: HttpRequest, *, problem: Promise | None = None, status: int = HTTPStatus.OK
) -> HttpResponse:
    return _page(request, "family/home.html", {"problem": problem}, status)


def _parcel(request: HttpRequest, code: str) -> HttpResponse:
    now = timezone.now()
    network = throttle.network_of(request, trusted_proxies=settings.TRUSTED_PROXIES)
    try:
        track = tracking.look_up(code, network=network, now=now)
    except tracking.UnknownCode:
        return _home(request, problem=family_texts.NOT_FOUND, status=HTTPStatus.NOT_FOUND)
    except tracking.TooManyWrongCodes as error:
        response = _home(request, problem=family_texts.TOO_MANY, status=HTTPStatus.TOO_MANY_REQUESTS)
        response["Retry-After"] = str(error.retry_after_s)
        return response
    language = translation.get_language() or settings.LANGUAGE_CODE
    particulars = {
        "shown_code": code,
        "reasons": tracking.reasons_to_change(track, language),
        "office": tracking.office(track.parcel_id, language),
    }
    words = _words(track, stayed_behind=tracking.stayed_behind(track, now=now))
    return _page(request, "family/parcel.html", words | particulars)


def _words(track: tracking.Track, *, stayed_behind: bool) -> dict[str, object]:
    look_on = track.next_look_on
    receipt = track.receipt
    wording = family_texts.WORDINGS[track.status]
    return {
        "track": track,
        "wording": family_texts.behind(wording) if stayed_behind else wording,
        "stayed_behind": stayed_behind,
        "since": family_texts.since_text(track.since_on),
        "days": family_texts.days_text((track.today - track.since_on).days),
        "usual": family_texts.usual_text(track.usual_days),
        "look_on": family_texts.date_text(look_on) if look_on else "",
        "way": family_texts.way([entry.status for entry in track.timeline]),
        "story": [(family_texts.WORDINGS[entry.status].word, entry.since_on) for entry in track.timeline],
        "grade": family_texts.GRADES[receipt.grade] if receipt else "",
        "completeness": family_texts.COMPLETENESS[receipt.complete] if receipt else "",
    }


def _page(
    request: HttpRequest, template: str, context: Mapping[str, object], status: int = HTTPStatus.OK
) -> HttpResponse:
    return render(request, template, {**context, "languages": settings.LANGUAGES}, status=status)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    trail.forged(request)
    return render(request, "403_csrf.html", status=HTTPStatus.FORBIDDEN)
