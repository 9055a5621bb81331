"""The doors on record: who came in, who did not get in, and who asked for what they may not have."""

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from tests.desk import open_for
from verification.models import Event, EventName

PASSWORD = "a-password-of-mei's"


@pytest.fixture
def person(people: dict[str, User]) -> User:
    people["mei"].set_password(PASSWORD)
    people["mei"].save()
    return people["mei"]


def trail() -> list[tuple[str, str, str | None, object]]:
    rows = Event.objects.order_by("sequence")
    return [(row.name, row.actor_name, row.source_address, row.details) for row in rows]


def sign_in(client: Client, password: str = PASSWORD, where: str = "sign-in") -> object:
    return client.post(reverse(where), {"username": "mei", "password": password})


def test_signing_in_and_out_is_on_record(client: Client, person: User) -> None:
    sign_in(client)
    client.post(reverse("sign-out"))

    assert trail() == [
        (EventName.PERSON_SIGNED_IN, "mei", "127.0.0.1", {}),
        (EventName.PERSON_SIGNED_OUT, "mei", "127.0.0.1", {}),
    ]
    assert {event.actor for event in Event.objects.all()} == {person}


def test_a_failed_sign_in_is_on_record_without_what_was_typed(client: Client, person: User) -> None:
    sign_in(client, "not-" + PASSWORD)

    assert trail() == [(EventName.SIGN_IN_FAILED, "(not signed in)", "127.0.0.1", {})]
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("where", ["sign-in", "admin:login"])
def test_without_an_event_nobody_gets_in(
    where: str, client: Client, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> None:
        raise OperationalError("the disk is full")

    User.objects.update(is_staff=True)
    monkeypatch.setattr("verification.services.doors.record", failing)
    client.raise_request_exception = False
    response = sign_in(client, where=where)

    assert response.status_code == 503
    assert "_auth_user_id" not in client.session
    assert client.get(reverse("history")).status_code == 302
    assert trail() == []


def test_a_refusal_is_on_record_with_the_page_and_the_method(mei: Client, people: dict[str, User]) -> None:
    others = open_for(people["lena"], "holder@example.com")
    before = Event.objects.count()

    mei.get(reverse("history-export"))
    mei.post(reverse("batch-stop", args=[others.ref]))
    mei.get(reverse("admin:auth_user_change", args=["holder@example.com"]))

    assert trail()[before:] == [
        (EventName.ACCESS_REFUSED, "mei", "127.0.0.1", {"page": "history-export", "method": "GET"}),
        (EventName.ACCESS_REFUSED, "mei", "127.0.0.1", {"page": "batch-stop", "method": "POST"}),
        (EventName.ACCESS_REFUSED, "mei", "127.0.0.1", {"page": "admin:auth_user_change", "method": "GET"}),
    ]


def test_the_refusal_of_somebody_in_the_admin_is_on_record(mei: Client, people: dict[str, User]) -> None:
    User.objects.filter(username="mei").update(is_staff=True)

    assert mei.get(reverse("admin:auth_user_change", args=["holder@example.com"])).status_code == 403

    assert trail()[-1] == (
        EventName.ACCESS_REFUSED, "mei", "127.0.0.1", {"page": "admin:auth_user_change", "method": "GET"},
    )  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_may_not_enter_the_admin_is_refused_there_on_record(
    method: str, mei: Client, people: dict[str, User]
) -> None:
    assert mei.generic(method, reverse("admin:verification_attempt_changelist")).status_code == 403

    assert trail()[-1] == (
        EventName.ACCESS_REFUSED, "mei", "127.0.0.1",
        {"page": "admin:verification_attempt_changelist", "method": method},
    )  # fmt: skip


def test_the_way_into_the_admin_stays_open(mei: Client, client: Client) -> None:
    assert mei.get(reverse("admin:login")).status_code == 200
    assert client.get(reverse("admin:index")).status_code == 302


def test_who_is_not_signed_in_leaves_no_refusal(client: Client, people: dict[str, User]) -> None:
    client.get(reverse("history"))

    assert trail() == []


@pytest.mark.parametrize(
    ("came_from", "kept"),
    [
        ("2001:DB8::1", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::192.0.2.1", None),
        ("fe80::1%eth0", None),
        ("::1", "::1"),
    ],
)
def test_an_address_is_kept_only_as_every_database_writes_it(
    came_from: str, kept: str | None, client: Client, person: User
) -> None:
    client.post(reverse("sign-in"), {"username": "mei", "password": "wrong"}, REMOTE_ADDR=came_from)

    assert trail()[-1][2] == kept
