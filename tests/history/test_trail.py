"""Looking into the trail: what each filter finds, and pages that neither lose nor repeat an event."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.desk import NOON, open_for, person
from verification.history import BUT_LOOKUPS, TrailFilters, trail_page, trail_rows
from verification.models import EventName, Source
from verification.services import batches, doors
from verification.services.ledger import at_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def mei() -> User:
    return person("mei")


def found(**wanted: Any) -> list[int]:
    return [event.sequence for act in trail_page(TrailFilters(**wanted)).acts for event in act]


def test_each_filter_finds_its_own(mei: User) -> None:
    first = open_for(mei, "a@example.com", now=NOON, ticket="T-1", source_address="198.51.100.7")
    open_for(mei, "b@example.com", now=NOON + timedelta(hours=1), source=Source.SHELL)
    lena = at_page(person("lena"), "2001:db8::1")
    batches.stop(first.pk, lena, now=NOON + timedelta(hours=2))

    assert found() == [3, 2, 1]
    assert found(person="mei") == [2, 1]
    assert found(person="lena") == [3]
    assert found(action=EventName.BATCH_OPENED) == [2, 1]
    assert found(action=BUT_LOOKUPS) == [3, 2, 1]
    assert found(batch=first.ref) == [3, 1]
    assert found(ticket="T-1") == [3, 1]
    assert found(source="2001:db8::1") == [3]
    assert found(since=NOON + timedelta(hours=1), until=NOON + timedelta(hours=2)) == [2]
    assert found(batch="nothing") == found(ticket="T-9") == found(person="m") == []


def test_the_lines_of_one_act_stand_together(mei: User) -> None:
    open_for(mei, "a@example.com", override_reason="The owner waits on the telephone")
    open_for(mei, "b@example.com")

    assert [[event.sequence for event in act] for act in trail_page(TrailFilters()).acts] == [[3], [2, 1]]


def test_pages_lead_to_every_event_and_back(mei: User) -> None:
    for _ in range(7):
        doors.signed_in(at_page(mei, None), NOON)
    seen, cursor = [], ""
    while True:
        page = trail_page(TrailFilters(), cursor, size=3)
        seen.append([event.sequence for act in page.acts for event in act])
        if not page.older:
            break
        cursor = page.older

    assert seen == [[7, 6, 5], [4, 3, 2], [1]]
    back = trail_page(TrailFilters(), page.newer, size=3)
    assert [event.sequence for act in back.acts for event in act] == [4, 3, 2]
    newest = trail_page(TrailFilters(), back.newer, size=3)
    assert ([event.sequence for act in newest.acts for event in act], newest.newer) == ([7, 6, 5], "")
    assert trail_page(TrailFilters(), "o99999999999999999999", size=3).acts == newest.acts


def test_rows_for_a_file_come_oldest_first_with_what_the_chain_holds(mei: User) -> None:
    batch = open_for(mei, "a@example.com", now=NOON)
    doors.signed_in(at_page(mei, "198.51.100.7"), NOON)

    opened, signed_in = trail_rows(TrailFilters())

    assert (opened.sequence, opened.name, opened.batch, opened.actor) == (1, "batch:opened", batch.ref, "mei")
    assert opened.details["opened"]["count"] == 1
    assert (signed_in.sequence, signed_in.source_address, signed_in.batch) == (2, "198.51.100.7", "")
    assert len(signed_in.hash) == len(signed_in.payload_hash) == 64
