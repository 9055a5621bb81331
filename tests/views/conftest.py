from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from tests.desk import addresses, open_for, person
from verification.models import Batch

SignIn = Callable[[str], Client]


class People(dict[str, User]):
    """Whoever is named comes to the desk."""

    def __missing__(self, name: str) -> User:
        self[name] = person(name)
        return self[name]


@pytest.fixture
def people(db: None) -> People:
    """By name: mei (support), lena (lead), aki (auditor), otto (no right at all)."""
    return People()


@pytest.fixture
def three_are_many(settings: Settings) -> None:
    settings.RESEND_APPROVAL_ABOVE = 2


@pytest.fixture
def waiting(people: People, three_are_many: None) -> Batch:
    """Mei's, of three addresses: it waits for approval."""
    return open_for(people["mei"], *addresses(3), reason="Registry mail of <May>", ticket="T-7")


@pytest.fixture
def sign_in(people: People) -> SignIn:
    """A browser in which one of the people is signed in, or nobody ("anonymous")."""

    def signed_in(name: str) -> Client:
        client = Client()
        if name != "anonymous":
            client.force_login(people[name])
        return client

    return signed_in


@pytest.fixture
def mei(sign_in: SignIn) -> Client:
    return sign_in("mei")


@pytest.fixture
def lena(sign_in: SignIn) -> Client:
    return sign_in("lena")


@pytest.fixture
def aki(sign_in: SignIn) -> Client:
    return sign_in("aki")
