# ruff: noqa: E402
"""How quickly the trail is verified: `python -m tests.bench.verify [BATCHES] [ADDRESSES]`, on both databases.

It is held against hashing alone: the same rows read, whole, and the SHA-256 of each row's bytes taken. Both are done
in turns, and the best of each counts.
"""

import os

import django

from tests import environment  # noqa: F401  # It has to come before the settings are read.

os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
django.setup()

import hashlib
import sys
import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

from django.db import connection

from tests.bench.both import on_both, seconds
from tests.bench.filled import fill
from tests.crash.databases import empty_database
from tests.desk import person
from verification.models import Attempt, Batch, Call, Event, Lookup, Ride
from verification.services.verify import verify

TABLES = (Event, Batch, Attempt, Call, Ride, Lookup)
ROUNDS = 3


def hash_alone() -> int:
    """Read every row that verifying reads, and hash it; returns how many bytes there were."""
    size = 0
    for model in TABLES:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {model._meta.db_table} ORDER BY {model._meta.pk.column}")
            while rows := cursor.fetchmany(1_000):
                for row in rows:
                    stored = "|".join(map(str, row)).encode()
                    size += len(stored)
                    hashlib.sha256(stored).digest()
    return size


def peak(work: Callable[[], object]) -> float:
    """The most memory that Python held meanwhile, in MiB."""
    tracemalloc.start()
    work()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 2**20


def main(batches: int, size: int) -> int:
    with tempfile.TemporaryDirectory() as folder, empty_database(Path(folder)):
        mei = person("mei")
        fill(mei, batches, size)
        rounds = [(seconds(hash_alone), seconds(lambda: verify(None))) for _ in range(ROUNDS)]
        stored, events = hash_alone(), Event.objects.count()
        memory = peak(lambda: verify(None))
    alone, whole = (min(times) for times in zip(*rounds, strict=True))
    print(f"{connection.vendor}: {batches} batches of {size} addresses, {events} events, {stored / 2**20:.0f} MiB")
    print(f"  hashing alone   {alone:7.2f} s  {stored / 2**20 / alone:6.1f} MiB/s")
    print(f"  verifying       {whole:7.2f} s  {stored / 2**20 / whole:6.1f} MiB/s")
    print(f"  of that speed   {alone / whole:7.2f}   (at least 0.5)")
    print(f"  most memory     {memory:7.1f} MiB")
    return int(alone / whole < 0.5)


if __name__ == "__main__":
    sys.exit(on_both("tests.bench.verify", main, 5, 10_000))
