"""The audit trail for people."""

import csv
import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from tests.desk import NOON, open_for
from tests.views.pages import words
from verification.evidence.keys import fingerprint
from verification.models import Checkpoint, Event, EventName, Lookup
from verification.services import doors, lookups, verdicts
from verification.services.checkpoints import make_checkpoint, parsed
from verification.services.leaves import lookup_group
from verification.services.ledger import Line, at_page, at_shell, at_work, record

EMAIL = "holder@example.com"


def shown(client: Client, **query: str) -> Any:
    response = client.get(reverse("trail"), query)
    assert response.status_code == 200
    return response


def taken_out(client: Client, **query: str) -> str:
    response = client.get(reverse("trail-export"), query)
    assert response.status_code == 200
    return b"".join(response.streaming_content).decode()


def test_it_tells_who_did_what_where_and_with_which_batch(aki: Client, people: dict[str, User]) -> None:
    batch = open_for(people["mei"], EMAIL, source_address="198.51.100.7", override_reason="The owner waits")

    said = words(shown(aki))

    # In between stands the number of the event, which depends on who has signed in before.
    assert f"mei 198.51.100.7 rules overridden {batch.ref}" in said
    assert f"batch opened 1 address {batch.ref}" in said


def test_it_tells_how_a_lookup_ended(aki: Client) -> None:
    asked = lookups.ask(email=EMAIL, key=EMAIL, person=None, now=NOON)
    for state, told in (("answered", {"verified": False}), ("failed", {"code": "NoConnection"})):
        ended = Lookup(pk=asked.pk, email=EMAIL, key=EMAIL, state=state, answered_at=NOON, **told)
        with transaction.atomic():
            verdicts.apply(ended, at_work("w"), NOON, asked_at=NOON)
    adopted = {"lookups": lookup_group(ended)}
    with transaction.atomic():
        record(at_work("w"), NOON, Line(EventName.LOOKUPS_ADOPTED, adopted))

    said = words(shown(aki, action="lookup:ended"))

    assert f"worker:w lookup ended lookup {asked.pk} · answered · not verified yet" in said
    assert f"lookup ended lookup {asked.pk} · failed · NoConnection" in said
    assert "· answered ·" not in words(shown(aki, action="but-lookups"))
    assert "earlier lookups taken into the trail 1 lookup" in words(shown(aki, action="lookups:adopted"))


def test_it_shows_no_address_and_no_text_of_a_person(aki: Client, people: dict[str, User]) -> None:
    open_for(people["mei"], EMAIL, reason="Because of holder", override_reason="The owner waits")

    page = shown(aki).content.decode() + taken_out(aki, format="jsonl") + taken_out(aki, format="csv")

    assert "holder" not in page and "The owner waits" not in page


def test_the_filter_stands_in_the_url(aki: Client, people: dict[str, User]) -> None:
    first = open_for(people["mei"], EMAIL)
    second = open_for(people["lena"], "other@example.com")

    said = words(shown(aki, person="lena"))

    assert second.ref in said and first.ref not in said


@pytest.mark.parametrize("query", [{"since": "yesterday"}, {"source": "somewhere"}, {"action": "nothing:done"}])
def test_a_filter_that_is_not_understood_shows_nothing(query: dict[str, str], aki: Client) -> None:
    assert "the filter can't be understood" in words(shown(aki, **query))
    assert aki.get(reverse("trail-export"), query).status_code == 302


def test_nothing_found_is_said(aki: Client) -> None:
    assert "Nothing matches this filter." in words(shown(aki, ticket="T-9"))


def test_it_tells_how_far_the_chain_is_proved(aki: Client, people: dict[str, User]) -> None:
    open_for(people["mei"], EMAIL)
    assert "Last checkpoint none yet" in words(shown(aki))

    Checkpoint.objects.create(number=1, made_at=NOON, made_by="worker:w", sequence=1, document="{}")
    events = Event.objects.count()

    said = words(shown(aki))
    assert f"Events {events}" in said
    assert "Last checkpoint number 1, 2 Mar 2026" in said
    assert f"Events since then {events - 1}" in said
    assert "Last check not yet" in said


def test_it_tells_what_the_last_check_has_found_and_not_only_the_last_success(
    aki: Client, people: dict[str, User]
) -> None:
    mei = at_shell(people["mei"])
    doors.verified(mei, 0, 1200, 3, NOON)
    said = words(shown(aki))
    assert "Last check whole, from event 1 to event 1,200 2 Mar 2026" in said
    assert "Last found whole" not in said and "did not find the trail whole" not in said

    doors.found_broken(mei, "attempt", 7, NOON + timedelta(hours=1))
    said = words(shown(aki))
    assert "The last check did not find the trail whole" in said
    assert "Last check BROKEN: attempt 7 2 Mar 2026, 13:00" in said and "by shell:mei" in said
    assert "Last found whole whole, from event 1 to event 1,200 2 Mar 2026, 12:00" in said
    assert "trail checked BROKEN: attempt 7" in said

    doors.not_verified(mei, NOON + timedelta(hours=2))
    assert "Last check not possible: checkpoints or their key could not be read" in words(shown(aki))

    doors.verified(mei, 1200, 1203, 4, NOON + timedelta(hours=3))
    said = words(shown(aki))
    partly = "whole after event 1,200, up to event 1,203; earlier ones were not checked again"
    assert f"Last check {partly}" in said and f"trail checked {partly}" in said
    assert "Last found whole" not in said


@pytest.mark.parametrize("table", ["batch", "attempt", "call", "lookup", "event", "checkpoint", "head"])
def test_it_names_every_table_in_which_a_fault_can_be(table: str, aki: Client, people: dict[str, User]) -> None:
    doors.found_broken(at_shell(people["mei"]), table, None, NOON)

    assert "BROKEN: " in words(shown(aki))


def test_changed_rights_are_told_by_names(aki: Client, people: dict[str, User]) -> None:
    chief, mei = User.objects.create_superuser("root"), people["mei"]
    lead = Group.objects.get(name="Lead")
    admin = Client()
    admin.force_login(chief)
    form = {"username": "mei", "date_joined_0": "2026-03-02", "date_joined_1": "12:00:00"}
    admin.post(reverse("admin:auth_user_change", args=[mei.pk]), form | {"groups": [lead.pk], "is_staff": "on"})
    admin.post(reverse("admin:auth_group_change", args=[lead.pk]), {"name": "Lead", "permissions": []})

    said = words(shown(aki, person="root"))

    assert "rights changed mei · Lead · may use the admin · inactive" in said
    assert "rights changed group Lead" in said


def test_the_queries_do_not_grow_with_the_changes_of_rights(
    aki: Client, people: dict[str, User], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def change(name: str) -> None:
        told = {"person": people[name].pk, "groups": [], "active": True}
        doors.rights_changed(at_page(people["lena"], None), told, NOON)

    change("mei")
    shown(aki)  # The first page of a session costs some of its own.
    with CaptureQueriesContext(connection) as of_one:
        shown(aki, person="lena")
    for name in ("otto", "aki", "lena"):
        change(name)

    with django_assert_num_queries(len(of_one)):
        shown(aki, person="lena")


def test_nobody_is_called_so_in_the_readers_language(aki: Client) -> None:
    doors.failed_to_sign_in("192.0.2.1", NOON)

    assert "(not signed in) 192.0.2.1" in words(shown(aki))
    assert "（未登录） 192.0.2.1" in words(aki.get(reverse("trail"), headers={"Accept-Language": "zh-CN"}))


def test_it_names_the_key_that_signs_checkpoints(aki: Client, settings: Settings, tmp_path: Path) -> None:
    settings.CHECKPOINT_DIR, settings.CHECKPOINT_KEY_FILE = tmp_path / "checkpoints", tmp_path / "key.pem"
    assert "Fingerprint" not in words(shown(aki))

    made = make_checkpoint("worker:w", NOON)

    assert made and f"Fingerprint of the signing key {fingerprint(parsed(made).public_key)}" in words(shown(aki))


def test_a_checkpoint_that_cannot_be_read_is_said(aki: Client) -> None:
    Checkpoint.objects.create(number=1, made_at=NOON, made_by="worker:w", sequence=1, document="{}")

    assert "The last checkpoint can't be read; verify_ledger tells why." in words(shown(aki))


def test_a_download_holds_what_was_looked_for_and_is_itself_on_record(aki: Client, people: dict[str, User]) -> None:
    doors.signed_in(at_page(people["mei"], "198.51.100.7"), NOON)

    rows = [json.loads(line) for line in taken_out(aki, format="jsonl", person="mei").splitlines()]
    table = list(csv.DictReader(StringIO(taken_out(aki, format="csv", person="mei").removeprefix("\ufeff"))))

    assert [row["actor"] for row in rows] == ["mei"]
    assert [row["sequence"] for row in table] == [str(rows[0]["sequence"])]
    event = Event.objects.latest("sequence")
    assert (event.name, event.actor_name) == (EventName.HISTORY_EXPORTED, "aki")
    assert event.details == {"what": "trail", "format": "csv", "by": ["person"]}
    assert aki.get(reverse("trail-export"), {"format": "xlsx"}).status_code == 404
