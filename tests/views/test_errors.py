"""What people see when something goes wrong: our own page, in words, and nothing half done."""

import logging
import re

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse

from tests.views.broken import broken_database
from tests.views.pages import confirm, fields, preview, typed, words
from verification.models import Batch
from verification.views.errors import server_error

AWAY = "The record can't be reached"


@pytest.mark.parametrize("name", ["home", "resend", "history", "setup"])
def test_a_page_without_its_database_says_so(name: str, mei: Client) -> None:
    with broken_database():
        response = mei.get(reverse(name))

    assert response.status_code == 503
    assert AWAY in words(response)
    assert response["Retry-After"] == "10"


def test_confirming_without_a_database_records_nothing_and_works_later(mei: Client) -> None:
    shown = preview(mei, typed("one@example.com"))
    with broken_database():
        response = confirm(mei, shown)

    assert response.status_code == 503
    assert "What can't be recorded isn't sent." in words(response)
    assert not Batch.objects.exists()
    assert confirm(mei, shown).status_code == 302


def test_signing_in_without_a_database_says_so(db: None) -> None:
    with broken_database():
        response = Client().post(reverse("sign-in"), {"username": "mei", "password": "x"})

    assert response.status_code == 503


def test_a_database_lost_outside_of_a_view_gets_the_same_page() -> None:
    try:
        raise OperationalError
    except OperationalError:
        response = server_error(RequestFactory().get("/"))

    assert response.status_code == 503
    assert AWAY in words(response)


@override_settings(ROOT_URLCONF="tests.views.faulty_urls")
def test_a_fault_of_ours_shows_nothing_of_itself(db: None, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.CRITICAL, logger="django.request"):
        response = Client(raise_request_exception=False).get("/faulty/")

    assert response.status_code == 500
    assert "Something went wrong on our side" in words(response)
    assert "secret" not in response.content.decode() and "Traceback" not in response.content.decode()


def test_who_may_not_read_gets_a_friendly_page_and_a_way_out(sign_in: object, people: dict[str, User]) -> None:
    otto = Client()
    otto.force_login(people["otto"])

    response = otto.get(reverse("home"))

    assert response.status_code == 403
    assert "You may not do this" in words(response)
    assert "Sign out otto" in words(response)


def test_a_stale_page_gives_back_what_was_typed(people: dict[str, User]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people["mei"])

    page = client.post(reverse("resend"), typed("one@example.com", ticket="T-1") | {"step": "confirm"})

    assert page.status_code == 403
    token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page.content.decode())[0]
    form = client.post(reverse("resend"), fields(page) | {"step": "edit", "csrfmiddlewaretoken": token})
    assert (fields(form)["paste"], fields(form)["ticket"]) == ("one@example.com", "T-1")
    assert not Batch.objects.exists()


SIGN_IN = re.compile(r'<a class="btn btn-plain" href="/sign-in/"( target="_blank" rel="noopener")?>([^<]*)</a>')


def test_who_is_signed_out_is_offered_the_sign_in(client: Client, db: None) -> None:
    checking = Client(enforce_csrf_checks=True)

    assert SIGN_IN.findall(checking.post(reverse("sign-in")).content.decode()) == [("", "Sign in")]
    assert SIGN_IN.findall(client.post(reverse("setup-check")).content.decode()) == [("", "Sign in")]
    for page in (checking, client):
        form = page.post(reverse("resend"), typed("one@example.com"))
        assert form.status_code == 403
        assert SIGN_IN.findall(form.content.decode()) == [(' target="_blank" rel="noopener"', "Sign in in another tab")]
        assert fields(form)["paste"] == "one@example.com"


def test_who_is_signed_in_is_not(people: dict[str, User]) -> None:
    checking = Client(enforce_csrf_checks=True)
    checking.force_login(people["mei"])

    page = checking.post(reverse("resend"), typed("one@example.com"))

    assert page.status_code == 403
    assert "sign-in" not in page.content.decode()
    assert "Sign out mei" in words(page)


def test_a_stale_page_without_its_database_says_so(people: dict[str, User]) -> None:
    checking = Client(enforce_csrf_checks=True, raise_request_exception=False)
    checking.force_login(people["mei"])
    with broken_database():
        page = checking.post(reverse("resend"), typed("one@example.com"))

    assert page.status_code == 503


def test_a_foreign_host_gets_a_page_of_ours(client: Client) -> None:
    response = client.get("/", headers={"host": "evil.example"})

    assert response.status_code == 400
    assert "This request can't be read" in words(response)


@pytest.mark.parametrize(("name", "method", "allowed"), [("sign-out", "GET", "POST"), ("home", "PUT", "GET, HEAD")])
def test_a_wrong_method_gets_a_page_of_ours(name: str, method: str, allowed: str, mei: Client) -> None:
    response = mei.generic(method, reverse(name))

    assert response.status_code == 405
    assert "This is no page" in words(response)
    assert allowed in response["Allow"]
