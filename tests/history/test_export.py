"""Rows for a file."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.desk import NOON, addresses, person
from tests.history.rows import settled
from verification.history import Filters, export_rows
from verification.models import Status, Verdict

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def test_a_row_says_what_the_record_says() -> None:
    batch = settled(
        person("mei"),
        "Ann@example.com",
        ticket="T-1",
        status=Status.UNKNOWN,
        code="NoAnswer",
        message="=1+1, 不明",
        verdict=Verdict.CONFIRMED_SENT,
        verdict_at=NOON + HOUR,
    )

    (row,) = export_rows(Filters())

    assert vars(row) == {
        "id": batch.attempts.get().pk,
        "batch": batch.ref,
        "email": "Ann@example.com",
        "status": "unknown",
        "reason": "",
        "code": "NoAnswer",
        "message": "=1+1, 不明",
        "request_id": "",
        "requested_by": "mei",
        "ticket": "T-1",
        "created_at": NOON,
        "finished_at": NOON,
        "verdict": "confirmed_sent",
        "verdict_at": NOON + HOUR,
    }


def test_who_asked_stays_when_the_account_is_renamed() -> None:
    mei = person("mei")
    settled(mei, "a@example.com")
    mei.username = "mei.married"
    mei.save()

    assert [row.requested_by for row in export_rows(Filters())] == ["mei"]


@pytest.mark.parametrize("chunk", [1, 2, 3, 4, 7])
def test_chunks_join_without_a_gap_or_a_repetition(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verification.history.export.CHUNK", chunk)
    mei = person("mei")
    settled(mei, *addresses(4, "second"), at=NOON + HOUR)
    settled(mei, *addresses(3, "first"), at=NOON)

    assert [row.email for row in export_rows(Filters())] == [*addresses(3, "first"), *addresses(4, "second")]


def test_since_is_inclusive_and_until_exclusive() -> None:
    mei = person("mei")
    for number in range(3):
        settled(mei, f"a{number}@example.com", at=NOON + number * HOUR)

    assert [row.email for row in export_rows(Filters(since=NOON + HOUR, until=NOON + 2 * HOUR))] == ["a1@example.com"]
    assert [row.email for row in export_rows(Filters(since=NOON + HOUR))] == ["a1@example.com", "a2@example.com"]


@pytest.mark.parametrize("wanted", [Filters(address="holder*"), Filters(ticket="T-1"), Filters(status="refused")])
def test_a_filter_holds_from_chunk_to_chunk(wanted: Filters, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verification.history.export.CHUNK", 2)
    mei = person("mei")
    settled(mei, *addresses(3, "other"))
    settled(mei, *addresses(5), status=Status.REFUSED, ticket="T-1")

    assert [row.email for row in export_rows(wanted)] == addresses(5)


def test_nothing_is_read_before_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verification.history.export.CHUNK", 2)
    settled(person("mei"), *addresses(5))

    with CaptureQueriesContext(connection) as queries:
        next(export_rows(Filters()))

    assert len(queries) == 1
    assert "LIMIT 2" in queries[0]["sql"]
