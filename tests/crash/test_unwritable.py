"""A database that is away, or full, between the wire and the record."""

from datetime import UTC, datetime

import pytest

from tests.crash.outages import Outage, away, full
from tests.crash.points import AFTER_THE_ANSWER
from tests.crash.processes import environment, trapped_worker, wait_until
from tests.desk import addresses, open_for, outcomes, person
from verification.aliyun.sandbox import Sandbox, SandboxServer
from verification.models import Batch, Call
from verification.services.outcomes import Answer

# A lease of a few seconds, so that it is over before the database is back; the product's own is 50.
SETTINGS = {
    "RESEND_ADDRESSES_PER_CALL": 2,
    "RESEND_CALLS_PER_SECOND": 0,
    "RESEND_CONNECT_TIMEOUT": 1.0,
    "RESEND_READ_TIMEOUT": 2.0,
    "RESEND_PARALLEL_CALLS": 2,
}
SLACK_SECONDS, BUSY_SECONDS = 0.5, 0.2


def requests(sandbox: Sandbox) -> int:
    return sum(request.action == "ResendEmailVerification" for request in sandbox.requests())


@pytest.mark.parametrize("outage", [away, full])
def test_an_answer_is_written_when_the_database_takes_it_again(outage: Outage, database_url: str) -> None:
    sandbox, emails = Sandbox(), addresses(8)
    batch = open_for(person("mei"), *emails)
    with SandboxServer(sandbox) as server:
        given = environment(database_url, DOMAIN_API_ENDPOINT=server.url, **SETTINGS)
        with trapped_worker(given, AFTER_THE_ANSWER, slack=SLACK_SECONDS, busy=BUSY_SECONDS) as worker:
            for _hand in range(2):
                assert worker.line() == AFTER_THE_ANSWER
            leases = list(Call.objects.values_list("lease_until", flat=True))
            with outage(worker):
                worker.release()
                worker.wait_for_log("answer not written yet", times=4)
                # Nobody opens a new call meanwhile, although addresses are waiting.
                wait_until(lambda: datetime.now(UTC) > max(leases))
                assert requests(sandbox) == len(leases) == 2
            wait_until(lambda: Batch.objects.filter(pk=batch.pk, finished_at__isnull=False).exists())
            worker.end()

    assert outcomes(batch) == dict.fromkeys(emails, "accepted")
    assert sorted(send.email for send in sandbox.sends()) == emails
    assert [call.outcome for call in Call.objects.all()] == [Answer.LISTS] * 4
    assert requests(sandbox) == 4
