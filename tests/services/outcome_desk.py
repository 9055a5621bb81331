"""A desk with one person, whose calls go through the real sender and client to wherever a test says."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import unescape

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags
from pytest_django import Settings

from tests.desk import open_for, person
from tests.provider import Behaviour, Provider
from verification.models import Attempt, Batch, Call, database_now
from verification.providers import domain_client
from verification.services.send import Sender

ANN, BOB = "ann@example.com", "bob@example.com"


def desk_of_mei(settings: Settings) -> "Desk":
    """Time-outs that no loopback server reaches unless it means to, and no ceiling for the pace."""
    settings.RESEND_CONNECT_TIMEOUT = settings.RESEND_READ_TIMEOUT = 10.0
    settings.RESEND_CALLS_PER_SECOND = 0
    return Desk(settings, person("mei"))


@dataclass
class Desk:
    """`ahead` is how far the desk's clock is ahead; a wait moves it and takes no time."""

    settings: Settings
    person: User
    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return database_now() + self.ahead

    def wait(self, seconds: float) -> bool:
        self.ahead += timedelta(seconds=seconds)
        return False

    def open(self, *emails: str) -> Batch:
        return open_for(self.person, *emails, now=self.now())

    @contextmanager
    def sender(self, endpoint: str) -> Iterator[Sender]:
        self.settings.DOMAIN_API_ENDPOINT = endpoint
        client = domain_client()
        try:
            yield Sender(client, "a worker", self.wait, self.now)
        finally:
            client.close()

    def call(self, batch: Batch, endpoint: str, times: int = 1) -> None:
        """Carry so many calls of the batch, by one sender over one connection."""
        with self.sender(endpoint) as sender:
            for _ in range(times):
                assert sender.work_once(batch)

    def work_off(self, batch: Batch, endpoint: str) -> None:
        """Carry calls of the batch until it has none left that may go."""
        with self.sender(endpoint) as sender:
            while sender.work_once(batch):
                pass

    def play(self, *script: Behaviour, emails: tuple[str, ...] = (ANN, BOB)) -> "Seen":
        """Let a provider play its script for a new batch, one call for each behaviour."""
        batch = self.open(*emails)
        with Provider(*script) as provider:
            self.call(batch, provider.url, len(script))
        return Seen(batch, provider)


@dataclass
class Seen:
    """What the record says of a batch, and what the provider saw of it."""

    batch: Batch
    provider: Provider

    def __post_init__(self) -> None:
        self.batch.refresh_from_db()

    @property
    def page(self) -> str:
        return page_of(self.batch)

    @property
    def requests(self) -> int:
        return len(self.provider.requests)

    @property
    def calls(self) -> list[Call]:
        return list(self.batch.calls.order_by("pk"))

    @property
    def outcomes(self) -> list[str]:
        return [call.outcome for call in self.calls]

    @property
    def attempts(self) -> list[tuple[str, str, str]]:
        """Address, status and code, in the order of the paste."""
        return attempts_of(self.batch)

    @property
    def statuses(self) -> list[str]:
        return [status for _email, status, _code in self.attempts]


def attempts_of(batch: Batch) -> list[tuple[str, str, str]]:
    return list(Attempt.objects.filter(batch=batch).order_by("position").values_list("email", "status", "code"))


def page_of(batch: Batch) -> str:
    """The words of the batch's page, as its author reads them."""
    client = Client()
    client.force_login(batch.requested_by)
    html = client.get(reverse("batch", args=[batch.ref])).content.decode()
    return " ".join(unescape(strip_tags(html)).split())
