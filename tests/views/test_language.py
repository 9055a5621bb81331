"""Which language a page speaks: the person's own choice, else the browser's, else the desk's."""

from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse

from tests.views.conftest import SignIn
from tests.views.pages import fields, typed, words
from verification.models import Preference

CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}


def language_of(response: Any) -> str:
    """The language that a page says it is in; header and page must agree."""
    page = response.content.decode()
    said = response["Content-Language"]
    assert f'<html lang="{said}"' in page
    assert (">登录<" in page) is (said == "zh-hans") or "sign-in" not in response.request["PATH_INFO"]
    return said


def choose(client: Client, language: str, **more: str) -> Any:
    return client.post(reverse("language"), {"language": language, "next": "/history/"} | more)


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        ("zh", "zh-hans"),
        ("zh-CN", "zh-hans"),
        ("zh-SG", "zh-hans"),
        ("zh-TW", "zh-hans"),
        ("zh-HK,zh;q=0.8", "zh-hans"),
        ("zh-Hant-TW", "zh-hans"),
        ("fr,zh-CN;q=0.5,en;q=0.4", "zh-hans"),
        ("en-GB,en;q=0.9,zh;q=0.1", "en"),
        ("fr-FR", "en"),
        ("nonsense;;q=x", "en"),
        ("", "en"),
    ],
)
def test_a_browser_gets_the_language_it_asks_for(asked: str, spoken: str, client: Client) -> None:
    response = client.get(reverse("sign-in"), headers={"Accept-Language": asked})

    assert language_of(response) == spoken
    assert "Accept-Language" in response["Vary"]


def test_a_choice_made_before_the_sign_in_stays_with_the_browser(client: Client) -> None:
    choose(client, "en")

    assert language_of(client.get(reverse("sign-in"), headers=CHINESE)) == "en"


def test_a_persons_choice_follows_them_to_another_machine(sign_in: SignIn) -> None:
    choose(sign_in("mei"), "zh-hans")
    other_machine = sign_in("mei")

    assert language_of(other_machine.get(reverse("home"), headers={"Accept-Language": "en"})) == "zh-hans"


def test_a_persons_choice_is_not_another_persons(sign_in: SignIn) -> None:
    choose(sign_in("mei"), "zh-hans")

    assert language_of(sign_in("aki").get(reverse("home"))) == "en"


def test_a_person_without_a_choice_gets_the_browsers_language(sign_in: SignIn) -> None:
    assert language_of(sign_in("aki").get(reverse("home"), headers=CHINESE)) == "zh-hans"
    assert not Preference.objects.exists()


def test_a_choice_can_be_taken_back(mei: Client, people: dict[str, User]) -> None:
    choose(mei, "zh-hans")
    choose(mei, "en")

    assert language_of(mei.get(reverse("home"), headers=CHINESE)) == "en"
    assert Preference.objects.get().person == people["mei"]


def test_the_choice_outlives_the_sign_in_in_this_browser(mei: Client) -> None:
    choose(mei, "zh-hans")
    mei.post(reverse("sign-out"))

    assert language_of(mei.get(reverse("sign-in"))) == "zh-hans"


@pytest.mark.parametrize("language", ["fr", "zh-hant", "", "../en", "x" * 5000])
def test_a_language_that_the_desk_does_not_speak_changes_nothing(language: str, mei: Client) -> None:
    response = choose(mei, language)

    assert response.status_code == 302
    assert settings.LANGUAGE_COOKIE_NAME not in response.cookies
    assert not Preference.objects.exists()


def test_a_forgotten_language_on_record_is_passed_over(mei: Client, people: dict[str, User]) -> None:
    Preference.objects.create(person=people["mei"], language="tlh")

    assert language_of(mei.get(reverse("home"), headers=CHINESE)) == "zh-hans"


def test_it_leads_back_to_the_same_page_with_its_query(mei: Client) -> None:
    page = mei.get(reverse("history"), {"ticket": "SUP-1&2", "status": "refused"})

    response = mei.post(reverse("language"), {"language": "zh-hans", "next": fields(page)["next"]})

    assert response["Location"] == "/history/?ticket=SUP-1%262&status=refused"


@pytest.mark.parametrize("elsewhere", ["https://example.com/", "//example.com/", "javascript:alert(1)", "\\\\x", ""])
def test_it_leads_to_no_other_site(elsewhere: str, mei: Client) -> None:
    for response in (
        choose(mei, "en", next=elsewhere),
        mei.post(reverse("language", query={"typed": "", "next": elsewhere}), {"language": "en"}),
    ):
        assert response["Location"] == reverse("home")


def test_what_was_typed_comes_along(mei: Client) -> None:
    url = reverse("language", query={"typed": "", "next": reverse("resend")})

    response = mei.post(url, typed(paste="one@example.com\nbroken@") | {"language": "zh-hans"}, follow=True)

    assert response.redirect_chain == [(reverse("resend"), 307)]
    assert response["Content-Language"] == "zh-hans"
    assert fields(response)["paste"] == "one@example.com\nbroken@"
    assert fields(response)["reason"] == "The link has expired"


def test_the_cookie_is_for_the_server_alone(client: Client, settings: Any) -> None:
    settings.LANGUAGE_COOKIE_SECURE = True

    cookie = choose(client, "zh-hans").cookies[settings.LANGUAGE_COOKIE_NAME]

    assert cookie["httponly"] and cookie["secure"] and cookie["samesite"] == "Lax"
    assert cookie["max-age"] == 365 * 24 * 60 * 60


def test_every_page_offers_both_languages_by_their_own_names(mei: Client, client: Client) -> None:
    for response in (mei.get(reverse("home")), client.get(reverse("sign-in")), mei.get("/nothing-here/")):
        page = response.content.decode()
        assert '<button class="cover-button" name="language" value="en" lang="en" aria-current="true">English<' in page
        assert '<button class="cover-button" name="language" value="zh-hans" lang="zh-hans">简体中文<' in page


def test_the_admin_offers_and_speaks_them_too(client: Client, admin_client: Client) -> None:
    front_door = client.get(reverse("admin:login"), headers=CHINESE)
    assert 'name="language" value="en"' in front_door.content.decode()
    assert "用户名" in words(front_door)

    choose(admin_client, "zh-hans")
    page = admin_client.get(reverse("admin:index"))
    assert 'name="language" value="en"' in page.content.decode()
    assert "站点管理" not in words(page) and "记录与人员" in words(page)


def test_a_page_about_an_unusable_database_speaks_the_browsers_language(
    mei: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> None:
        raise OperationalError("gone")

    with connection.execute_wrapper(away):
        response = mei.get(reverse("home"), headers=CHINESE)

    assert response.status_code == 503
    assert language_of(response) == "zh-hans"


def test_a_body_that_is_too_large_is_refused_in_the_persons_language(mei: Client) -> None:
    choose(mei, "zh-hans")

    response = mei.post(reverse("language"), b"x", content_type="text/plain", CONTENT_LENGTH="100000000")

    assert response.status_code == 413
    assert language_of(response) == "zh-hans"
