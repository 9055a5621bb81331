"""Signing in."""

from urllib.parse import urlsplit

from django.contrib.auth.views import LoginView


class SignIn(LoginView):
    """Leads on to the page that was asked for, and whoever asked for this one, home."""

    template_name = "sign_in.html"
    redirect_authenticated_user = True

    def get_redirect_url(self) -> str:
        wanted = super().get_redirect_url()
        # Django would raise an error for a redirection to itself.
        return "" if urlsplit(wanted).path == self.request.path else wanted
