"""`manage.py seed_demo`: people and some weeks of history for a demonstration, made by the services themselves.

Every batch goes through the same code as a real one: signed calls to the sandbox, with a clock that starts weeks ago.
"""

import json
import random
import secrets
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand
from django.db import transaction

from ...aliyun.client import DomainClient
from ...aliyun.sandbox import Options, Sandbox, SandboxServer
from ...aliyun.signing import Credentials
from ...models import Batch, Language, Source, database_now
from ...services import checkpoints, lookups
from ...services.addresses import read_address
from ...services.paste import Entry
from ...services.request import Order, open_batch
from ...services.send import Sender

WEEKS = 4
# Long enough for every answer but the one that is never to come in time.
READ_SECONDS = 0.4
PEOPLE = (
    ("mei", "Support", "Support"),
    ("tom", "Support", ""),
    ("lena", "Lead", "Lead"),
    ("aki", "Auditor", "Auditor"),
)
ADMINISTRATOR = "admin"
REASONS = (
    "Customer says the mail never arrived",
    "Link expired before the customer opened it",
    "Domain transfer: registrant must verify within 15 days",
    "Contact data changed last week",
    "Follow-up of the suspension notice",
)
NAMES = (
    *("li.wei", "zhang.min", "chen.hao", "wang.fang", "liu.yang", "sato.yui"),
    *("anna.berg", "j.ortiz", "m.rossi", "k.novak", "p.dubois", "e.smith"),
)
DOMAINS = ("example.com", "example.org", "example.net", "mail.example.com", "shop.example.org", "例子.example.com")
# Neither service lets a name have a hyphen, and ours have one: these addresses are nobody's.
SERVICES = ("gmail.com", "163.com")
# One address in twelve brings a small trouble that the sandbox plays, one in two hundred one for its whole call.
TROUBLES = ("refused", "refused", "omitted", "illegal", "busy")
LARGE_TROUBLES = ("html", "slow-after")


class DemoClock:
    """A clock that only goes on when it is told to."""

    def __init__(self, start: datetime) -> None:
        self.now = start

    def __call__(self) -> datetime:
        # Two acts never share an instant, so the history has one order.
        self.now += timedelta(milliseconds=40)
        return self.now

    def sleep(self, seconds: float) -> bool:
        self.now += timedelta(seconds=seconds)
        return False


class Command(BaseCommand):
    help = "Fill an empty desk with people and some weeks of history, for a demonstration."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--folder", required=True, type=Path, help="where the sign-ins and the sandbox's state go")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        if (folder / "people.json").exists():
            return
        (folder / "sandbox.sqlite3").unlink(missing_ok=True)
        people = _people()
        if not Batch.objects.exists():
            self.stdout.write(f"Playing {WEEKS} weeks of history …")
            _play(folder / "sandbox.sqlite3")
        # Written last: an interrupted seeding is not taken for a finished one.
        kept = folder / "people.json"
        kept.touch(mode=0o600)
        kept.write_text(json.dumps(people))


@transaction.atomic
def _people() -> list[dict[str, str]]:
    """Create who is missing, give everybody a new password, and return the sign-ins to print."""
    signins = []
    for name, group, shown_as in PEOPLE:
        person, _ = User.objects.get_or_create(username=name)
        person.groups.set([Group.objects.get(name=group)])
        person.is_staff = group != "Support"
        signins.append(_signin(person, shown_as))
    chief, _ = User.objects.get_or_create(username=ADMINISTRATOR)
    chief.is_staff = chief.is_superuser = True
    signins.append(_signin(chief, "Administrator"))
    return [signin for signin in signins if signin["role"]]


def _signin(person: User, role: str) -> dict[str, str]:
    password = secrets.token_urlsafe(9)
    person.set_password(password)
    person.save()
    return {"role": role, "name": person.username, "password": password}


def _play(state: Path) -> None:
    chance = random.Random(20180129)
    today = database_now().astimezone(UTC)
    clock = DemoClock(today - timedelta(weeks=WEEKS))
    key = Credentials(settings.ALIBABA_CLOUD_ACCESS_KEY_ID, settings.ALIBABA_CLOUD_ACCESS_KEY_SECRET)
    sandbox = Sandbox(Options(credentials=key, state=state, slow=2 * READ_SECONDS), clock=lambda: clock.now)
    with SandboxServer(sandbox) as server:
        client = DomainClient(endpoint=server.url, credentials=key, read_timeout=READ_SECONDS, clock=lambda: clock.now)
        sender = Sender(client, "demo", clock.sleep, clock=clock)
        for moment in _moments(chance, clock.now, today):
            clock.now = max(clock.now, moment)
            _one_batch(chance, sender, sandbox)
        client.close()
    checkpoints.make_checkpoint("worker:demo", clock())
    checkpoints.write_files()


def _moments(chance: random.Random, start: datetime, end: datetime) -> Iterator[datetime]:
    """When batches are opened: a few in each working day's office hours, the last some minutes ago."""
    day = start
    while day < end - timedelta(hours=1):
        if day.weekday() < 5:
            for minute in sorted(chance.sample(range(9 * 60), chance.randint(2, 4))):
                moment = day.replace(hour=8, minute=0) + timedelta(minutes=minute)
                if moment < end - timedelta(hours=1):
                    yield moment
        day += timedelta(days=1)
    yield end - timedelta(minutes=50)
    yield end - timedelta(minutes=20)


def _one_batch(chance: random.Random, sender: Sender, sandbox: Sandbox) -> None:
    person = User.objects.get(username=chance.choice(("mei", "mei", "tom", "lena")))
    order = Order(
        person=person,
        source=Source.PAGE,
        reason=chance.choice(REASONS),
        ticket=f"SUP-{chance.randint(4100, 4999)}" if chance.random() < 0.7 else "",
        lang=chance.choice((Language.EN, Language.EN, Language.ZH)),
        source_address="127.0.0.1",
    )
    size = chance.choice((1, 1, 1, 2, 3, 5, 8, 30))
    entries = [Entry(line, read_address(_address(chance))) for line in range(1, size + 1)]
    batch = open_batch(entries, order, now=sender.clock())
    while not _finished(batch):
        if not sender.work_once(batch):
            sender.wait(1)
    _afterwards(chance, batch, sender, sandbox)


def _address(chance: random.Random) -> str:
    local = f"{chance.choice(NAMES)}{chance.randint(1, 40)}"
    if chance.random() < 1 / 12:
        local = f"{chance.choice(TROUBLES)}.{local}"
    elif chance.random() < 1 / 200:
        local = f"{chance.choice(LARGE_TROUBLES)}.{local}"
    domain = chance.choice((*DOMAINS, *SERVICES))
    return f"{local.replace('.', '-') if domain in SERVICES else local}@{domain}"


def _finished(batch: Batch) -> bool:
    batch.refresh_from_db()
    return batch.finished_at is not None


def _afterwards(chance: random.Random, batch: Batch, sender: Sender, sandbox: Sandbox) -> None:
    """What customers and staff do next: some follow the link, some outcomes are looked up."""
    mails = sandbox.sends()[-batch.size :]
    for mail in mails:
        if chance.random() < 0.5:
            sandbox.follow_link(mail.token)
    first = batch.attempts.order_by("position")[0]
    if chance.random() < 0.3:
        lookups.ask(email=first.email, key=first.key, person=batch.requested_by, now=sender.clock())
        lookups.work_once(sender)
