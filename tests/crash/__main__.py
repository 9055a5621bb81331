"""The long form, on SQLite and on PostgreSQL: `python -m tests.crash [KILLS AT EACH POINT]` prints its figures.

PostgreSQL is the server of TEST_DATABASE_URL, else one that is started for the run. The exit code is 0 only if no
promise was broken on either.
"""

import os
import subprocess
import sys
from contextlib import ExitStack

from tests.postgres import running_postgres

KILLS_AT_EACH_POINT = "40"


def main(each: str) -> int:
    with ExitStack() as stack:
        server = os.environ.get("TEST_DATABASE_URL") or stack.enter_context(running_postgres())
        command = [sys.executable, "-m", "tests.crash.long_form", each]
        codes = [subprocess.call(command, env=os.environ | {"TEST_DATABASE_URL": url}) for url in ("", server)]
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:] or [KILLS_AT_EACH_POINT]))
