"""The long form, on PostgreSQL: `python -m tests.crowd [SECONDS] [PROCESSES]` prints its figures.

PostgreSQL is the server of TEST_DATABASE_URL, else one that is started for the run. The exit code is 0 only if the
chain is whole, while others write too, no event is lost, no number is missing, and nobody met a deadlock.
"""

import os
import subprocess
import sys
from contextlib import ExitStack

from tests.postgres import running_postgres

SECONDS, PROCESSES = "60", "8"


def main(seconds: str = SECONDS, processes: str = PROCESSES) -> int:
    with ExitStack() as stack:
        server = os.environ.get("TEST_DATABASE_URL") or stack.enter_context(running_postgres())
        command = [sys.executable, "-m", "tests.crowd.long_form", seconds, processes]
        return subprocess.call(command, env=os.environ | {"TEST_DATABASE_URL": server})


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
