"""Taking evidence out by the page."""

import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from tests.desk import NOON, open_for
from tests.views.pages import words
from verification.models import Event, EventName

pytestmark = pytest.mark.django_db(transaction=True)
EMAIL = "holder@example.com"


@pytest.fixture(autouse=True)
def _keys(settings: Settings, tmp_path: Path) -> None:
    settings.CHECKPOINT_DIR, settings.CHECKPOINT_KEY_FILE = tmp_path / "checkpoints", tmp_path / "key.pem"


def asked(client: Client, **typed: str) -> Any:
    return client.post(reverse("evidence"), typed)


def bundle_of(response: Any) -> dict[str, str]:
    assert response["Content-Type"] == "application/zip"
    with zipfile.ZipFile(BytesIO(b"".join(response.streaming_content))) as bundle:
        return {name: bundle.read(name).decode(errors="replace") for name in bundle.namelist()}


def test_an_auditor_takes_a_batch_out_without_addresses(aki: Client, people: dict[str, User]) -> None:
    batch = open_for(people["mei"], EMAIL, now=NOON)

    files = bundle_of(asked(aki, batch=batch.ref))

    assert "check_evidence.py" in files and batch.ref in files["batches.jsonl"]
    assert not any("holder" in text for text in files.values())


def test_with_the_right_to_addresses_they_stand_in_it(aki: Client, people: dict[str, User]) -> None:
    people["aki"].user_permissions.add(Permission.objects.get(codename="export_addresses"))
    batch = open_for(people["mei"], EMAIL, now=NOON)

    assert EMAIL in bundle_of(asked(aki, batch=batch.ref))["attempts.jsonl"]


def test_the_address_that_was_named_stands_in_it(aki: Client, people: dict[str, User]) -> None:
    open_for(people["mei"], EMAIL, "other@example.com", now=NOON)

    attempts = bundle_of(asked(aki, address="Holder@Example.com"))["attempts.jsonl"]

    assert EMAIL in attempts and "other@" not in attempts


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({}, "one of the three"),
        ({"batch": "zzzzzzzzzz"}, "no batch of this name"),
        ({"address": "nobody@example.com"}, "Nobody has asked for this address"),
        ({"address": EMAIL, "since": "2026-03-02"}, "one of the three"),
        ({"since": "yesterday"}, "valid date"),
    ],
)
def test_what_is_not_understood_leaves_nothing(
    typed: dict[str, str], said: str, aki: Client, people: dict[str, User]
) -> None:
    open_for(people["mei"], EMAIL, now=NOON)

    assert said in words(asked(aki, **typed))
    assert not Event.objects.filter(name=EventName.EVIDENCE_EXPORTED).exists()


def test_a_key_that_cannot_be_kept_is_said(aki: Client, people: dict[str, User], settings: Settings) -> None:
    settings.CHECKPOINT_KEY_FILE = Path("/proc/nowhere/key.pem")
    batch = open_for(people["mei"], EMAIL, now=NOON)

    assert "No checkpoint could be made" in words(asked(aki, batch=batch.ref))
