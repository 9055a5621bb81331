"""Signing in."""

from urllib.parse import urlsplit

from django.contrib.auth.views import LoginView


class SignIn(LoginView):
    """Leads on to the page that was asked for, and whoever asked for this one, home."""

    template_name = "sign_in.html"
    redirect_authenticated_user = True

    # The types are those of a later Django, which hands the request over.
    def get_redirect_url(self) -> str:  # type: ignore[override]
        wanted = super().get_redirect_url()
        # Django would raise an error for a redirection to itself.
        return "" if urlsplit(wanted).path == self.request.path else wanted
