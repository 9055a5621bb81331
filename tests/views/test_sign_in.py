"""Signing in and out."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.views.pages import fields, words

PASSWORD = "a-password-of-mei's"


@pytest.fixture
def mei(people: dict[str, User]) -> User:
    people["mei"].set_password(PASSWORD)
    people["mei"].save()
    return people["mei"]


def sign_in(client: Client, **typed: str) -> object:
    return client.post(reverse("sign-in"), {"username": "mei", "password": PASSWORD, "next": ""} | typed)


def test_it_leads_home(client: Client, mei: User) -> None:
    response = sign_in(client)

    assert response.url == reverse("home")
    assert client.get(reverse("home")).status_code == 200


def test_it_leads_to_the_page_that_was_asked_for(client: Client, mei: User) -> None:
    wanted = reverse("history") + "?ticket=T-1"
    page = client.get(client.get(wanted).url)

    assert sign_in(client, next=fields(page)["next"]).url == wanted


def test_it_leads_nowhere_else(client: Client, mei: User) -> None:
    assert sign_in(client, next="https://evil.example/").url == reverse("home")


@pytest.mark.parametrize(
    "typed", [{"password": "wrong"}, {"username": "nobody"}, {"username": "a\0b"}, {"password": ""}]
)
def test_it_refuses_and_keeps_the_name(typed: dict[str, str], client: Client, mei: User) -> None:
    response = sign_in(client, **typed)

    assert response.status_code == 200
    assert "_auth_user_id" not in client.session
    assert PASSWORD not in response.content.decode()


def test_it_refuses_who_has_left(client: Client, mei: User) -> None:
    mei.is_active = False
    mei.save()

    assert "Please enter a correct username and password" in words(sign_in(client))


def test_signing_out_ends_the_session(client: Client, mei: User) -> None:
    client.force_login(mei)

    response = client.post(reverse("sign-out"))

    assert response.url == reverse("sign-in")
    assert client.get(reverse("home")).status_code == 302


@pytest.mark.parametrize("wanted", ["/sign-in/", "/sign-in/?next=/sign-in/", "http://testserver/sign-in/"])
def test_it_never_leads_to_itself(wanted: str, client: Client, mei: User) -> None:
    signed_in = sign_in(client, next=wanted)
    once_more = client.get(reverse("sign-in"), {"next": wanted})

    assert signed_in.url == once_more.url == reverse("home")


def test_an_act_opened_as_a_page_is_not_where_signing_in_leads(client: Client, db: None) -> None:
    page = client.get(reverse("setup-check"))

    assert page.status_code == 405
    assert "This is no page" in words(page)
    assert reverse("sign-in") + "?next" not in page.content.decode()
