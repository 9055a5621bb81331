"""The language of the pages: the person's own choice, else the browser's.

Django's LocaleMiddleware has read the browser before: the cookie of a choice made in it, else the languages it asks
for. A signed-in person's choice is on record and so follows them to any other machine.
"""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from ..models import DATABASE_AWAY, Preference


class PersonLanguageMiddleware:
    """Answers a signed-in person in the language of their choice; comes after the sign-in is known."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if language := _chosen_by(request):
            translation.activate(language)
            request.LANGUAGE_CODE = language
        return self.get_response(request)


def _chosen_by(request: HttpRequest) -> str:
    try:
        person = request.user
        chosen = Preference.objects.filter(person=person.pk).first() if person.is_authenticated else None
    except DATABASE_AWAY:
        # The page that tells of it needs a language too: the browser's.
        return ""
    return chosen.language if chosen and _is_spoken(chosen.language) else ""


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep a choice of language, for the person and for this browser, and lead back to where it was made.

    With `typed` in the query the browser takes along what the form there held, so that nothing typed is lost.
    """
    response = redirect(_way_back(request), preserve_request="typed" in request.GET)
    language = request.POST.get("language", "")
    if _is_spoken(language):
        if isinstance(request.user, User):
            Preference.objects.update_or_create(person=request.user, defaults={"language": language})
        _remember(response, language)
    return response


def _is_spoken(language: str) -> bool:
    return language in dict(settings.LANGUAGES)


def _way_back(request: HttpRequest) -> str:
    path = request.GET.get("next") or request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(path, {request.get_host()}, require_https=request.is_secure())
    return path if safe else reverse("home")


def _remember(response: HttpResponse, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
