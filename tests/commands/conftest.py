from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from tests.desk import person, serving
from verification.aliyun.sandbox import Sandbox


@pytest.fixture
def mei(transactional_db: None, settings: Settings) -> User:
    settings.RESEND_CALLS_PER_SECOND = 0
    return person("mei")


@pytest.fixture
def start_sandbox(settings: Settings) -> Iterator[Callable[..., Sandbox]]:
    with ExitStack() as servers:
        yield lambda *args, **given: servers.enter_context(serving(settings, *args, **given))


@pytest.fixture
def sandbox(start_sandbox: Callable[..., Sandbox]) -> Sandbox:
    return start_sandbox()
