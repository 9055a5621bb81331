"""The long form on one database, as `tests.crash.__main__` starts it, and its figures."""
# ruff: noqa: E402

import os

import django

from tests import environment  # noqa: F401  # It has to come before the settings are read.

os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
django.setup()

import random
import sys
import tempfile
import time
from pathlib import Path

from django.db import connection

from tests.crash.databases import empty_database
from tests.crash.harness import FATES, Report, kill_workers


def main(each: int) -> int:
    seed, start = random.SystemRandom().randrange(1_000_000), time.monotonic()
    with tempfile.TemporaryDirectory() as folder, empty_database(Path(folder)) as url:
        report = kill_workers(each, database_url=url, folder=Path(folder), seed=seed)
    print(f"\n{connection.vendor}, seed {seed}, {time.monotonic() - start:.0f} seconds")
    for name, figure in _figures(report).items():
        print(f"  {name:<44}{figure:>8}")
    for problem in report.findings.problems:
        print(f"  BROKEN: {problem}")
    return int(bool(report.findings.problems))


def _figures(report: Report) -> dict[str, int]:
    found = report.findings
    return {
        "workers killed": sum(report.kills.values()),
        **{f"  {fate}": report.kills[fate] for fate in FATES},
        "addresses asked for": found.addresses,
        **{f"  {status}": number for status, number in sorted(found.statuses.items())},
        "calls on record": found.calls,
        **{f"  {outcome}": number for outcome, number in sorted(found.outcomes.items())},
        "mails that the sandbox sent": found.mails,
        "  of them recorded as unknown": found.unknown_with_mail,
        "broken promises": len(found.problems),
    }


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
