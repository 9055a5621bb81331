"""Every page in Chinese: no sentence on it is left in English, nor its punctuation."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.desk import open_for
from tests.history.rows import settled
from tests.views.tour import Words, further_pages, pages
from verification.models import Batch, Preference, SetupCheck, database_now
from verification.services import lookups

# Two words of Latin letters beside each other; one alone is a name, a code or an address.
ENGLISH = re.compile(r"\b[A-Za-z][a-z']+ [A-Za-z][a-z']+\b")
# Texts that are not in the page's language, and say so: a reply for a customer who reads English.
FOREIGN = re.compile(r'<(p|button)\b[^>]*\slang="en"[^>]*>.*?</\1>', re.DOTALL)
NAMES = re.compile(r"OpenAPI Explorer|AccessKey (ID|Secret)|manage\.py worker")
ENGLISH_STOP = re.compile(r"[\u4e00-\u9fff][,:;!?](?!\S)")


@pytest.fixture
def batch(people: dict[str, User]) -> Batch:
    """Something on record in every table, in Chinese where a person wrote it."""
    mei, now = people["mei"], database_now()
    settled(mei, "one@example.com", status="unknown", code="NoAnswer", reason="链接已过期", ticket="SUP-1")
    settled(mei, "two@example.com", status="refused", code="SendTokenQuotaExceeded", reason="链接已过期")
    settled(mei, "six@example.com", status="refused", code="Never.Heard", message="没有", reason="链接已过期")
    lookups.ask(email="one@example.com", key="one@example.com", person=mei, now=now)
    SetupCheck.objects.create(
        requested_by=mei, created_at=now, finished_at=now, outcome="setup_refused", code="Forbidden.RAM"
    )
    return open_for(mei, "three@example.com", "four@example.com", reason="链接已过期")


@pytest.fixture
def head(people: dict[str, User]) -> Client:
    """Signed in as somebody who may open every page, and reads Chinese."""
    boss = people["lena"]
    boss.is_staff = boss.is_superuser = True
    boss.save()
    Preference.objects.create(person=boss, language="zh-hans")
    client = Client(headers={"Accept-Language": "zh-CN"})
    client.force_login(boss)
    return client


def test_no_page_is_left_in_english(head: Client, batch: Batch) -> None:
    every_page = pages(head, "/", "/admin/") | further_pages(head, batch, "zh-CN")

    left = {
        text.strip(): url
        for url, page in every_page.items()
        if "/delete/" not in url
        for text in Words(FOREIGN.sub("", page)).people
        if ENGLISH.search(NAMES.sub("", text))
    }
    assert left == {}
    assert len(every_page) > 40


def test_no_chinese_on_a_page_has_english_punctuation(head: Client, batch: Batch) -> None:
    every_page = pages(head, "/") | further_pages(head, batch, "zh-CN")

    odd = {
        text: url
        for url, page in every_page.items()
        # Django ends the labels of the admin's forms with a colon of its own.
        if "admin" not in url
        for text in Words(page).people
        if ENGLISH_STOP.search(text)
    }
    assert odd == {}
