from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from tests.desk import Clock, person, serving
from verification.aliyun.client import DomainClient
from verification.aliyun.sandbox import Sandbox
from verification.providers import domain_client
from verification.services.send import Sender


@pytest.fixture
def mei(db: None) -> User:
    return person("mei")


@pytest.fixture
def lena(db: None) -> User:
    return person("lena")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def start_sandbox(settings: Settings) -> Iterator[Callable[..., Sandbox]]:
    """Start a sandbox, with the given options, as the endpoint of the clients made from now on."""
    with ExitStack() as servers:
        yield lambda *args, **given: servers.enter_context(serving(settings, *args, **given))


@pytest.fixture
def sandbox(start_sandbox: Callable[..., Sandbox]) -> Sandbox:
    return start_sandbox()


@pytest.fixture
def new_client() -> Iterator[Callable[[], DomainClient]]:
    with ExitStack() as clients:

        def made() -> DomainClient:
            client = domain_client()
            clients.callback(client.close)
            return client

        yield made


@pytest.fixture
def new_sender(settings: Settings, clock: Clock, new_client: Callable[[], DomainClient]) -> Callable[[], Sender]:
    """Senders that share the test's clock, where a wait takes no time, without a ceiling for their pace."""
    settings.RESEND_CALLS_PER_SECOND = 0
    return lambda: Sender(new_client(), "a worker", clock.wait, clock)


@pytest.fixture
def sender(sandbox: Sandbox, new_sender: Callable[[], Sender]) -> Sender:
    """A sender to the ordinary sandbox."""
    return new_sender()
