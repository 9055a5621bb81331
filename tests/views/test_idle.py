"""How long a sign-in lasts, by a clock that the tests move."""

from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.desk import Clock
from tests.views import clocked
from tests.views.broken import broken_database
from tests.views.conftest import SignIn
from verification.models import Event

BACKGROUND = {"X-Background": "1", "HX-Request": "true"}


@pytest.fixture(autouse=True)
def clock(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Clock:
    real = "verification.views.idle.IdleMiddleware"
    ours = f"{clocked.__name__}.ClockedIdleMiddleware"
    settings.MIDDLEWARE = [ours if name == real else name for name in settings.MIDDLEWARE]
    assert ours in settings.MIDDLEWARE
    clock = Clock()
    monkeypatch.setattr(clocked, "CLOCK", clock)
    return clock


@pytest.fixture
def mei(sign_in: SignIn) -> Client:
    """Signed in; the clock begins to count with her first page."""
    client = sign_in("mei")
    assert is_in(client)
    return client


def is_in(client: Client) -> bool:
    return client.get(reverse("history")).status_code == 200


def poll(client: Client) -> Any:
    return client.get(reverse("history"), headers=BACKGROUND)


def test_half_an_hour_without_a_sign_of_life_ends_it(mei: Client, clock: Clock) -> None:
    clock.move(minutes=29)
    assert is_in(mei)
    clock.move(minutes=30)

    assert not is_in(mei)
    assert not Session.objects.exists()


def test_whoever_works_stays_until_the_day_is_over(mei: Client, clock: Clock) -> None:
    for _ in range(12 * 60 // 20 - 1):
        clock.move(minutes=20)
        assert is_in(mei)

    clock.move(minutes=20)

    assert not is_in(mei)


def test_an_hour_of_polling_does_not_prolong_it(mei: Client, clock: Clock) -> None:
    answers = []
    for _ in range(60 * 3):
        clock.move(seconds=20)
        answers.append(poll(mei))

    ended = [answer.get("HX-Refresh") == "true" for answer in answers]
    assert ended == [False] * 89 + [True] * 91
    assert all(answer.content == b"" for answer in answers[89:])
    assert not is_in(mei)


def test_a_page_that_reloads_itself_without_script_does_not_prolong_it(mei: Client, clock: Clock) -> None:
    for _ in range(3):
        clock.move(minutes=10)
        mei.get(reverse("history"), {"background": "1"})

    assert not is_in(mei)


def test_polling_beside_work_takes_nothing_from_it(mei: Client, clock: Clock) -> None:
    for _ in range(4):
        clock.move(minutes=15)
        poll(mei)
        assert is_in(mei)


def test_it_writes_the_session_once_a_minute_at_most_and_never_for_a_poll(mei: Client, clock: Clock) -> None:
    def writes(*requests: Any) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            for request in requests:
                request(mei)
        return sum("django_session" in query["sql"] and "UPDATE" in query["sql"] for query in queries)

    clock.move(seconds=59)
    assert writes(is_in, is_in, poll) == 0
    clock.move(seconds=1)
    assert writes(poll, is_in, is_in, poll) == 1


def test_the_end_is_no_act_of_the_person(mei: Client, clock: Clock) -> None:
    before = Event.objects.count()
    clock.move(hours=13)

    assert not is_in(mei)

    assert Event.objects.count() == before


def test_a_new_sign_in_begins_anew(mei: Client, clock: Clock, people: dict) -> None:
    clock.move(hours=11, minutes=50)
    assert not is_in(mei)
    people["mei"].set_password("quite-a-long-password")
    people["mei"].save()

    mei.post(reverse("sign-in"), {"username": "mei", "password": "quite-a-long-password"})
    clock.move(minutes=25)

    assert is_in(mei)


def test_the_admin_ends_alike(sign_in: SignIn, people: dict, clock: Clock) -> None:
    people["lena"].is_staff = True
    people["lena"].save()
    lena = sign_in("lena")
    assert lena.get(reverse("admin:index")).status_code == 200

    clock.move(minutes=31)

    assert lena.get(reverse("admin:index")).status_code == 302


def test_without_its_database_a_page_says_so(mei: Client) -> None:
    with broken_database():
        response = mei.get(reverse("history"))

    assert response.status_code == 503


def test_a_page_for_nobody_reads_no_session(client: Client) -> None:
    """Without the fixture of the database, any query would be an error."""
    assert client.get("/healthz").status_code == 200
