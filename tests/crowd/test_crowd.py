from pathlib import Path

from pytest_django import Settings

from tests.crowd.gather import LEAST_EVENTS, gather


def test_eight_processes_writing_at_once_keep_the_chain_whole(
    database_url: str, settings: Settings, tmp_path: Path
) -> None:
    """The short form; `python -m tests.crowd` writes for a minute."""
    files = {"CHECKPOINT_DIR": tmp_path / "checkpoints", "CHECKPOINT_KEY_FILE": tmp_path / "key.pem"}
    settings.CHECKPOINT_DIR, settings.CHECKPOINT_KEY_FILE = files.values()
    report = gather(8, 5, database_url=database_url, **files)

    assert report.problems == ()
    assert report.deadlocks == 0
    assert report.verified_meanwhile > 0
    assert report.events >= 8 * LEAST_EVENTS
    assert {"batch:opened", "call:settled", "person:signed_in"} <= report.names.keys()
