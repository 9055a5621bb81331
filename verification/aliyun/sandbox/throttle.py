"""One rate for all callers together."""

import math
from collections.abc import Callable
from datetime import datetime
from threading import Lock

from verification.aliyun.sandbox.refusals import Refused

_BURST_SECONDS = 0.1


class Throttle:
    """A bucket that fills with ``rate`` calls a second and holds those of a tenth of a second, at least one.

    It is small so that calls have to be spread over the second. A rate of 0 lets everything through.
    """

    def __init__(self, rate: float, clock: Callable[[], datetime]) -> None:
        self._rate = rate
        self._clock = clock
        self._size = max(1.0, rate * _BURST_SECONDS)
        self._level = self._size
        self._filled_at = clock()
        self._lock = Lock()

    def take(self) -> None:
        """Let one call through. Raises Refused, which says in how many milliseconds there is room for one."""
        if not self._rate:
            return
        with self._lock:
            self._fill()
            if self._level < 1:
                wait = math.ceil((1 - self._level) / self._rate * 1000)
                raise Refused("Throttling.User", retry_after=wait)
            self._level -= 1

    def _fill(self) -> None:
        now = self._clock()
        passed = max(0.0, (now - self._filled_at).total_seconds())
        self._level = min(self._size, self._level + passed * self._rate)
        self._filled_at = now
