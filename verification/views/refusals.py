"""Refusals are on record: who asked for a page or an act without the right to it."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from ..models import database_now
from ..services import doors
from . import errors
from .access import actor_of

# What the admin shows to everybody.
OPEN_IN_ADMIN = {"admin:login", "admin:logout", "admin:jsi18n"}


class RefusalMiddleware:
    """Writes an event for every refusal of a signed-in person, at the desk and in the admin."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], *given: Any) -> HttpResponse | None:
        """Refuse the admin to a person who may not enter it; its own answer is a page to sign in once more."""
        asked_for = request.resolver_match
        if asked_for is None or asked_for.app_name != "admin" or asked_for.view_name in OPEN_IN_ADMIN:
            return None
        if not request.user.is_authenticated or admin.site.has_permission(request):
            return None
        refusal = PermissionDenied()
        self.process_exception(request, refusal)
        raise refusal

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        if isinstance(error, PermissionDenied) and request.user.is_authenticated and request.resolver_match:
            doors.refused(actor_of(request), *_asked_for(request), database_now())


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Refuse a form without its token, on record where somebody is signed in."""
    if request.user.is_authenticated:
        doors.refused_without_token(actor_of(request), *_asked_for(request), database_now())
    return errors.csrf_failed(request, reason)


def _asked_for(request: HttpRequest) -> tuple[str, str]:
    """The page by its name, for a path in the admin is whatever somebody typed; and the method."""
    assert request.resolver_match
    return request.resolver_match.view_name, request.method or ""
