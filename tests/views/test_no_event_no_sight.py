"""What the trail doesn't take leaves the desk neither as a page nor as a file."""

from collections.abc import Callable
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from tests.desk import NOON, ledger_away, open_for
from tests.views.pages import words
from verification.models import Attempt

pytestmark = pytest.mark.django_db(transaction=True)
EMAIL = "holder@example.com"
Show = Callable[[Client], bytes]


def said(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def revealed(aki: Client) -> bytes:
    return words(aki.post(reverse("address-reveal", args=[Attempt.objects.get().pk]))).encode()


def history(aki: Client) -> bytes:
    return said(aki.get(reverse("history-export"), {"format": "csv"}))


def trail(aki: Client) -> bytes:
    return said(aki.get(reverse("trail-export"), {"format": "jsonl"}))


def evidence(aki: Client) -> bytes:
    return said(aki.post(reverse("evidence"), {"address": EMAIL}))


def at_the_shell(_: Client) -> bytes:
    out = StringIO()
    with suppress(DatabaseError):
        call_command("export_attempts", stdout=out)
    return out.getvalue().encode()


@pytest.mark.parametrize(
    ("show", "sight"),
    [
        (revealed, EMAIL),
        (history, "h…r@example.com"),
        (trail, "batch:opened"),
        (evidence, "attempts.jsonl"),
        (at_the_shell, EMAIL),
    ],
)
def test_without_its_event_nothing_is_shown(
    show: Show, sight: str, aki: Client, people: dict[str, User], settings: Settings, tmp_path: Path
) -> None:
    settings.CHECKPOINT_DIR, settings.CHECKPOINT_KEY_FILE = tmp_path / "checkpoints", tmp_path / "key.pem"
    open_for(people["mei"], EMAIL, now=NOON)
    aki.raise_request_exception = False

    with ledger_away():
        assert sight.encode() not in show(aki)

    assert sight.encode() in show(aki)
