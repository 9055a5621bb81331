"""`manage.py resend` in this process, as a test runs it."""

import json
from dataclasses import dataclass
from io import StringIO

from django.core.management import CommandError, call_command

from verification.models import Batch, Call

WHY = ("--user", "mei", "--reason", "The link has expired")
OVERRIDE = ("--override", "The owner is on the telephone")
COLUMNS = ["email", "status", "reason", "code", "message", "request_id"]


@dataclass(frozen=True)
class Run:
    code: int
    out: str
    error: str = ""

    @property
    def rows(self) -> list[dict[str, str]]:
        rows = json.loads(self.out)
        assert all(list(row) == COLUMNS for row in rows)
        return rows

    def column(self, name: str) -> list[str]:
        return [row[name] for row in self.rows]


def resend(*arguments: str) -> Run:
    """Run the command in this process, as mei unless somebody else is named, and with --json."""
    who = () if "--user" in arguments else WHY
    out, told = StringIO(), StringIO()
    try:
        call_command("resend", *arguments, *who, "--json", stdout=out, stderr=told)
    except CommandError as error:
        return Run(error.returncode, out.getvalue(), str(error))
    except SystemExit as end:
        return Run(int(str(end.code)), out.getvalue(), told.getvalue())
    return Run(0, out.getvalue(), told.getvalue())


def nothing_happened() -> bool:
    return not Batch.objects.exists() and not Call.objects.exists()
