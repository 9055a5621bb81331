"""A measurement on SQLite and on PostgreSQL, one after the other in one run."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack

from tests.postgres import running_postgres

ON_ONE = "TESTS_BENCH_ON_ONE"


def on_both(module: str, measure: Callable[..., int], *defaults: int) -> int:
    """Call `measure` with the numbers of the command line in a process for each database; 0 if both returned 0.

    PostgreSQL is the server of TEST_DATABASE_URL, else one that is started for the run.
    """
    given = [int(text) for text in sys.argv[1:]]
    numbers = [*given, *defaults[len(given) :]]
    if ON_ONE in os.environ:
        return measure(*numbers)
    with ExitStack() as stack:
        server = os.environ.get("TEST_DATABASE_URL") or stack.enter_context(running_postgres())
        command = [sys.executable, "-m", module, *map(str, numbers)]
        codes = [
            subprocess.call(command, env=os.environ | {"TEST_DATABASE_URL": url, ON_ONE: "1"}) for url in ("", server)
        ]
    return int(any(codes))


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
