"""The named points at which a worker may die, and how a process of the tests is made to stand still at one.

They are set from outside, by replacing attributes of the product's modules; the product knows nothing of them.
"""

import sys
import threading
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from urllib3.connection import HTTPConnection

from verification.aliyun.client import DomainClient
from verification.aliyun.errors import DomainApiError
from verification.services import opening, pace, send, settle
from verification.services.send import Sender

AFTER_PACE, IN_OPEN, AFTER_OPEN = "after pace", "in open", "after open"
ON_THE_WIRE, AFTER_THE_ANSWER, IN_SETTLE = "on the wire", "after the answer", "in settle"
POINTS = (AFTER_PACE, IN_OPEN, AFTER_OPEN, ON_THE_WIRE, AFTER_THE_ANSWER, IN_SETTLE)

P = ParamSpec("P")
R = TypeVar("R")


class Trap:
    """Holds every hand that passes one point, from the nth passing on, until a line comes in on standard input.

    Each held hand is announced by a line on standard output. Only sending counts: questions to the provider take
    turns and go over the wire too, and pass.
    """

    def __init__(self, point: str, nth: int) -> None:
        self._point = point
        self._left = nth
        self._lock = threading.Lock()
        self._released = threading.Event()
        self._here = threading.local()

    def set(self) -> None:
        """Wrap what the worker calls on its way, and listen for the release."""
        self._wrap(Sender, "work_once", self._sending)
        self._wrap(pace, "take_turn", self._then(AFTER_PACE))
        # The call is written, nothing committed.
        self._wrap(opening, "_record", self._then(IN_OPEN))
        self._wrap(send, "open_call", self._then(AFTER_OPEN))
        self._wrap(DomainClient, "resend_email_verification", self._then(AFTER_THE_ANSWER))
        # The whole request has left when its answer is waited for.
        self._wrap(HTTPConnection, "getresponse", self._first(ON_THE_WIRE))
        # Within settling's transaction: the attempts are written, then everything is.
        self._wrap(settle, "_record_answer", self._first(IN_SETTLE))
        self._wrap(settle, "close_if_done", self._first(IN_SETTLE))
        threading.Thread(target=self._wait_for_release, daemon=True).start()

    def _wrap(self, owner: Any, name: str, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        setattr(owner, name, wrap(getattr(owner, name)))

    def _sending(self, work_once: Callable[P, R]) -> Callable[P, R]:
        def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
            self._here.sending = True
            try:
                return work_once(*args, **kwargs)
            finally:
                self._here.sending = False

        return wrapped

    def _then(self, point: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Hold behind a function, when it has returned something or brought the provider's no."""

        def wrap(function: Callable[P, R]) -> Callable[P, R]:
            def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
                try:
                    result = function(*args, **kwargs)
                except DomainApiError:
                    self._passed(point)
                    raise
                if result is not None:
                    self._passed(point)
                return result

            return wrapped

        return wrap

    def _first(self, point: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Hold before a function."""

        def wrap(function: Callable[P, R]) -> Callable[P, R]:
            def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
                self._passed(point)
                return function(*args, **kwargs)

            return wrapped

        return wrap

    def _passed(self, point: str) -> None:
        if point != self._point or not getattr(self._here, "sending", False):
            return
        with self._lock:
            self._left -= 1
            if self._left > 0 or self._released.is_set():
                return
            print(point, flush=True)
        self._released.wait()

    def _wait_for_release(self) -> None:
        if sys.stdin.readline():
            self._released.set()
