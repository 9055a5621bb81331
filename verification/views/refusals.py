"""Refusals are on record: who asked for a page or an act without the right to it."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from ..models import database_now
from ..services import doors
from .access import actor_of


class RefusalMiddleware:
    """Writes an event for every refusal of a signed-in person, at the desk and in the admin."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        if isinstance(error, PermissionDenied) and request.user.is_authenticated and request.resolver_match:
            # The page by its name: a path in the admin is whatever somebody typed.
            doors.refused(actor_of(request), request.resolver_match.view_name, request.method or "", database_now())
