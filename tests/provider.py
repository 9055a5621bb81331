"""A scripted provider on loopback: it plays one behaviour for each request, and remembers what it saw."""

import json
import ssl
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qs, urlsplit

from tests.aliyun.stub import PACE, Line, StubServer, http

MIB = b"x" * 1024 * 1024
NOBODY_ASKED = "stranger@example.net"


@dataclass(frozen=True)
class Asked:
    """One request that has arrived, and what a behaviour answers it with."""

    emails: tuple[str, ...]
    line: Line
    provider: "Provider"

    def mail(self) -> None:
        """Let the mails go out, whatever the answer will be."""
        self.provider.mailed.extend(self.emails)

    def send(self, data: bytes) -> None:
        self.line.sock.sendall(data)

    def stay_silent(self) -> None:
        self.line.wait_for_hang_up()


Behaviour = Callable[[Asked], None]


class Provider(StubServer):
    """Plays its script over all connections together, the last behaviour again and again.

    `mailed` are the addresses to which a mail "went out", in order. A behaviour that returns leaves the connection
    open for the next request, unless it has closed it.
    """

    def __init__(self, *script: Behaviour, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(self._play, tls)
        self.mailed: list[str] = []
        self._script = list(script)

    def __enter__(self) -> Self:
        super().__enter__()
        return self

    def _play(self, line: Line) -> None:
        while received := line.read_request():
            query = parse_qs(urlsplit(received.target).query)
            behaviour = self._script.pop(0) if len(self._script) > 1 else self._script[0]
            behaviour(Asked(tuple(query["Email"][0].split(",")), line, self))


def accepts(asked: Asked) -> None:
    asked.mail()
    asked.send(lists(asked.emails))


def accepts_and_closes(asked: Asked) -> None:
    """Answer as if the connection stayed open, and close it."""
    accepts(asked)
    asked.line.sock.close()


def lists(accepted: Iterable[str], refused: Mapping[str, str] | None = None) -> bytes:
    """An answer with both lists, as the documentation of today prints it."""
    yes = [{"Email": email, "Code": "Success", "Message": "success"} for email in accepted]
    no = [{"Email": email, "Code": code, "Message": code} for email, code in (refused or {}).items()]
    answer = {"RequestId": "0EB5C9B2", "SuccessList": yes, "FailList": no}
    return http(json.dumps(answer).encode(), Content_Type="application/json")


def says(answer: bytes) -> Behaviour:
    """Answer the same whatever was asked, and send no mail."""
    return lambda asked: asked.send(answer)


def refuses(code: str, status: str = "400 Bad Request", **headers: str) -> Behaviour:
    envelope = {"RequestId": "0EB5C9B2", "HostId": "domain.aliyuncs.com", "Code": code, "Message": f"It is {code}."}
    return says(http(json.dumps(envelope).encode(), status, Content_Type="application/json", **headers))


def refuses_address(wrong: str) -> Behaviour:
    """Refuse every call that carries the wrong address, and take all others."""
    no = refuses("ParameterIllegal")
    return lambda asked: no(asked) if wrong in asked.emails else accepts(asked)


def omits(asked: Asked) -> None:
    """Answer about the first address only."""
    asked.mail()
    asked.send(lists(asked.emails[:1]))


def contradicts_itself(asked: Asked) -> None:
    """Put every address into both lists."""
    asked.mail()
    asked.send(lists(asked.emails, dict.fromkeys(asked.emails, "SendTokenQuotaExceeded")))


def shouts(asked: Asked) -> None:
    """Write the addresses in capital letters."""
    asked.mail()
    asked.send(lists([email.upper() for email in asked.emails]))


def adds_a_stranger(asked: Asked) -> None:
    asked.mail()
    asked.send(lists([NOBODY_ASKED, *asked.emails]))


def is_silent_before_mailing(asked: Asked) -> None:
    asked.stay_silent()


def is_silent_after_mailing(asked: Asked) -> None:
    asked.mail()
    asked.stay_silent()


def drips_a_body(asked: Asked) -> None:
    asked.mail()
    _drip(asked, b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n", b" ")


def drips_headers(asked: Asked) -> None:
    asked.mail()
    _drip(asked, b"HTTP/1.1 200 OK\r\nX-Endless: ", b"x")


def _drip(asked: Asked, start: bytes, drop: bytes) -> None:
    asked.send(start)
    while not asked.provider.stopped.wait(PACE):
        asked.send(drop)


def resets(asked: Asked) -> None:
    asked.mail()
    asked.line.reset()


def breaks_off(asked: Asked) -> None:
    """Send half of an answer and close."""
    asked.mail()
    answer = lists(asked.emails)
    asked.send(answer[: -len(answer) // 4])
    asked.line.sock.close()


def talks_for_64_mib(asked: Asked) -> None:
    asked.mail()
    asked.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (64 * len(MIB)))
    for _ in range(64):
        asked.send(MIB)


def redirects(asked: Asked) -> None:
    """Point to another path of this very server, which would count a second request."""
    elsewhere = f"{asked.provider.url}/elsewhere?Email=x"
    asked.send(http(b"", "302 Found", Location=elsewhere))


BAD_GATEWAY = says(http(b"<html><h1>502 Bad Gateway</h1></html>", "502 Bad Gateway", Content_Type="text/html"))
UNAVAILABLE = says(http(b"", "503 Service Unavailable"))
GARBAGE = says(http(b"\x89PNG\r\n\x1a\n\x00 no answer", Content_Type="application/json"))
