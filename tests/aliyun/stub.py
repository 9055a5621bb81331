"""A raw server on loopback that does with each connection exactly what a test says."""

import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType

PACE = 0.01  # seconds between two bytes of a dripping server


@dataclass
class Received:
    """One request as it came over the wire, headers with lower-case names."""

    method: str
    target: str
    headers: dict[str, str]


@dataclass
class Line:
    """One accepted connection. Nothing of it is sent or closed unless a behaviour does so."""

    sock: socket.socket
    server: "StubServer"
    received: list[Received] = field(default_factory=list)

    def read_request(self) -> Received | None:
        """Read the head of a request (bodies are empty here); None if the client has hung up."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = self.sock.recv(1)
            if not byte:
                return None
            head += byte
        request_line, *lines = head.decode("ascii").rstrip("\r\n").split("\r\n")
        method, target, _version = request_line.split(" ")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        self.received.append(Received(method, target, headers))
        return self.received[-1]

    def wait_for_hang_up(self) -> None:
        while self.sock.recv(4096):
            pass

    def reset(self) -> None:
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


Behaviour = Callable[[Line], None]


class StubServer:
    """Runs ``behave`` for every connection in a thread of its own, and closes the connection afterwards."""

    def __init__(self, behave: Behaviour, tls: ssl.SSLContext | None = None) -> None:
        self.behave = behave
        self.lines: list[Line] = []
        self.stopped = threading.Event()
        self.closed_one = threading.Semaphore(0)
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept)]
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def requests(self) -> list[Received]:
        return [request for line in self.lines for request in line.received]

    def __enter__(self) -> "StubServer":
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopped.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        for line in self.lines:
            with suppress(OSError):
                line.sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while not self.stopped.is_set():
                self._take(self._listener.accept()[0])

    def _take(self, sock: socket.socket) -> None:
        line = Line(sock, self)
        self.lines.append(line)
        self._threads.append(threading.Thread(target=self._serve, args=[line]))
        self._threads[-1].start()

    def _serve(self, line: Line) -> None:
        raw = line.sock
        try:
            with suppress(OSError):
                if self._tls:
                    line.sock = self._tls.wrap_socket(raw, server_side=True)
                self.behave(line)
        finally:
            line.sock.close()
            raw.close()
            self.closed_one.release()


def http(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    """Put a whole answer together."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def answers(*whole: bytes) -> Behaviour:
    """Answer every request, the last answer again and again; the connection stays open."""

    def behave(line: Line) -> None:
        waiting = list(whole)
        while line.read_request():
            line.sock.sendall(waiting.pop(0) if len(waiting) > 1 else waiting[0])

    return behave


def says_and_hangs_up(*parts: bytes) -> Behaviour:
    """Read a request, send the parts, close."""

    def behave(line: Line) -> None:
        line.read_request()
        for part in parts:
            line.sock.sendall(part)

    return behave


def says_and_waits(*parts: bytes) -> Behaviour:
    """Read a request, send the parts, and go on saying nothing."""

    def behave(line: Line) -> None:
        says_and_hangs_up(*parts)(line)
        line.wait_for_hang_up()

    return behave


def drips(start: bytes, drop: bytes) -> Behaviour:
    """Read a request and send drop after drop, too often for a read time-out, until the client hangs up."""

    def behave(line: Line) -> None:
        says_and_hangs_up(start)(line)
        while not line.server.stopped.wait(PACE):
            line.sock.sendall(drop)

    return behave


def resets(line: Line) -> None:
    """Read a request and reset the connection."""
    line.read_request()
    line.reset()


def hangs_up_at_once(line: Line) -> None:
    """Close without reading anything."""


def never_reads(line: Line) -> None:
    """Accept the connection and do nothing with it."""
    line.server.stopped.wait()


def tunnels(line: Line) -> None:
    """Be a proxy: connect to where the client wants to go, and pass everything on."""
    request = line.read_request()
    if request is None:
        return
    host, port = request.target.split(":")
    with socket.create_connection((host, int(port))) as far:
        line.sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        back = threading.Thread(target=_pass_on, args=[far, line.sock])
        back.start()
        _pass_on(line.sock, far)
        back.join()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(4096):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_RDWR)
