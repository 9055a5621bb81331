"""Puts a sandbox on a port of this machine: HTTP/1.1 with connections kept alive, one thread for each."""

import socket
import sys
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address, ip_network
from socketserver import TCPServer
from threading import Condition, Event, Thread
from types import TracebackType
from typing import Any, Self

from verification.aliyun.sandbox.gateway import Sandbox
from verification.aliyun.sandbox.wire import Answer, HungUp, read_request

_LOOPBACK = ip_network("127.0.0.0/8")
_LARGEST_BODY = 8 * 1024 * 1024
_IDLE_SECONDS = 75
_GRACE_SECONDS = 0.3


class SandboxServer:
    """Serves a sandbox until it is closed; a context manager starts and closes it.

    It listens on loopback only: any other host raises ValueError. With port 0 the system chooses a free one,
    and ``url`` tells which. The sandbox outlives its server: its log can be read afterwards, and a new server
    may serve it on.
    """

    def __init__(self, sandbox: Sandbox, *, host: str = "127.0.0.1", port: int = 0) -> None:
        if ip_address(host) not in _LOOPBACK:
            raise ValueError("The sandbox listens on an IPv4 loopback address only.")
        self.sandbox = sandbox
        self._address = host, port
        self._listener: _Listener | None = None
        self._thread: Thread | None = None

    @property
    def url(self) -> str:
        """The address to point a client at, without a slash at its end. RuntimeError before the start."""
        if self._listener is None:
            raise RuntimeError("The sandbox's server has not been started.")
        host, port = self._listener.server_address[:2]
        return f"http://{host!s}:{port}"

    def start(self) -> None:
        """Listen; requests are accepted when this returns. Raises OSError if the port can't be had."""
        self._listener = _Listener(self._address, self.sandbox)
        self._thread = Thread(target=self._listener.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening, let answers in hand leave, and hang up on requests that wait on purpose."""
        if self._listener and self._thread:
            self._listener.shutdown()
            self._thread.join()
            self._listener.end_connections()
            self._listener.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        exc_traceback: TracebackType | None,
    ) -> None:
        self.close()


class _Listener(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def __init__(self, address: tuple[str, int], sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._ending = Event()
        self._connections: set[socket.socket] = set()
        self._changed = Condition()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind without asking the name service for this host's name, as the base class does."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def pause(self, seconds: float) -> None:
        """Wait; raises HungUp when the server ends meanwhile."""
        if self._ending.wait(seconds):
            raise HungUp

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        with self._changed:
            self._connections.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._changed:
            self._connections.discard(request)
            self._changed.notify_all()

    def end_connections(self) -> None:
        """Take no more requests from open connections; after a short grace cut those that still answer."""
        self._ending.set()
        with self._changed:
            self._shut(socket.SHUT_RD)
            if not self._changed.wait_for(lambda: not self._connections, _GRACE_SECONDS):
                self._shut(socket.SHUT_RDWR)
                self._changed.wait_for(lambda: not self._connections, _GRACE_SECONDS)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print where a request failed, and not with what: the message might hold an address."""
        error = sys.exception()
        if error is not None and not isinstance(error, ConnectionError | TimeoutError):
            where = "".join(traceback.format_tb(error.__traceback__))
            print(f"A request failed with {type(error).__name__}:\n{where}", file=sys.stderr)

    def _shut(self, how: int) -> None:
        for connection in self._connections:
            try:
                connection.shutdown(how)
            except OSError:  # The other side was quicker.
                continue


class _Handler(BaseHTTPRequestHandler):
    server: _Listener
    protocol_version = "HTTP/1.1"
    server_version = "ResendDeskSandbox"
    sys_version = ""
    timeout = _IDLE_SECONDS
    # Headers and body leave in one piece: two small ones would wait for each other's acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            return
        incoming = read_request(self.command, self.path, self.headers.items(), body, self.client_address[0])
        try:
            answer = self.server.sandbox.answer(incoming, self.server.pause)
        except HungUp:
            self.close_connection = True
        else:
            self._write(answer)

    do_GET = do_PUT = do_PATCH = do_DELETE = do_POST

    def handle_expect_100(self) -> bool:
        """Let the permission to go on leave at once: the client waits for it before it sends the body."""
        allowed = super().handle_expect_100()
        self.wfile.flush()
        return allowed

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Write the ``Date`` header by the sandbox's clock, so that clocks that disagree can be played."""
        return super().date_time_string(int(self.server.sandbox.now().timestamp()))

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: the request line holds addresses, signatures and security tokens."""

    def _body(self) -> bytes | None:
        """Read the body. Returns None after refusing one without a length or with far too much of it."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdigit()):
            self.send_error(411)
        elif int(length) > _LARGEST_BODY:
            self.send_error(413)
        else:
            return self.rfile.read(int(length))
        return None

    def _write(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body[: len(answer.body) // 2] if answer.cut else answer.body)
        if answer.cut:
            self.close_connection = True
