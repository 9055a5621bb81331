"""The pages for what went wrong. None of them reads the database, for it may be what went wrong."""

import logging
import sys
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from ..forms import ResendForm
from ..models import DATABASE_AWAY

logger = logging.getLogger(__name__)


class DatabaseAwayMiddleware:
    """Turns a database that can't be reached while a page is made into a page that says so."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, DATABASE_AWAY):
            return None
        logger.error("database not usable (%s)", type(error).__name__)
        return database_away(request)


class WrongMethodMiddleware:
    """Gives a page to a method that its URL doesn't take: mostly the address of an act, opened as a page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        return wrong_method(request, response["Allow"]) if isinstance(response, HttpResponseNotAllowed) else response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(
        request,
        400,
        _("This request can't be read"),
        _("Something in it is not as a browser would send it. Nothing was sent, nothing was changed."),
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(
        request,
        403,
        _("You may not do this"),
        _("Your sign-in has no right to it. If your work needs it, ask a lead; nothing was sent or changed."),
        person=getattr(request, "user", None),
    )


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form from before a sign-in, or from another site."""
    return _page(
        request,
        403,
        _("This page was out of date"),
        _("You have signed in or out since it was opened; nothing was sent or changed. Try again from here."),
        typed=_typed(request),
        person=getattr(request, "user", None),
        offers_sign_in=True,
    )


def signed_out(request: HttpRequest) -> HttpResponse:
    """For a form that comes from nobody: a sign-in page in its place would lose what was typed."""
    return _page(
        request,
        403,
        _("You are signed out"),
        _("Nothing was sent or changed. Sign in in another tab of the browser, then go on here."),
        typed=_typed(request),
        offers_sign_in=True,
    )


def _typed(request: HttpRequest) -> list[tuple[str, str]]:
    """What was typed into the resend form, to be handed back to it."""
    if request.path != reverse("resend"):
        return []
    return [(name, str(request.POST[name])) for name in ResendForm.base_fields if name in request.POST]


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(
        request,
        404,
        _("There is nothing here"),
        _("The link may be cut off or mistyped. Batches and addresses are found through the history."),
    )


def wrong_method(request: HttpRequest, allowed: str) -> HttpResponse:
    response = _page(
        request,
        405,
        _("This is no page"),
        _("The link belongs to a button, which can't be pressed from here. Nothing was sent, nothing was changed."),
    )
    response["Allow"] = allowed
    return response


def too_large(request: HttpRequest, limit: int) -> HttpResponse:
    return _page(
        request,
        413,
        _("That is too much at once"),
        _(
            "This page takes up to %(limit)s. Nothing was sent. Go back: what you typed should still be there; "
            "then split it into smaller parts."
        )
        % {"limit": _size(limit)},
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Django calls it while the exception is being handled: also for what went wrong outside of a view."""
    if isinstance(sys.exception(), DATABASE_AWAY):
        return database_away(request)
    return _page(
        request,
        500,
        _("Something went wrong on our side"),
        _("The operators find it in the log. What was recorded stays recorded: look at the history first."),
    )


def database_away(request: HttpRequest) -> HttpResponse:
    response = _page(
        request,
        503,
        _("The record can't be reached"),
        _(
            "The database doesn't answer. What can't be recorded isn't sent. Try again in a moment: "
            "one form makes one batch, however often it is submitted."
        ),
    )
    response["Retry-After"] = "10"
    return response


def _page(request: HttpRequest, status: int, title: str, text: str, **more: object) -> HttpResponse:
    about = {"status": status, "title": title, "text": text, **more}
    return render(request, "error.html", about, status=status)


def _size(limit: int) -> str:
    mebibyte = 1024 * 1024
    return f"{limit // mebibyte} MB" if limit >= mebibyte else f"{limit // 1024} KB"
