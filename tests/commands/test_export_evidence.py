"""`export_evidence`: the bundle from a shell."""

import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from tests.desk import NOON, open_for, person
from verification.evidence import checker
from verification.models import Event

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _keys(settings: Settings, tmp_path: Path) -> None:
    settings.CHECKPOINT_DIR, settings.CHECKPOINT_KEY_FILE = tmp_path / "checkpoints", tmp_path / "key.pem"


def test_it_writes_a_bundle_that_is_genuine(tmp_path: Path) -> None:
    batch = open_for(person("mei"), "holder@example.com", now=NOON)
    path = tmp_path / "evidence.zip"

    call_command("export_evidence", "--batch", batch.ref, "--user", "mei", str(path), stdout=StringIO())

    checked = subprocess.run([sys.executable, "-I", checker.__file__, str(path)], capture_output=True, check=False)
    assert checked.returncode == 0
    assert Event.objects.latest("sequence").actor_name == "shell:mei"


@pytest.mark.parametrize("arguments", [[], ["--batch", "zzzzzzzzzz"], ["--since", "soon"]])
def test_wrong_usage_is_said_and_nothing_is_written(arguments: list[str], tmp_path: Path) -> None:
    path = tmp_path / "evidence.zip"

    with pytest.raises(CommandError) as refused:
        call_command("export_evidence", *arguments, str(path))

    assert refused.value.returncode == 2
    assert not path.exists()


def test_a_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    batch = open_for(person("mei"), "holder@example.com", now=NOON)
    path = tmp_path / "evidence.zip"
    path.write_text("something else")

    with pytest.raises(CommandError) as refused:
        call_command("export_evidence", "--batch", batch.ref, str(path))

    assert refused.value.returncode == 1
    assert path.read_text() == "something else"
