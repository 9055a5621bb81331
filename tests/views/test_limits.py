"""How much a request may carry."""

import socket
import threading
from collections.abc import Iterator
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.core.wsgi import get_wsgi_application
from django.test import Client
from django.urls import reverse

from tests.views.pages import preview, typed, words
from verification.views.limits import DRAINED_BYTES, OTHER_BYTES, PASTE_BYTES

MIB = 1024 * 1024


def test_the_resend_form_takes_almost_8_mib(mei: Client) -> None:
    response = preview(mei, typed(paste="one@example.com\n" + "# a long comment\n" * 480_000))

    assert response.status_code == 200
    assert "1 address will be sent" in words(response)


@pytest.mark.parametrize("who", ["mei", "anonymous"])
def test_more_gets_a_page_of_ours(who: str, sign_in: Any) -> None:
    response = preview(sign_in(who), typed(paste="x" * (PASTE_BYTES + 1)))

    assert response.status_code == 413
    assert "up to 8 MB" in words(response)


@pytest.mark.parametrize("path", ["/sign-in/", "/admin/login/", "/setup/check/", "/nowhere/"])
def test_every_other_url_takes_256_kib(path: str, mei: Client) -> None:
    response = mei.post(path, {"x": "y" * OTHER_BYTES})

    assert response.status_code == 413
    assert "up to 256 KB" in words(response)


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    with make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def asked(port: int, announced: int, sent: int) -> bytes:
    """What a browser reads that sends so much of the body it has announced before it reads the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        head = f"POST {reverse('sign-in')} HTTP/1.0\r\nHost: localhost\r\nContent-Length: {announced}\r\n\r\n"
        line.sendall(head.encode())
        for _ in range(sent // MIB):
            line.sendall(b"x" * MIB)
        answer = b""
        while chunk := line.recv(65536):
            answer += chunk
        return answer


def test_a_browser_gets_to_read_the_page(port: int) -> None:
    answer = asked(port, announced=32 * MIB, sent=32 * MIB)

    assert answer.startswith(b"HTTP/1.0 413 ")
    assert b"That is too much at once" in answer


def test_nobody_is_listened_to_without_end(port: int) -> None:
    answer = asked(port, announced=DRAINED_BYTES + 1, sent=0)

    assert answer.startswith(b"HTTP/1.0 413 ")


def test_an_odd_length_is_no_length(client: Client) -> None:
    assert client.get(reverse("healthz"), CONTENT_LENGTH="many").status_code == 200
