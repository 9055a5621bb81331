"""Numbers and times in the form of the language: for people, and never where a program reads them."""

import csv
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import formats

from dashboard.formats.en import formats as english
from tests.desk import addresses, open_for
from tests.history.rows import settled
from tests.views.pages import preview, typed, words
from tests.views.tour import Words, further_pages, pages
from verification.models import Batch, Preference

# Stands between any two digits of a number that is written for people.
MARK = "\N{INVISIBLE SEPARATOR}"
NOON = datetime(2026, 3, 2, 12, 4, 5, tzinfo=UTC)


@pytest.fixture
def marked_numbers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if thousands were tens, so that any number of two digits shows in which form it is written."""
    monkeypatch.setattr(english, "THOUSAND_SEPARATOR", MARK, raising=False)
    monkeypatch.setattr(english, "NUMBER_GROUPING", 1, raising=False)
    monkeypatch.setattr(english, "DECIMAL_SEPARATOR", MARK, raising=False)
    formats.reset_format_cache()
    yield
    monkeypatch.undo()
    formats.reset_format_cache()


@pytest.fixture
def head(people: dict[str, User]) -> Client:
    """Signed in as somebody who may open every page."""
    boss = people["lena"]
    boss.is_staff = boss.is_superuser = True
    boss.save()
    client = Client()
    client.force_login(boss)
    return client


@pytest.fixture
def batch(people: dict[str, User]) -> Batch:
    """Numbers of two digits everywhere: of rows, of addresses, of lines."""
    settled(people["mei"], *addresses(25), at=NOON)
    settled(people["mei"], *addresses(250, "more"), status="unknown", code="NoAnswer", at=NOON)
    return open_for(people["mei"], *addresses(150, "other"))


def test_no_number_for_a_program_is_written_for_people(marked_numbers: None, head: Client, batch: Batch) -> None:
    every_page = pages(head, "/", "/admin/") | further_pages(head, batch)

    wrong = {
        text.replace(MARK, "~"): url
        for url, page in every_page.items()
        for text in Words(page).programs
        if MARK in text
    }
    assert wrong == {}
    assert sum(MARK in page for page in every_page.values()) > 5


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_people_read_thousands_with_a_separator(language: str, mei: Client, people: dict[str, User]) -> None:
    Preference.objects.create(person=people["mei"], language=language)

    assert "1,200" in words(preview(mei, typed(*addresses(1200))))


@pytest.mark.parametrize(
    ("language", "time"), [("en", "2 Mar 2026, 20:04:05 CST"), ("zh-hans", "2026年3月2日 20:04:05 CST")]
)
def test_a_time_carries_its_zone(
    language: str, time: str, head: Client, people: dict[str, User], settings: Any
) -> None:
    settings.TIME_ZONE = "Asia/Shanghai"
    Preference.objects.create(person=people["lena"], language=language)
    batch = settled(people["mei"], "one@example.com", at=NOON)

    page = head.get(reverse("batch", args=[batch.ref])).content.decode()
    listed = head.get(reverse("admin:verification_batch_changelist"))

    assert f'<time datetime="2026-03-02T12:04:05+00:00" title="{time}">{time}</time>' in page
    assert time in words(listed)


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_a_file_is_the_same_in_every_language(ending: str, head: Client, people: dict[str, User], batch: Batch) -> None:
    def exported() -> bytes:
        answer = head.get(reverse("history-export"), {"format": ending, "status": "unknown"})
        assert MARK not in answer["Content-Disposition"] and answer["Content-Disposition"].isascii()
        return b"".join(answer.streaming_content)

    in_english = exported()
    Preference.objects.create(person=people["lena"], language="zh-hans")

    assert exported() == in_english
    text = in_english.decode("utf-8-sig")
    rows = (
        list(csv.DictReader(text.splitlines())) if ending == "csv" else [json.loads(row) for row in text.splitlines()]
    )
    assert len(rows) == 250
    assert {row["status"] for row in rows} == {"unknown"}
    assert all(re.fullmatch(r"\d+", str(row["id"])) for row in rows)
    assert {row["created_at"] for row in rows} == {"2026-03-02T12:04:05.000000Z"}
