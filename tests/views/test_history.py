"""The history: filters in the URL, pages by links, no address in a path."""

import csv
import json
import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from tests.desk import NOON, addresses
from tests.history.rows import emails, settled
from tests.views.conftest import SignIn
from tests.views.pages import fields, words
from verification.models import Event, EventName, Status


def shown(client: Client, **query: str) -> Any:
    response = client.get(reverse("history"), query)
    assert response.status_code == 200
    return response


def link(response: Any, rel: str) -> str:
    """Where a link of the page leads."""
    return response.content.decode().split(f'<a rel="{rel}" href="')[1].split('"')[0].replace("&amp;", "&")


def test_an_empty_record_says_so(mei: Client) -> None:
    assert "Nobody has asked for anything yet." in words(shown(mei))


def test_it_shows_the_newest_first_with_their_outcome(mei: Client, people: dict[str, User]) -> None:
    settled(people["mei"], "old@example.com", at=NOON)
    batch = settled(people["lena"], "new@example.com", at=NOON + timedelta(hours=1), ticket="T-3")

    page = shown(mei)

    assert emails(page.context["page"].rows) == ["new@example.com", "old@example.com"]
    said = words(page)
    assert all(word in said for word in ("accepted", "lena", "T-3", batch.ref, "2 Mar 2026, 13:00 UTC"))


@pytest.mark.parametrize(
    "query",
    [
        {"address": "Wanted@Example.COM"},
        {"address": "wan*"},
        {"domain": "example.com"},
        {"status": "refused"},
        {"code": "ParameterIllegall"},
        {"operator": "mei"},
        {"ticket": "T-1"},
        {"since": "2026-03-02"},
        {"since": "2026-03-02", "until": "2026-03-02"},
        {"status": "refused", "operator": "mei", "ticket": "T-1", "domain": " example.com "},
    ],
)
def test_it_filters(query: dict[str, str], mei: Client, people: dict[str, User]) -> None:
    settled(people["mei"], "wanted@example.com", status=Status.REFUSED, code="ParameterIllegall", ticket="T-1")
    settled(people["lena"], "other@example.org", at=NOON - timedelta(days=1))

    assert emails(shown(mei, **query).context["page"].rows) == ["wanted@example.com"]


def test_it_filters_by_batch(mei: Client, people: dict[str, User]) -> None:
    batch = settled(people["mei"], "wanted@example.com")
    settled(people["mei"], "other@example.com")

    assert emails(shown(mei, batch=batch.ref).context["page"].rows) == ["wanted@example.com"]


def test_a_day_is_one_of_the_desks_zone(settings: Any, mei: Client, people: dict[str, User]) -> None:
    settings.TIME_ZONE = "Asia/Shanghai"
    settled(people["mei"], "late@example.com", at=datetime(2026, 3, 2, 15, 59, tzinfo=UTC))
    settled(people["mei"], "next-day@example.com", at=datetime(2026, 3, 2, 16, 0, tzinfo=UTC))

    page = shown(mei, since="2026-03-02", until="2026-03-02")

    assert emails(page.context["page"].rows) == ["late@example.com"]
    assert "2 Mar 2026, 23:59 CST" in words(page)


def test_nothing_found_is_not_an_empty_record(mei: Client, people: dict[str, User]) -> None:
    settled(people["mei"], "one@example.com")

    assert "Nothing matches this filter." in words(shown(mei, address="nobody@example.com"))


def test_a_filter_that_is_not_understood_shows_nothing_at_all(mei: Client, people: dict[str, User]) -> None:
    settled(people["mei"], "one@example.com")

    page = shown(mei, status="lost", address="one@example.com")

    assert page.context["page"] is None
    assert fields(page)["address"] == "one@example.com"


def test_the_pages_lead_forward_and_back_and_keep_the_filter(mei: Client, people: dict[str, User]) -> None:
    settled(people["mei"], *addresses(120), ticket="T 1&2")
    settled(people["mei"], "other@example.com")

    first = shown(mei, ticket="T 1&2")
    second = mei.get(reverse("history") + link(first, "next"))
    back = mei.get(reverse("history") + link(second, "prev"))

    assert parse_qs(urlsplit(link(first, "next")).query)["ticket"] == ["T 1&2"]
    rows = [emails(page.context["page"].rows) for page in (first, second, back)]
    assert rows[0] == rows[2] == addresses(120)[:69:-1]
    assert rows[1] == addresses(120)[69:19:-1]


def test_no_path_holds_an_address(mei: Client, people: dict[str, User]) -> None:
    settled(people["mei"], "one@example.com")

    page = shown(mei).content.decode()

    assert 'href="/addresses/' in page
    assert not [part for part in page.split('href="')[1:] if "@" in part.split('"')[0]]


def exported(client: Client, form: str, **query: str) -> Any:
    response = client.get(reverse("history-export"), query | {"format": form})
    assert response.status_code == 200
    return response


def text_of(response: Any) -> str:
    return b"".join(response.streaming_content).decode()


@pytest.fixture
def plain_aki(aki: Client, people: dict[str, User]) -> Client:
    """The Auditor with the further right to take addresses out in full."""
    people["aki"].user_permissions.add(Permission.objects.get(codename="export_addresses"))
    return aki


def test_an_auditor_downloads_what_the_filter_finds(plain_aki: Client, people: dict[str, User]) -> None:
    settled(people["mei"], "second@example.com", at=NOON + timedelta(hours=1), ticket="T 1&2")
    settled(people["mei"], "first@example.com", at=NOON, ticket="T 1&2")
    settled(people["mei"], "other@example.com")

    page = shown(plain_aki, ticket="T 1&2").content.decode()

    for form in ("csv", "jsonl"):
        target = page.split(f'id="export-{form}"')[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
        text = text_of(plain_aki.get(target))
        assert text.index("first@example.com") < text.index("second@example.com")
        assert "other@example.com" not in text


def test_the_csv_opens_in_a_spreadsheet_and_holds_no_formula(plain_aki: Client, people: dict[str, User]) -> None:
    dangerous = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"]
    for number, message in enumerate(dangerous):
        settled(people["mei"], f"a{number}@example.com", message=message, code='a,"b"', ticket="a=1")
    settled(people["mei"], "-last@example.com", message="邮件")

    response = exported(plain_aki, "csv")
    text = text_of(response)

    rows = list(csv.DictReader(StringIO(text.removeprefix("\ufeff"), newline="")))
    assert text.startswith("\ufeffid,batch,email,")
    assert [row["message"] for row in rows] == [*(f"'{message}" for message in dangerous), "邮件"]
    assert {(row["code"], row["ticket"]) for row in rows[:-1]} == {('a,"b"', "a=1")}
    assert rows[-1]["email"] == "'-last@example.com"
    assert response["Content-Type"] == "text/csv; charset=utf-8"


def test_json_lines_are_unaltered(plain_aki: Client, people: dict[str, User]) -> None:
    settled(people["mei"], "one@example.com", message="=1+1")

    row = json.loads(text_of(exported(plain_aki, "jsonl")))

    assert (row["email"], row["message"], row["created_at"]) == (
        "one@example.com",
        "=1+1",
        "2026-03-02T12:00:00.000000Z",
    )


def name_of(download: Any) -> str:
    """What a browser calls the file, in the plain form or in that of RFC 5987."""
    plain, _, extended = download["Content-Disposition"].removeprefix("attachment; filename").partition("*=utf-8''")
    return unquote(extended) if extended else plain.removeprefix("=").strip('"')


def test_a_file_is_named_after_its_time_and_its_filters_but_after_no_address(aki: Client) -> None:
    named = exported(aki, "csv", address="one@example.com", status="refused", ticket='T-1"\r\n/../x')

    assert re.fullmatch(
        r"resend-history_\d{4}-\d\d-\d\d-\d{6}-UTC_address_status-refused_ticket-t-1-x\.csv",
        name_of(named),
    )
    assert re.fullmatch(r'attachment; filename="[ -!#-~]+"', named["Content-Disposition"])


@pytest.mark.parametrize("page", ["history-export", "trail-export"])
def test_a_files_name_keeps_chinese_and_tells_the_zone(page: str, aki: Client, settings: Settings) -> None:
    settings.TIME_ZONE = "Asia/Shanghai"
    named = aki.get(reverse(page), {"format": "csv", "ticket": "工单 7"})

    assert re.fullmatch(r"resend-\w+_[\d-]{17}-CST_ticket-工单-7\.csv", name_of(named))
    assert named["Content-Disposition"].isascii()


def test_a_files_name_is_no_longer_than_file_systems_take(aki: Client) -> None:
    named = exported(aki, "jsonl", ticket="工" * 60, operator="员" * 60)

    assert len(name_of(named).encode()) <= 255
    assert name_of(named).endswith("工.jsonl") or name_of(named).endswith("员.jsonl")


def test_a_long_history_is_downloaded_whole_and_in_parts(
    plain_aki: Client, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("verification.history.export.CHUNK", 7)
    monkeypatch.setattr("verification.views.history.LINES_A_WRITE", 5)
    settled(people["mei"], *addresses(50))

    parts = [part.decode() for part in exported(plain_aki, "jsonl").streaming_content]

    assert [part.count("\n") for part in parts] == [5] * 10
    assert [json.loads(line)["email"] for line in "".join(parts).splitlines()] == addresses(50)


def test_a_filter_that_is_not_understood_is_no_download(aki: Client, people: dict[str, User]) -> None:
    settled(people["mei"], "one@example.com")

    response = aki.get(reverse("history-export"), {"format": "csv", "since": "yesterday"}, follow=True)

    assert "Nothing is shown" in words(response)
    assert aki.get(reverse("history-export"), {"format": "xlsx"}).status_code == 404


@pytest.mark.parametrize("name", ["mei", "lena"])
def test_nobody_else_is_offered_or_given_the_download(name: str, sign_in: SignIn, people: dict[str, User]) -> None:
    settled(people["mei"], "one@example.com")
    client = sign_in(name)

    refused = client.get(reverse("history-export"), {"format": "csv"})

    assert reverse("history-export") not in shown(client).content.decode()
    assert refused.status_code == 403 and "one@example.com" not in refused.content.decode()


def test_without_the_right_to_addresses_a_file_holds_them_masked(aki: Client, people: dict[str, User]) -> None:
    settled(people["mei"], "holder@example.com", message="holder@example.com is illegal")

    for form in ("csv", "jsonl"):
        text = text_of(exported(aki, form))
        assert "h…r@example.com" in text
        assert "holder@" not in text


@pytest.mark.parametrize(("more", "masked"), [((), True), (("export_addresses",), False)])
def test_a_download_is_on_record_before_it_leaves(
    more: tuple[str, ...], masked: bool, aki: Client, people: dict[str, User]
) -> None:
    people["aki"].user_permissions.add(*Permission.objects.filter(codename__in=more))
    exported(aki, "csv", address="holder@example.com", ticket="T-1", status="refused")

    event = Event.objects.latest("sequence")
    assert (event.name, event.actor_name, event.source_address) == (EventName.HISTORY_EXPORTED, "aki", "127.0.0.1")
    assert event.details == {
        "what": "attempts", "format": "csv", "masked": masked, "by": ["address", "ticket"], "status": "refused",
    }  # fmt: skip


def test_who_sees_addresses_masked_finds_whole_ones_only(aki: Client, mei: Client, people: dict[str, User]) -> None:
    settled(people["mei"], "holder@example.com")

    assert "h…r@example.com" in words(shown(aki, address="Holder@example.com"))
    spelling_out = words(shown(aki, address="ho*"))
    assert "finds whole addresses only" in spelling_out
    assert "h…r@example.com" not in spelling_out
    assert "holder@example.com" in words(shown(mei, address="ho*"))
