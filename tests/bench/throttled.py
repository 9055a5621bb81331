"""One large batch through a provider that allows only so many calls a second."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.crash.processes import environment, sandbox, worker
from tests.desk import open_for, person
from verification.aliyun.sandbox import Options, Sandbox
from verification.models import Attempt, Batch, Call, Status
from verification.services.outcomes import Answer

SETTINGS = {"RESEND_ADDRESSES_PER_CALL": 1, "RESEND_CALLS_PER_SECOND": 0, "RESEND_PARALLEL_CALLS": 4}


@dataclass(frozen=True)
class Run:
    accepted: int
    mails: int
    mailed: int
    listed: int
    throttled: int
    mails_a_second: float


def send_through_a_limit(emails: Sequence[str], rate: float, *, database_url: str, folder: Path, minutes: float) -> Run:
    """Send to the addresses, one per call; `minutes` is how long that may take. Raises TimeoutError after it."""
    state = folder / "sandbox.sqlite3"
    batch = open_for(person("mei"), *emails)
    with (
        sandbox(environment(database_url), state, "--rate", str(rate)) as endpoint,
        worker(environment(database_url, DOMAIN_API_ENDPOINT=endpoint, **SETTINGS)) as process,
    ):
        _wait_for(batch, minutes * 60)
        process.end()
    return _measure(state)


def _wait_for(batch: Batch, seconds: float) -> None:
    last_call = time.monotonic() + seconds
    while not Batch.objects.filter(pk=batch.pk, finished_at__isnull=False).exists():
        if time.monotonic() > last_call:
            raise TimeoutError(f"{batch.in_flight} addresses are still in flight.")
        time.sleep(0.2)


def _measure(state: Path) -> Run:
    sends = Sandbox(Options(state=state)).sends()
    seconds = (sends[-1].sent_at - sends[0].sent_at).total_seconds()
    return Run(
        accepted=Attempt.objects.filter(status=Status.ACCEPTED).count(),
        mails=len(sends),
        mailed=len({send.key for send in sends}),
        listed=Call.objects.filter(outcome=Answer.LISTS).count(),
        throttled=Call.objects.filter(outcome=Answer.THROTTLED).count(),
        mails_a_second=(len(sends) - 1) / seconds,
    )
