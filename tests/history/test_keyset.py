"""Walking through the history page by page."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.desk import NOON, addresses, person
from tests.history.rows import emails, settled
from verification.history import Filters, Page, page
from verification.models import Attempt

pytestmark = pytest.mark.django_db

EVERYTHING = Filters()


def a_history() -> list[str]:
    """Three batches of four addresses, all attempts of a batch at one time; newest first."""
    mei = person("mei")
    for number in range(3):
        settled(mei, *addresses(4, f"batch{number}-"), at=NOON + timedelta(hours=number))
    return emails(Attempt.objects.order_by("-created_at", "-id"))


def walk_to_the_end(size: int) -> list[Page]:
    pages = [page(EVERYTHING, size=size)]
    while pages[-1].older:
        pages.append(page(EVERYTHING, pages[-1].older, size))
    return pages


@pytest.mark.parametrize("size", [1, 3, 4, 5, 12, 13])
def test_walking_to_older_pages_meets_every_row_once_newest_first(size: int) -> None:
    expected = a_history()

    pages = walk_to_the_end(size)

    assert [email for found in pages for email in emails(found.rows)] == expected
    assert all(len(found.rows) == size for found in pages[:-1])
    assert not pages[0].newer


@pytest.mark.parametrize("size", [1, 3, 4, 5])
def test_walking_back_shows_the_same_pages(size: int) -> None:
    a_history()
    forth = walk_to_the_end(size)

    for number in range(len(forth) - 1, 0, -1):
        assert page(EVERYTHING, forth[number].newer, size).rows == forth[number - 1].rows


def test_the_first_page_reached_by_walking_back_is_the_first_page_itself() -> None:
    a_history()
    second = page(EVERYTHING, page(EVERYTHING, size=5).older, 5)

    assert page(EVERYTHING, second.newer, 6) == page(EVERYTHING, size=6)


def test_a_page_stays_the_same_while_newer_attempts_come_in() -> None:
    a_history()
    cursor = page(EVERYTHING, size=5).older
    before = page(EVERYTHING, cursor, 5)

    settled(person("lena"), "late@example.com", at=NOON + timedelta(days=1))

    assert page(EVERYTHING, cursor, 5) == before


def test_walking_back_reaches_the_attempts_that_came_in_meanwhile() -> None:
    a_history()
    second = page(EVERYTHING, page(EVERYTHING, size=5).older, 5)
    settled(person("lena"), "late@example.com", at=NOON + timedelta(days=1))

    assert emails(page(EVERYTHING, second.newer, 6).rows)[0] == "late@example.com"


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "o",
        "5",
        "x1-1",
        "o1-",
        "o-1-1",
        "o1.5-1",
        "o1-1 ",
        "o1-1\n",
        "o" + "9" * 17 + "-1",
        "n1-" + "9" * 19,
        "о1-1",
    ],
)
def test_a_cursor_that_is_not_ours_shows_the_first_page(cursor: str) -> None:
    a_history()

    assert page(EVERYTHING, cursor, 5) == page(EVERYTHING, size=5)


@pytest.mark.parametrize("cursor", ["o0-0", "o0-999999999999999999", "n9999999999999999-1"])
def test_a_cursor_beyond_either_end_shows_the_first_page(cursor: str) -> None:
    a_history()

    assert page(EVERYTHING, cursor, 5) == page(EVERYTHING, size=5)


def test_an_empty_history_is_one_empty_page() -> None:
    assert page(EVERYTHING) == Page(())


def test_a_page_takes_three_queries_however_many_batches_it_shows() -> None:
    a_history()

    with CaptureQueriesContext(connection) as queries:
        shown = [(row.batch.ref, row.requested_by.username) for row in page(EVERYTHING).rows]

    assert len(shown) == 12
    assert len(queries) == 3


def test_no_page_counts_rows_or_skips_over_them() -> None:
    a_history()
    cursor = page(EVERYTHING, size=5).older

    with CaptureQueriesContext(connection) as queries:
        found = page(EVERYTHING, cursor, 5)
        page(EVERYTHING, found.older, 5)
        page(EVERYTHING, found.newer, 5)

    said = " ".join(query["sql"].upper() for query in queries)
    assert "COUNT(" not in said
    assert "OFFSET" not in said
