"""Ports that don't answer, and a look at what a call leaves behind."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest


@pytest.fixture
def no_watchdog_is_left() -> Iterator[None]:
    yield
    assert not [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]


@pytest.fixture
def full_backlog() -> Iterator[str]:
    """A port that neither accepts nor refuses."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def refused_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    return f"http://127.0.0.1:{port}"
