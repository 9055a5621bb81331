from pathlib import Path

from tests.crash.harness import SOME_INSTANT, kill_workers
from tests.crash.points import POINTS


def test_workers_that_die_at_any_point_lose_nothing_and_send_nothing_twice(database_url: str, tmp_path: Path) -> None:
    """The short form; `python -m tests.crash` kills hundreds."""
    report = kill_workers(2, database_url=database_url, folder=tmp_path, seed=20180129)

    assert report.kills == dict.fromkeys([*POINTS, SOME_INSTANT], 2)
    assert report.findings.problems == ()
    assert report.findings.mails > 0
