from pathlib import Path

from tests.crash.findings import LAPSED
from tests.crash.harness import FATES, kill_workers


def test_workers_that_die_at_any_point_lose_nothing_and_send_nothing_twice(database_url: str, tmp_path: Path) -> None:
    """The short form; `python -m tests.crash` kills hundreds."""
    report = kill_workers(2, database_url=database_url, folder=tmp_path, seed=20180129)

    assert report.kills == dict.fromkeys(FATES, 2)
    assert report.findings.problems == ()
    # Those that died with a call in hand have left traces.
    assert report.findings.mails > 0
    assert report.findings.outcomes[LAPSED] > 0
