"""What all pages have in common: the frame, the banner, the policy, and what must stand on none of them."""

import re
from itertools import pairwise
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.history.rows import settled
from tests.views.pages import preview, typed, words

SECRETS = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI5tTheWholeKeyIdOfUs1",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "the-secret-of-the-key",
    "ALIBABA_CLOUD_SECURITY_TOKEN": "CAIS-the-security-token",
    "SECRET_KEY": "signs-nothing-that-outlives-a-test",
}


@pytest.fixture
def pages(lena: Client, people: dict[str, User], settings: Any) -> list[Any]:
    """Every page of the desk once, as a lead sees it, and the error pages."""
    for name, value in SECRETS.items():
        if name != "SECRET_KEY":
            setattr(settings, name, value)
    batch = settled(people["mei"], "one@example.com", "two@example.com", status="unknown", code="NoAnswer")
    pk = batch.attempts.earliest("pk").pk
    urls = [reverse(name) for name in ("home", "resend", "history", "setup")]
    urls += [reverse("batch", args=[batch.ref]), reverse("address", args=[pk]), "/nothing-here/"]
    anonymous = Client()
    return [
        *(lena.get(url) for url in urls),
        preview(lena, typed("three@example.com", "broken@")),
        preview(lena, typed()),
        anonymous.get(reverse("sign-in")),
        anonymous.post(reverse("resend")),
    ]


def test_no_page_shows_a_secret(pages: list[Any]) -> None:
    for page in pages:
        assert not [name for name, value in SECRETS.items() if value in page.content.decode()]


def test_no_page_holds_an_inline_script_or_style_or_leads_off_this_host(pages: list[Any]) -> None:
    for page in pages:
        source = page.content.decode()
        assert not re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:|hx-on|hx-vals=.js", source)
        assert not re.findall(r'(?:src|srcset|action)="(?:https?:)?//', source)
        policy = page["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy


def test_every_page_says_that_no_mail_leaves_the_sandbox(pages: list[Any]) -> None:
    assert all("Sandbox: no mail leaves this machine." in words(page) for page in pages)


@pytest.mark.parametrize(
    "endpoint", ["https://domain.aliyuncs.com", "https://127.0.0.1.example.com", "", "http://[::1"]
)
def test_elsewhere_no_page_says_so(endpoint: str, settings: Any, client: Client) -> None:
    settings.DOMAIN_API_ENDPOINT = endpoint

    assert "Sandbox" not in words(client.get(reverse("sign-in")))


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:80"])
def test_a_loopback_endpoint_is_the_sandbox(endpoint: str, settings: Any, client: Client) -> None:
    settings.DOMAIN_API_ENDPOINT = endpoint

    assert "Sandbox: no mail leaves this machine." in words(client.get(reverse("sign-in")))


def test_every_page_is_well_made(pages: list[Any]) -> None:
    for page in pages:
        source = page.content.decode()
        assert '<html lang="en">' in source and '<a class="skip" href="#main">' in source
        assert len(re.findall(r"<h1\b", source)) == 1
        levels = [int(level) for level in re.findall(r"<h([1-6])\b", source)]
        assert all(below - above <= 1 for above, below in pairwise(levels))
        ids = re.findall(r'\bid="([^"]*)"', source)
        assert len(ids) == len(set(ids))
        named = re.findall(r'\b(?:for|aria-labelledby|aria-describedby)="([^"]*)"', source)
        assert {name for names in named for name in names.split()} <= set(ids)
        assert source.count("<table") == source.count("<caption")
        assert not re.findall(r"<th(?![^>]*scope=)[ >]", source)


def test_the_navigation_offers_what_a_person_may_do(lena: Client, aki: Client, mei: Client) -> None:
    def offered(client: Client) -> list[str]:
        nav = re.search(r"<nav.*?</nav>", client.get(reverse("history")).content.decode(), re.DOTALL)
        assert nav
        return re.findall(r">([^<>\s][^<>]*)</a>", nav[0])

    assert offered(mei) == ["Home", "Resend", "History", "Check setup"]
    assert offered(aki) == ["Home", "History", "Check setup", "Audit trail"]


def test_the_open_page_is_marked(mei: Client) -> None:
    assert '<a href="/history/" aria-current="page">History</a>' in mei.get(reverse("history")).content.decode()
