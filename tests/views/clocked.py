"""The end of a sign-in by a clock that a test moves, for MIDDLEWARE in its settings."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from tests.desk import Clock
from verification.views.idle import IdleMiddleware

CLOCK = Clock()


class ClockedIdleMiddleware(IdleMiddleware):
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        super().__init__(get_response, clock=CLOCK)
