"""Parts of pages that follow the record: light while nothing happens, and sent again whenever they show more."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from tests.desk import ACTOR, addresses, open_for, rewrite
from tests.history.rows import settled
from tests.views.pages import words
from verification.models import Batch, Event, Pace, Status, Verdict, Worker, database_now
from verification.services import batches, doors

LISTS = ("history", "trail")
A_KILOBYTE = 1024


@pytest.fixture
def running(people: dict[str, User]) -> Batch:
    now = database_now()
    Worker.objects.create(name="w", started_at=now, seen_at=now)
    return open_for(people["mei"], *addresses(150))


def seen(page: Any) -> str:
    """The digest by which a page says what it shows."""
    found = re.search(r"""hx-headers='{"X-Seen": "([0-9a-f]+)"}'""", page.content.decode())
    assert found
    return found[1]


def polled(client: Client, url: str, digest: str = "") -> Any:
    answer = client.get(url, headers={"HX-Request": "true", "X-Background": "1", "X-Seen": digest})
    assert answer.status_code == 200
    assert "<html" not in answer.content.decode()
    return answer


def is_unchanged(answer: Any) -> bool:
    return answer.get("HX-Reswap") == "none" and "hx-swap-oob" in answer.content.decode()


def size(answer: Any) -> int:
    """Of everything on the wire: status line, headers and body."""
    headers = "".join(f"{name}: {value}\r\n" for name, value in answer.items())
    cookies = "".join(f"{cookie}\r\n" for cookie in answer.cookies.values())
    return len(f"HTTP/1.1 200 OK\r\n{headers}{cookies}\r\n".encode()) + len(answer.content)


def follow(client: Client, batch: Batch, **query: str) -> Callable[[], Any]:
    """Open a batch's page; the value polls it as the page does."""
    digest = seen(client.get(reverse("batch", args=[batch.ref]), query))
    url = reverse("batch-progress", args=[batch.ref], query=query)
    return lambda: polled(client, url, digest)


@pytest.mark.parametrize("query", [{}, {"status": "queued"}, {"from": "100"}])
def test_a_batch_in_which_nothing_happened_costs_a_kilobyte_at_most(
    query: dict[str, str], mei: Client, running: Batch
) -> None:
    poll = follow(mei, running, **query)

    answers = [poll() for _ in range(3)]

    assert all(map(is_unchanged, answers))
    assert all(size(answer) < A_KILOBYTE for answer in answers)
    assert all("As of" in words(answer) for answer in answers)


def _one(batch: Batch, **fields: object) -> None:
    rewrite(batch.attempts.filter(position=3), **fields)


def _pause(batch: Batch) -> None:
    batches.pause(batch, "Forbidden.RAM", "Their words", "REQ-1")
    batch.save()


CHANGES: dict[str, Callable[[Batch], object]] = {
    "accepted": lambda batch: _one(batch, status=Status.ACCEPTED, finished_at=database_now()),
    "words of a refusal": lambda batch: _one(batch, code="Brand.New", message="Their words"),
    "a verdict": lambda batch: _one(
        batch,
        status=Status.UNKNOWN,
        finished_at=database_now(),
        verdict=Verdict.CONFIRMED_SENT,
        verdict_at=database_now(),
    ),
    "a change on another page": lambda batch: rewrite(
        batch.attempts.filter(position=149), status=Status.REFUSED, finished_at=database_now()
    ),
    "paused": _pause,
    "the worker died": lambda batch: Worker.objects.update(seen_at=database_now() - timedelta(hours=1)),
    "throttled": lambda batch: Pace.objects.create(pk=1, hold_until=database_now() + timedelta(minutes=5)),
    "not reached": lambda batch: Batch.objects.update(wait_until=database_now() + timedelta(minutes=5)),
    "finished": lambda batch: Batch.objects.update(finished_at=database_now()),
    "a right withdrawn": lambda batch: batch.requested_by.user_permissions.remove(
        Permission.objects.get(codename="send_batch")
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_the_page_of_a_batch_shows_is_sent_when_it_changes(change: str, mei: Client, running: Batch) -> None:
    poll = follow(mei, running)
    assert is_unchanged(poll())

    CHANGES[change](running)

    answer = poll()
    assert not is_unchanged(answer)
    assert 'id="live"' in answer.content.decode()


def test_a_finished_batch_asks_no_more(mei: Client, running: Batch) -> None:
    poll = follow(mei, running)
    rewrite(running.attempts.all(), status=Status.ACCEPTED, finished_at=database_now())
    Batch.objects.update(finished_at=database_now(), state="finished")

    last = poll()

    assert "hx-get" not in last.content.decode()
    assert "All 150 addresses have their outcome" in words(last)


@pytest.mark.parametrize("name", ["home", *LISTS])
def test_a_quiet_page_costs_a_kilobyte_at_most(name: str, lena: Client, running: Batch) -> None:
    digest = seen(lena.get(reverse(name)))

    answer = polled(lena, reverse(name), digest)

    assert is_unchanged(answer)
    assert size(answer) < A_KILOBYTE


@pytest.mark.parametrize("name", ["home", *LISTS])
def test_a_page_is_sent_again_when_something_happened(
    name: str, lena: Client, running: Batch, people: dict[str, User]
) -> None:
    digest = seen(lena.get(reverse(name)))
    newer = open_for(people["mei"], "new@example.com")

    answer = polled(lena, reverse(name), digest)

    assert not is_unchanged(answer)
    assert newer.ref in words(answer)
    assert seen(answer) != digest
    assert is_unchanged(polled(lena, reverse(name), seen(answer)))


@pytest.mark.parametrize("name", LISTS)
def test_only_the_newest_page_of_a_list_follows(name: str, lena: Client, people: dict[str, User]) -> None:
    settled(people["mei"], *addresses(101))
    for _ in range(101):
        doors.refused(ACTOR, "resend", "POST", database_now())
    first = lena.get(reverse(name))
    older = re.search(r'rel="next" href="([^"]+)"', first.content.decode())
    assert older

    second = lena.get(reverse(name) + older[1].replace("&amp;", "&"))

    assert 'hx-trigger="every 20s, wake"' in first.content.decode()
    assert "hx-get" not in second.content.decode()


def test_a_list_follows_its_filter(mei: Client, running: Batch, people: dict[str, User]) -> None:
    page = mei.get(reverse("history"), {"ticket": "T-1"})
    assert f'hx-get="{reverse("history")}?ticket=T-1"' in page.content.decode()
    open_for(people["mei"], "other@example.com", ticket="T-2")

    assert is_unchanged(polled(mei, reverse("history") + "?ticket=T-1", seen(page)))


@pytest.mark.parametrize("name", ["home", *LISTS])
def test_following_leaves_nothing_in_the_trail(name: str, lena: Client, running: Batch) -> None:
    before = Event.objects.count()

    polled(lena, reverse(name))

    assert Event.objects.count() == before


@pytest.mark.parametrize("name", ["home", *LISTS])
def test_whoever_is_signed_out_reloads_as_a_whole(name: str, client: Client) -> None:
    answer = client.get(reverse(name), headers={"HX-Request": "true"})

    assert answer["HX-Refresh"] == "true"
    assert answer.content == b""


def test_another_language_is_another_page(mei: Client, running: Batch) -> None:
    poll = follow(mei, running)
    mei.post(reverse("language"), {"language": "zh-hans", "next": "/"})

    assert not is_unchanged(poll())
