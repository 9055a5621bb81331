"""The long form on one database, as `tests.crowd.__main__` starts it, and its figures."""
# ruff: noqa: E402

import os

import django

from tests import environment  # noqa: F401  # It has to come before the settings are read.

os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
django.setup()

import sys
import tempfile
from pathlib import Path

from django.conf import settings
from django.db import connection

from tests.crash.databases import empty_database
from tests.crowd.gather import gather


def main(seconds: float, processes: int) -> int:
    with tempfile.TemporaryDirectory() as folder, empty_database(Path(folder)) as url:
        files = {"CHECKPOINT_DIR": Path(folder, "checkpoints"), "CHECKPOINT_KEY_FILE": Path(folder, "key.pem")}
        for name, path in files.items():
            setattr(settings, name, path)
        report = gather(processes, seconds, database_url=url, **files)
    print(f"{connection.vendor}, {processes} processes, {seconds:g} seconds each, {report.seconds:.0f} in all")
    print(f"  {'events':<32}{report.events:>8}")
    for name, times in sorted(report.names.items()):
        print(f"    {name:<30}{times:>8}")
    print(f"  {'attempts':<32}{report.attempts:>8}")
    print(f"  {'checkpoints':<32}{report.checkpoints:>8}")
    print(f"  {'verified whole meanwhile':<32}{report.verified_meanwhile:>8}")
    print(f"  {'deadlocks':<32}{report.deadlocks:>8}")
    print(f"  {'broken promises':<32}{len(report.problems):>8}")
    for problem in report.problems:
        print(f"  BROKEN: {problem}")
    return int(bool(report.problems or report.deadlocks or not report.verified_meanwhile))


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), int(sys.argv[2])))
