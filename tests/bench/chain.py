# ruff: noqa: E402
"""What the chain costs a large batch: `python -m tests.bench.chain [ADDRESSES]`, on both databases.

A batch is opened by the services, with its commitments, its group and its event, under the guards. Held against it are
the same rows saved one by one by the ORM, each in a transaction of its own, as Django does it: once with an event for
each, as a chain costs that is taken row by row, and once without any chain. SQLite syncs each commit to disk, as it
does in production; a PostgreSQL that is started for the run doesn't, which spares rows saved one by one the most.
"""

import os

import django

from tests import environment  # noqa: F401  # It has to come before the settings are read.

os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
django.setup()

import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from unittest.mock import patch

from django.contrib.auth.models import User
from django.db import connection, transaction

from tests.bench.both import on_both, seconds
from tests.crash.databases import empty_database
from tests.desk import ACTOR, NOON, addresses, entries, order_of, person
from verification.evidence import chain
from verification.models import Attempt, Batch, EventName, Source
from verification.services import ledger, request
from verification.services.addresses import domain_of
from verification.services.leaves import commit_attempt

AT_LEAST = 5


def open_one(who: User, size: int) -> tuple[float, float]:
    """The seconds that opening a batch takes, and how many of them are the event's."""
    listed, told, tell = entries(*addresses(size, "batch")), 0.0, request._tell

    def timed(*about: object) -> None:
        nonlocal told
        told += seconds(lambda: tell(*about))  # type: ignore[arg-type]

    with patch.object(request, "_tell", timed):
        whole = seconds(lambda: request.open_batch(listed, order_of(who), now=NOON))
    return whole, told


def one_by_one(who: User, size: int, word: str) -> Iterable[Attempt]:
    about = {"requested_by": who, "created_at": NOON}
    batch = Batch.objects.create(source=Source.PAGE, reason="x", user_client_ip="127.0.0.1", size=size, **about)
    for place, email in enumerate(addresses(size, word)):
        yield Attempt(batch=batch, position=place, email=email, key=email, domain=domain_of(email), **about)


def save_plain(rows: Iterable[Attempt]) -> None:
    for row in rows:
        row.save()


def save_chained(rows: Iterable[Attempt]) -> None:
    for row in rows:
        commit_attempt(row)
        with transaction.atomic():
            row.save()
            said = chain.group([(row.pk, chain.opened_leaf(vars(row)))])
            ledger.record(ACTOR, NOON, ledger.Line(EventName.BATCH_OPENED, {"opened": said}, row.batch))


def main(size: int) -> int:
    with tempfile.TemporaryDirectory() as folder, empty_database(Path(folder)):
        mei = person("mei")
        opened, told = open_one(mei, size)
        chained = seconds(lambda: save_chained(one_by_one(mei, size, "chained")))
        plain = seconds(lambda: save_plain(one_by_one(mei, size, "plain")))
    print(f"{connection.vendor}: {size} addresses; seconds, addresses a second, and how many times as quick a batch is")
    print(f"  a batch, one event for all     {opened:6.2f}  {size / opened:6.0f}   of it for the event {told:.2f}")
    print(f"  row by row, an event for each  {chained:6.2f}  {size / chained:6.0f}  {chained / opened:5.1f}")
    print(f"  row by row, without a chain    {plain:6.2f}  {size / plain:6.0f}  {plain / opened:5.1f}")
    return int(chained / opened < AT_LEAST)


if __name__ == "__main__":
    sys.exit(on_both("tests.bench.chain", main, 10_000))
