"""The product's worker, with a trap on its way: `python -m tests.crash.wrapped_worker POINT NTH SLACK BUSY`.

SLACK are the seconds that a lease leaves beyond the call's deadline, BUSY those that SQLite waits for a lock; both
are shortened from outside, or the tests would wait for minutes.
"""

import os
import sys
from datetime import timedelta

import django
from django.core.management import call_command
from django.db import connection


def main(point: str, nth: int, slack: float, busy: float) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    django.setup()
    if connection.vendor == "sqlite":
        connection.settings_dict["OPTIONS"]["timeout"] = busy

    from tests.crash.points import Trap
    from verification.services import opening

    opening.LEASE_SLACK = timedelta(seconds=slack)
    Trap(point, nth).set()
    call_command("worker")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]))
