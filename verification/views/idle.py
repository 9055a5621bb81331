"""How long a sign-in lasts: as long as somebody works, and no longer than a working day.

Pages that refresh themselves say so, and an open tab that nobody looks at signs nobody on.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse

from ..models import DATABASE_AWAY, Clock

IDLE = timedelta(minutes=30)
# A sign of life within this time of the last one is not worth a write.
TOUCH = timedelta(minutes=1)
SIGNED_IN_AT, SEEN_AT = "signed_in_at", "seen_at"


def wall_clock() -> datetime:
    """The clock by which Django itself ends sessions."""
    return datetime.now(UTC)


class IdleMiddleware:
    """Ends a session after 30 minutes without a sign of life, and SESSION_COOKIE_AGE after the sign-in at the latest.

    Comes after the session is known and before the person is read from it. A database that can't be read is left to
    whoever needs it next.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse], clock: Clock = wall_clock) -> None:
        self.get_response = get_response
        self.clock = clock

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            self._look_at(request)
        except DATABASE_AWAY:
            return self.get_response(request)
        response = self.get_response(request)
        if request.session.accessed and SESSION_KEY in request.session:
            _begin(request.session, self.clock())
        return response

    def _look_at(self, request: HttpRequest) -> None:
        session, now = request.session, self.clock()
        if SESSION_KEY not in session:
            return
        _begin(session, now)
        if _is_over(session, now):
            session.flush()
        elif not is_background(request) and now - _moment(session, SEEN_AT) >= TOUCH:
            session[SEEN_AT] = now.timestamp()


def is_background(request: HttpRequest) -> bool:
    """Whether a page asks by itself: by script with a header, without script by a word in the query."""
    return "X-Background" in request.headers or "background" in request.GET


def _begin(session: SessionBase, now: datetime) -> None:
    if SIGNED_IN_AT not in session:
        session[SIGNED_IN_AT] = session[SEEN_AT] = now.timestamp()


def _is_over(session: SessionBase, now: datetime) -> bool:
    working_day = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    return now - _moment(session, SEEN_AT) >= IDLE or now - _moment(session, SIGNED_IN_AT) >= working_day


def _moment(session: SessionBase, name: str) -> datetime:
    return datetime.fromtimestamp(session[name], UTC)
