"""Signing in and out, each on record."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.contrib.auth.views import LoginView
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

from ..models import database_now
from ..services import doors
from ..services.ledger import at_page
from .access import address_of


class SignIn(LoginView):
    """Leads on to the page that was asked for, and whoever asked for this one, home."""

    template_name = "sign_in.html"
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in and write the event, or neither."""
        try:
            with transaction.atomic():
                return super().form_valid(form)
        except BaseException:
            # What the session holds already would still be saved at the end of the request.
            self.request.session = type(self.request.session)()
            raise

    # The types are those of a later Django, which hands the request over.
    def get_redirect_url(self) -> str:  # type: ignore[override]
        wanted = super().get_redirect_url()
        # Django would raise an error for a redirection to itself.
        return "" if urlsplit(wanted).path == self.request.path else wanted


@receiver(user_logged_in)
def _tell_signed_in(request: HttpRequest, user: User, **more: Any) -> None:
    doors.signed_in(at_page(user, address_of(request)), database_now())


@receiver(user_logged_out)
def _tell_signed_out(request: HttpRequest, user: User | None, **more: Any) -> None:
    if user is not None:
        doors.signed_out(at_page(user, address_of(request)), database_now())


@receiver(user_login_failed)
def _tell_failed(request: HttpRequest | None = None, **more: Any) -> None:
    doors.failed_to_sign_in(address_of(request) if request else None, database_now())
