"""What each filter finds, and that an index leads to it."""

import re
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection

from tests.desk import NOON, person
from tests.history.rows import emails, settled
from verification.history import Filters, page
from verification.history.filters import matching
from verification.models import Attempt, Batch, Status

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def found(**wanted: object) -> list[str]:
    return emails(page(Filters(**wanted)).rows)  # type: ignore[arg-type]


def test_without_a_filter_everything_is_found_newest_first() -> None:
    mei = person("mei")
    settled(mei, "a@example.com", "b@example.com")
    settled(mei, "c@example.com", at=NOON + HOUR)

    assert found() == ["c@example.com", "b@example.com", "a@example.com"]


@pytest.mark.parametrize("typed", ["Ann@Example.com", " ann@example.com ", "ann@EXAMPLE.COM", "ann＠example．com"])
def test_an_address_is_found_however_it_is_spelt(typed: str) -> None:
    settled(person("mei"), "aNN@example.com", "anna@example.com", "ann@example.org")

    assert found(address=typed) == ["aNN@example.com"]


def test_an_international_domain_is_found_in_both_spellings() -> None:
    settled(person("mei"), "li@例子.中国")

    assert found(address="li@例子.中国") == found(address="LI@xn--fsqu00a.xn--fiqs8s") == ["li@例子.中国"]
    assert found(domain="例子.中国") == found(domain="xn--fsqu00a.xn--fiqs8s") == ["li@例子.中国"]


def test_a_star_finds_all_addresses_that_begin_so() -> None:
    beginning = ["Anna@example.com", "ann-b@example.com", "ann@example.com", "ann~1@example.com"]
    settled(person("mei"), *beginning, "hann@example.com", "an_n@example.com", "ao@example.com")

    assert sorted(found(address="ann*")) == beginning
    assert found(address="an_*") == ["an_n@example.com"]
    assert len(found(address="*")) == 7
    assert found(address="ann%*") == []


def test_a_star_elsewhere_is_a_character_like_any_other() -> None:
    settled(person("mei"), "a*b@example.com", "axb@example.com")

    assert found(address="a*b@example.com") == ["a*b@example.com"]


@pytest.mark.parametrize("typed", ["example.com", "@Example.COM", " example.com "])
def test_a_domain_finds_its_addresses_and_no_subdomains(typed: str) -> None:
    settled(person("mei"), "a@example.com", "b@mail.example.com", "c@example.org")

    assert found(domain=typed) == ["a@example.com"]


def test_status_and_code_find_exactly_theirs() -> None:
    mei = person("mei")
    settled(mei, "a@example.com")
    settled(mei, "b@example.com", status=Status.REFUSED, code="SendTokenQuotaExceeded")
    settled(mei, "c@example.com", status=Status.REFUSED, code="ParameterIllegal")

    assert found(status="refused") == ["c@example.com", "b@example.com"]
    assert found(code="ParameterIllegal") == ["c@example.com"]
    assert found(status="accepted", code="ParameterIllegal") == []


def test_an_operator_finds_their_attempts_and_nobody_elses() -> None:
    settled(person("mei"), "a@example.com")
    settled(person("lena"), "b@example.com")

    assert found(operator="lena") == ["b@example.com"]
    assert found(operator="nobody") == []


def test_a_ticket_finds_all_its_batches() -> None:
    mei = person("mei")
    settled(mei, "a@example.com", ticket="T-1")
    settled(mei, "b@example.com", ticket="T-1", at=NOON + HOUR)
    settled(mei, "c@example.com", ticket="T-10")
    settled(mei, "d@example.com")

    assert found(ticket="T-1") == ["b@example.com", "a@example.com"]
    assert found(ticket="T-2") == []


def test_a_batch_is_found_by_its_name() -> None:
    mei = person("mei")
    batch = settled(mei, "a@example.com", "b@example.com")
    settled(mei, "c@example.com")

    assert found(batch=batch.ref) == ["b@example.com", "a@example.com"]
    assert found(batch="zzzzzzzzzz") == []


def test_since_is_inclusive_and_until_exclusive() -> None:
    mei = person("mei")
    for number, email in enumerate(("a@example.com", "b@example.com", "c@example.com")):
        settled(mei, email, at=NOON + number * HOUR)

    assert found(since=NOON + HOUR) == ["c@example.com", "b@example.com"]
    assert found(until=NOON + HOUR) == ["a@example.com"]
    assert found(since=NOON + HOUR, until=NOON + 2 * HOUR) == ["b@example.com"]


def test_all_filters_together_mean_all_of_them() -> None:
    mei = person("mei")
    batch = settled(mei, "a@example.com", "b@example.com", ticket="T-1", code="OK")
    everything = Filters(
        address="a*",
        domain="example.com",
        status="accepted",
        code="OK",
        operator="mei",
        ticket="T-1",
        batch=batch.ref,
        since=NOON,
        until=NOON + HOUR,
    )

    assert emails(page(everything).rows) == ["a@example.com"]


def test_a_filter_becomes_the_parameters_that_make_it_again() -> None:
    shanghai = datetime.fromisoformat("2026-03-02T20:00:00.000001+08:00")
    wanted = Filters(address="a+b@example.com", status="refused", since=NOON, until=shanghai)

    assert wanted.query() == {
        "address": "a+b@example.com",
        "status": "refused",
        "since": "2026-03-02T12:00:00.000000Z",
        "until": "2026-03-02T12:00:00.000001Z",
    }
    assert datetime.fromisoformat(wanted.query()["until"]) == shanghai
    assert Filters().query() == {}


def a_long_history() -> Filters:
    """Three thousand attempts, and for each filter a value that few of them have."""
    common, rare = User.objects.create_user("common"), User.objects.create_user("rare")
    batches = [_batch(common, "", number) for number in range(300)] + [_batch(rare, "T-1", 300)]
    attempts = [_attempt(batch, place) for batch in batches for place in range(10)]
    newest = attempts[-1]
    newest.status, newest.code = Status.UNKNOWN, "Rare"
    Attempt.objects.bulk_create(attempts)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    return Filters(newest.key, newest.domain, "unknown", "Rare", "rare", "T-1", batches[-1].ref, NOON, NOON + HOUR)


def _batch(who: User, ticket: str, number: int) -> Batch:
    return Batch.objects.create(
        requested_by=who,
        requested_by_name=who.username,
        source="page",
        reason="r",
        ticket=ticket,
        user_client_ip="127.0.0.1",
        size=10,
        created_at=NOON + number * HOUR,
    )


def _attempt(batch: Batch, place: int) -> Attempt:
    domain = f"d{batch.pk}-{place}.example.com"
    return Attempt(
        batch=batch,
        position=place,
        email=f"a{batch.pk}-{place}@{domain}",
        key=f"a{batch.pk}-{place}@{domain}",
        domain=domain,
        requested_by=batch.requested_by,
        created_at=batch.created_at,
        status=Status.ACCEPTED,
        finished_at=batch.created_at,
    )


def plan_of(wanted: Filters) -> str:
    return matching(wanted).newest_first()[:51].explain()


def test_every_filter_is_served_by_an_index() -> None:
    rare = a_long_history()
    indexes = {
        Filters(): "attempt_newest",
        Filters(address=rare.address): "attempt_by_key",
        Filters(address=rare.address[:-1] + "*"): "attempt_by_key",
        Filters(domain=rare.domain): "attempt_by_domain",
        Filters(status=rare.status): "attempt_by_status",
        Filters(code=rare.code): "attempt_by_code",
        Filters(operator=rare.operator): "attempt_by_person|requested_by_id_[0-9a-f]{8}",
        Filters(ticket=rare.ticket): "batch_by_ticket",
        Filters(since=rare.since, until=rare.until): "attempt_newest",
    }

    plans = {wanted: plan_of(wanted) for wanted in indexes}

    assert {wanted: plan for wanted, plan in plans.items() if not re.search(indexes[wanted], plan)} == {}


def test_a_batch_is_not_sought_through_the_whole_table() -> None:
    plan = plan_of(Filters(batch=a_long_history().batch))

    assert "Seq Scan on verification_attempt" not in plan
    assert "SCAN verification_attempt" not in plan


@pytest.mark.parametrize(
    ("together", "index"),
    [
        (("address", "status"), "attempt_by_key"),
        (("address", "operator"), "attempt_by_key"),
        (("domain", "status"), "attempt_by_domain"),
        (("domain", "operator"), "attempt_by_domain"),
    ],
)
def test_of_two_filters_the_more_telling_one_leads(together: tuple[str, str], index: str) -> None:
    rare = a_long_history()
    common = {"status": "accepted", "operator": "common"}

    plan = plan_of(Filters(**{name: common.get(name, getattr(rare, name)) for name in together}))

    assert index in plan
