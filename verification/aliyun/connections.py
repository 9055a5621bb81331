"""Connections that know whether a request has begun to leave, and end with the exchange they serve.

Exceptions cannot tell: a refused port and a server that read the request and hung up look alike. So the
connection itself notes the moment when it hands the first byte of the request to its socket, which is past
the connect, a proxy's CONNECT and the TLS handshake.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

# Goes on while the process is stopped and, where the system has such a clock, while the whole machine sleeps.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

_current: ContextVar["Exchange | None"] = ContextVar("exchange", default=None)


def stopwatch() -> float:
    """Seconds by a clock that nobody sets and that no stop of this process or machine holds up."""
    return time.clock_gettime(_CLOCK)


class Exchange:
    """One request and its answer on the wire.

    ``request_left`` is true from just before the first byte is handed over; ``expired`` from the deadline on.
    """

    def __init__(self) -> None:
        self.request_left = False
        self.expired = False
        self._ends = float("inf")
        self._line: socket.socket | None = None
        self._lock = threading.Lock()

    @contextmanager
    def under_way(self, seconds: float, since: float | None = None) -> Iterator[None]:
        """Take part in what this thread sends, and cut the line when ``seconds`` have passed since ``since``.

        ``since`` is a reading of ``stopwatch``, without one it is now. A process that was stopped meanwhile sends
        nothing when it goes on too late, whether or not the watchdog wakes up before it.

        Only the look-up of the host's name can last longer, and then nothing is sent afterwards.
        """
        self._ends = (stopwatch() if since is None else since) + seconds
        watchdog = threading.Timer(max(0.0, self._ends - stopwatch()), self._expire)
        watchdog.daemon = True
        watchdog.start()
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)
            watchdog.cancel()
            watchdog.join()
            self._hold(None)

    def watch(self, sock: socket.socket) -> None:
        """Make ``sock`` the line to cut. Raises TimeoutError if the deadline has passed."""
        # A duplicate of the descriptor, because TLS and a closing connection take the socket object away.
        self._hold(socket.socket(fileno=os.dup(sock.fileno())))
        if self.expired or stopwatch() >= self._ends:
            raise TimeoutError("The deadline of the exchange has passed.")

    def begin(self, sock: socket.socket) -> None:
        """Note that the request is about to leave. Raises TimeoutError if it is too late for that."""
        if not self.request_left:
            self.watch(sock)
            self.request_left = True

    def _hold(self, line: socket.socket | None) -> None:
        with self._lock:
            if self._line is not None:
                self._line.close()
            self._line = line

    def _expire(self) -> None:
        self.expired = True
        with self._lock, suppress(OSError):  # the line may be down already
            if self._line is not None:
                self._line.shutdown(socket.SHUT_RDWR)


class _NoticingConnection(HTTPConnection):
    """Tells the exchange under way which socket it uses and when the request itself begins to leave."""

    _ready = False  # connected to the server itself: past a proxy's CONNECT and the handshake

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        try:
            _under_way().watch(sock)
        except TimeoutError:
            sock.close()
            raise
        return sock

    def _tunnel(self) -> None:
        super()._tunnel()  # takes the end of a line that was cut for the end of the proxy's answer
        _under_way().watch(self.sock)

    def connect(self) -> None:
        super().connect()
        self._ready = True

    def close(self) -> None:
        self._ready = False
        super().close()

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        if self._ready:
            _under_way().begin(self.sock)
        super().send(data)


class _NoticingTlsConnection(_NoticingConnection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _NoticingConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _NoticingTlsConnection


POOLS_BY_SCHEME = {"http": _Pool, "https": _TlsPool}


def _under_way() -> Exchange:
    exchange = _current.get()
    if exchange is None:
        raise RuntimeError("These connections are used within an exchange only.")
    return exchange


def _is_foreign(_record: logging.LogRecord) -> bool:
    return _current.get() is None


# urllib3 writes whole URLs into its log, with their addresses and, in the RPC generation, key id, token and
# signature. Its records about an exchange of ours are dropped; those of other users of urllib3 stay.
for _name in ("urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(_is_foreign)
