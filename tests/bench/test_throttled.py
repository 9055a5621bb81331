from pathlib import Path

from tests.bench.throttled import send_through_a_limit
from tests.crash.processes import GENEROUS_SECONDS
from tests.desk import addresses


def test_every_address_gets_one_mail_through_the_providers_limit(database_url: str, tmp_path: Path) -> None:
    """`python -m tests.bench.throttle` measures how quickly."""
    # Two are throttled twice each, so that even a machine too slow for the limit meets some throttling.
    emails = [*addresses(149), "busy1@example.com", *addresses(149, "owner"), "busy2@example.com"]
    run = send_through_a_limit(emails, 60, database_url=database_url, folder=tmp_path, minutes=GENEROUS_SECONDS / 60)

    assert (run.accepted, run.mails, run.mailed) == (300, 300, 300)
    assert run.throttled >= 4
    assert run.listed == 300
