# ruff: noqa: E402
"""How much of a provider's limit the common pace uses: `python -m tests.bench.throttle [ADDRESSES] [RATE]`.

One address per call, no ceiling of our own, four calls at a time by one worker, through a sandbox that allows RATE
calls a second for everybody. Works on an SQLite file, or on the server of TEST_DATABASE_URL.
"""

import os

import django

from tests import environment  # noqa: F401  # It has to come before the settings are read.

os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
django.setup()

import sys
import tempfile
import time
from pathlib import Path

from tests.bench.throttled import send_through_a_limit
from tests.crash.databases import empty_database
from tests.desk import addresses


def main(count: int, rate: float) -> int:
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, empty_database(Path(folder)) as url:
        run = send_through_a_limit(addresses(count), rate, database_url=url, folder=Path(folder), minutes=60)
    print(f"{count} addresses through a limit of {rate:g} calls a second: {time.monotonic() - start:.0f} seconds")
    print(f"  accepted                     {run.accepted}")
    print(f"  mails                        {run.mails}, to {run.mailed} addresses")
    print(f"  calls answered, throttled    {run.listed}, {run.throttled}")
    print(f"  mails a second               {run.mails_a_second:.2f}")
    print(f"  of what the limit allows     {run.mails_a_second / rate:.3f}")
    return int(run.accepted < count or run.mails > run.mailed or run.mails_a_second < 0.85 * rate)


if __name__ == "__main__":
    arguments = dict(enumerate(sys.argv[1:]))
    sys.exit(main(int(arguments.get(0, 5_000)), float(arguments.get(1, 20))))
