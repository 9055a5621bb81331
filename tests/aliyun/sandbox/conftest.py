from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.aliyun.sandbox.calls import KEY, Caller, Clock
from verification.aliyun.sandbox import Options, Sandbox, SandboxServer
from verification.aliyun.signing import Credentials

Start = Callable[..., tuple[Sandbox, Caller]]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def start(clock: Clock) -> Iterator[Start]:
    """Start a sandbox with the given options; return it and a caller that has its key."""
    with ExitStack() as servers:

        def started(*, key: Credentials = KEY, behaviour_of: Any = None, **options: Any) -> tuple[Sandbox, Caller]:
            given = {} if behaviour_of is None else {"behaviour_of": behaviour_of}
            sandbox = Sandbox(Options(credentials=key, **options), clock=clock, **given)
            server = servers.enter_context(SandboxServer(sandbox))
            return sandbox, Caller(server.url, clock, key)

        yield started
