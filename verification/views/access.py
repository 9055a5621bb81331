"""Who may open which page: one decorator, used by every view behind the sign-in."""

from collections.abc import Callable
from functools import wraps
from ipaddress import IPv6Address, ip_address
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh

from ..models import Batch
from ..services.ledger import Actor, at_page
from .errors import signed_out

SEND = "verification.send_batch"
STOP_ANY = "verification.stop_any_batch"
OVERRIDE = "verification.override_rules"
APPROVE = "verification.approve_batch"
READ = "verification.read_history"
EXPORT = "verification.export_history"
SEE_ADDRESSES = "verification.see_addresses"
REVEAL = "verification.reveal_address"
READ_TRAIL = "verification.read_trail"
EXPORT_EVIDENCE = "verification.export_evidence"
EXPORT_ADDRESSES = "verification.export_addresses"

Rest = ParamSpec("Rest")
View = Callable[Concatenate[HttpRequest, Rest], HttpResponseBase]


def needs(permission: str) -> Callable[[View[Rest]], View[Rest]]:
    """Let signed-in people with the permission in; ask others to sign in, or tell them that they may not."""

    def decorate(view: View[Rest]) -> View[Rest]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _to_sign_in(request)
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def needs_to_act(permission: str) -> Callable[[View[Rest]], View[Rest]]:
    """As `needs`, for what a button does: only by POST, and nobody is led to sign in for a page that isn't one."""

    def decorate(view: View[Rest]) -> View[Rest]:
        by_post = needs(permission)(require_POST(view))

        @wraps(view)
        def guarded(request: HttpRequest, /, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponseBase:
            if request.method != "POST" and not request.user.is_authenticated:
                return HttpResponseNotAllowed(["POST"])
            return by_post(request, *args, **kwargs)

        return guarded

    return decorate


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request"):
        # A fragment must not be replaced by the sign-in page; a reload of the whole page leads there.
        return HttpResponseClientRefresh()
    if request.method not in ("GET", "HEAD"):
        return signed_out(request)
    return redirect_to_login(request.get_full_path())


def person_of(request: HttpRequest) -> User:
    """The signed-in person; only for views that `needs` guards."""
    assert isinstance(request.user, User)
    return request.user


def sees_addresses(request: HttpRequest) -> bool:
    """Whether addresses are shown to whoever asks in full; to others they are shown masked."""
    user = getattr(request, "user", None)
    return user is not None and user.has_perm(SEE_ADDRESSES)


def may_steer(person: User, batch: Batch) -> bool:
    """Whether a person may stop and resume a batch: their own with the right to send, any with a right of its own."""
    return person.has_perm(STOP_ANY) or (batch.requested_by_id == person.pk and person.has_perm(SEND))


def actor_of(request: HttpRequest) -> Actor:
    """The signed-in person as the trail names them; only for views that `needs` guards."""
    return at_page(person_of(request), address_of(request))


def address_of(request: HttpRequest) -> str | None:
    """The machine a request came from; behind our own proxy, the one that the proxy saw."""
    came_from = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        came_from = request.headers.get("X-Forwarded-For", came_from).rpartition(",")[2].strip()
    try:
        found = ip_address(came_from)
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        if found.scope_id or _holds_ipv4(found):
            return None
        return str(found.ipv4_mapped or found)
    return str(found)


def _holds_ipv4(address: IPv6Address) -> bool:
    """Whether it is of the form ::192.0.2.1, which no machine has: PostgreSQL would write it anew, against the hash."""
    return 1 < int(address) < 1 << 32
