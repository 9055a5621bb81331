"""Opening a batch: one commit that records every valid distinct address, whoever else does the same."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from pytest_django import Settings

from tests.desk import NOON, addresses, entries, open_for, order_of, outcomes, rewrite
from verification.models import Attempt, Batch, BatchState, Language, Reason, Source, Status
from verification.services.partition import QUOTA_CODE, partition
from verification.services.request import FormUsed, PreviewChanged, open_batch

pytestmark = pytest.mark.django_db
FORM = uuid4()


def sent(email: str, batch: Batch) -> None:
    """Record that the provider took an address at noon."""
    rewrite(batch.attempts.filter(email=email), status=Status.ACCEPTED, finished_at=NOON)


def test_every_valid_distinct_address_becomes_an_attempt_in_the_order_of_the_paste(mei: User) -> None:
    batch = open_for(mei, "zoe@example.com", "nobody", "Adam@Example.com", "ZOE@example.com", "bo@例子.中国")
    attempts = batch.attempts.order_by("position")

    assert [(row.position, row.email, row.key) for row in attempts] == [
        (0, "zoe@example.com", "zoe@example.com"),
        (1, "Adam@Example.com", "adam@example.com"),
        (2, "bo@例子.中国", "bo@xn--fsqu00a.xn--fiqs8s"),
    ]
    assert [row.domain for row in attempts] == ["example.com", "example.com", "xn--fsqu00a.xn--fiqs8s"]
    assert {row.status for row in attempts} == {Status.QUEUED}
    assert (batch.size, batch.state, batch.finished_at) == (3, BatchState.RUNNING, None)


def test_the_batch_keeps_who_asked_from_where_why_and_how(mei: User, settings: Settings) -> None:
    settings.RESEND_USER_CLIENT_IP = "203.0.113.9"
    batch = open_for(
        mei,
        "a@example.com",
        now=NOON,
        source=Source.SHELL,
        source_address="198.51.100.7",
        reason="The link has expired",
        ticket="T-1",
        lang=Language.ZH,
        override_reason="The owner is on the telephone",
    )
    batch.refresh_from_db()

    assert (batch.requested_by, batch.requested_by_name, batch.created_at) == (mei, "mei", NOON)
    assert (batch.source, batch.source_address) == (Source.SHELL, "198.51.100.7")
    assert (batch.reason, batch.ticket, batch.lang) == ("The link has expired", "T-1", "zh")
    assert (batch.user_client_ip, batch.override_reason) == ("203.0.113.9", "The owner is on the telephone")
    [attempt] = batch.attempts.all()
    assert (attempt.requested_by, attempt.created_at) == (mei, NOON)


def test_what_is_held_back_is_not_sent_at_once_and_keeps_its_place(mei: User, lena: User) -> None:
    sent("cool@example.com", open_for(lena, "cool@example.com", now=NOON))
    full = open_for(lena, "full@example.com", now=NOON)
    rewrite(full.attempts.all(), status=Status.REFUSED, code=QUOTA_CODE, finished_at=NOON)
    open_for(lena, "flying@example.com", now=NOON)
    later = NOON + timedelta(minutes=1)
    batch = open_for(mei, "cool@example.com", "new@example.com", "flying@example.com", "full@example.com", now=later)

    assert outcomes(batch) == {
        "cool@example.com": "not_sent cooldown",
        "new@example.com": "queued",
        "flying@example.com": "not_sent in_flight",
        "full@example.com": "not_sent quota_clock",
    }
    held = batch.attempts.filter(status=Status.NOT_SENT)
    assert {row.finished_at for row in held} == {later}
    assert (batch.size, batch.finished_at) == (4, None)


def test_a_batch_of_which_nothing_is_to_be_sent_is_finished_at_once(mei: User) -> None:
    open_for(mei, "a@example.com", now=NOON)
    batch = open_for(mei, "a@example.com", now=NOON)
    batch.refresh_from_db()

    assert (batch.state, batch.finished_at) == (BatchState.FINISHED, NOON)
    assert outcomes(batch) == {"a@example.com": "not_sent in_flight"}


def test_an_override_sends_what_the_cooldown_holds_back(mei: User) -> None:
    sent("a@example.com", open_for(mei, "a@example.com", now=NOON))
    batch = open_for(mei, "a@example.com", now=NOON, override_reason="The owner is on the telephone")

    assert outcomes(batch) == {"a@example.com": "queued"}


def test_an_override_does_not_send_what_is_in_flight(mei: User) -> None:
    open_for(mei, "a@example.com", now=NOON)
    batch = open_for(mei, "a@example.com", now=NOON, override_reason="The owner is on the telephone")

    assert outcomes(batch) == {"a@example.com": "not_sent in_flight"}


@pytest.mark.parametrize("texts", [(), ("nobody",), ("nobody", "nowhere@")])
def test_without_a_valid_address_nothing_is_recorded(mei: User, texts: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="at least one valid address"):
        open_for(mei, *texts)

    assert not Batch.objects.exists()


def test_the_digest_of_the_preview_opens_what_was_previewed(mei: User) -> None:
    listed = entries("a@example.com", "b@example.com")
    seen = partition(listed, now=NOON)
    batch = open_batch(listed, order_of(mei), now=NOON + timedelta(minutes=5), expected_digest=seen.digest)

    assert outcomes(batch) == {"a@example.com": "queued", "b@example.com": "queued"}


def test_a_partition_that_has_changed_since_the_preview_records_nothing(mei: User, lena: User) -> None:
    listed = entries("a@example.com", "b@example.com")
    seen = partition(listed, now=NOON)
    others = open_for(lena, "b@example.com", now=NOON)

    with pytest.raises(PreviewChanged) as changed:
        open_batch(listed, order_of(mei, form_key=FORM), now=NOON, expected_digest=seen.digest)

    assert [line.fate for line in changed.value.partition.lines] == [None, Reason.IN_FLIGHT]
    assert list(Batch.objects.all()) == [others]
    assert Attempt.objects.count() == 1
    assert "a@example.com" not in repr(changed.value)


def test_the_new_preview_can_be_confirmed_with_the_same_form(mei: User, lena: User) -> None:
    listed = entries("a@example.com", "b@example.com")
    order = order_of(mei, form_key=FORM)
    open_for(lena, "b@example.com", now=NOON)
    with pytest.raises(PreviewChanged) as changed:
        open_batch(listed, order, now=NOON, expected_digest="of an earlier preview")
    batch = open_batch(listed, order, now=NOON, expected_digest=changed.value.partition.digest)

    assert outcomes(batch) == {"a@example.com": "queued", "b@example.com": "not_sent in_flight"}


def test_the_same_form_with_the_same_content_is_the_same_batch(mei: User) -> None:
    listed = entries("a@example.com", "nobody", "b@example.com")
    seen = partition(listed, now=NOON).digest
    first = open_batch(listed, order_of(mei, form_key=FORM), now=NOON, expected_digest=seen)
    # By now its own addresses are in flight; the form sent again must not show that as a change.
    again = open_batch(listed, order_of(mei, form_key=FORM), now=NOON, expected_digest=seen)

    assert again == first
    assert Batch.objects.count() == 1
    assert Attempt.objects.count() == 2


@pytest.mark.parametrize(
    ("texts", "changes"),
    [
        (["a@example.com", "b@example.com"], {}),
        (["A@example.com"], {}),
        (["a@example.com", "nobody"], {}),
        (["a@example.com"], {"reason": "Another reason"}),
        (["a@example.com"], {"ticket": "T-2"}),
        (["a@example.com"], {"lang": "zh"}),
        (["a@example.com"], {"override_reason": "The owner is on the telephone"}),
    ],
)
def test_the_same_form_with_other_content_records_nothing(mei: User, texts: list[str], changes: dict[str, Any]) -> None:
    first = open_for(mei, "a@example.com", form_key=FORM)
    with pytest.raises(FormUsed) as used:
        open_for(mei, *texts, form_key=FORM, **changes)

    assert used.value.batch == first
    assert Batch.objects.count() == 1
    assert Attempt.objects.count() == 1


def test_another_person_s_form_is_another_form(mei: User, lena: User) -> None:
    mine = open_for(mei, "a@example.com", form_key=FORM)
    hers = open_for(lena, "b@example.com", form_key=FORM)

    assert mine != hers


def test_without_a_form_each_order_is_a_batch_of_its_own(mei: User) -> None:
    assert open_for(mei, "a@example.com") != open_for(mei, "b@example.com")


def test_a_resend_names_for_each_address_the_attempt_that_it_repairs(mei: User) -> None:
    first = open_for(mei, "a@example.com", "b@example.com", now=NOON)
    rewrite(first.attempts.all(), status=Status.REFUSED, finished_at=NOON)
    again = open_for(mei, "B@example.com", "c@example.com", now=NOON, resend_of=first)
    repaired = dict(again.attempts.values_list("key", "resend_of"))

    assert again.resend_of == first
    assert repaired == {"b@example.com": first.attempts.get(key="b@example.com").pk, "c@example.com": None}


def test_it_records_more_addresses_than_one_statement_takes(mei: User) -> None:
    texts = addresses(2_500)
    batch = open_for(mei, *reversed(texts))

    assert list(batch.attempts.order_by("position").values_list("email", flat=True)) == texts[::-1]
    assert set(batch.attempts.values_list("status", flat=True)) == {Status.QUEUED}


@pytest.mark.django_db(transaction=True)
def test_it_must_not_be_part_of_a_larger_transaction(mei: User) -> None:
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        open_for(mei, "a@example.com")

    assert not Batch.objects.exists()
