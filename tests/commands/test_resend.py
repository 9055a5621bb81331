"""`manage.py resend`: the whole job from a shell, with a real server at the other end."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from tests.commands.shell import OVERRIDE, nothing_happened, resend
from tests.desk import addresses, open_for, outcomes, person
from verification.aliyun.sandbox import Options, Sandbox, Shape
from verification.models import Attempt, Batch, BatchState, Call, Source

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("mei")]


def test_it_sends_waits_for_the_outcomes_and_prints_them_in_order(sandbox: Sandbox) -> None:
    texts = addresses(3)[::-1]
    run = resend(*texts)
    [batch] = Batch.objects.all()

    assert run.code == 0
    assert run.column("email") == texts
    assert set(run.column("status")) == {"accepted"}
    assert [run.column("request_id")[0]] * 3 == [call.request_id for call in Call.objects.all()] * 3
    assert [send.email for send in sandbox.sends()] == texts
    assert (batch.state, batch.source, batch.requested_by_name) == (BatchState.FINISHED, Source.SHELL, "mei")


def test_the_batch_keeps_reason_ticket_language_and_override(sandbox: Sandbox) -> None:
    person("lena")
    resend("ann@example.com", "--user", "lena", "--reason", " Because ", "--ticket", "T-1", "--lang", "zh", *OVERRIDE)
    [batch] = Batch.objects.all()

    assert (batch.reason, batch.ticket, batch.lang) == ("Because", "T-1", "zh")
    assert (batch.requested_by_name, batch.override_reason) == ("lena", OVERRIDE[1])
    assert [request.lang for request in sandbox.requests()] == ["zh"]


def test_one_that_is_not_accepted_makes_it_end_with_1(sandbox: Sandbox) -> None:
    run = resend("ann@example.com", "refused@example.com", "omitted@example.com")

    assert run.code == 1
    assert run.column("status") == ["accepted", "refused", "unknown"]
    assert run.column("code") == ["Success", "SendTokenQuotaExceeded", "NotListed"]
    assert all(run.column("request_id"))


def test_there_is_one_entry_for_each_argument_duplicates_and_invalid_ones_too(sandbox: Sandbox) -> None:
    run = resend("ann@example.com", "nobody", "bob@example.com", "ann@example.com", "nobody@")
    ann, nobody, bob, again, nowhere = run.rows

    assert run.code == 1
    assert [ann["status"], bob["status"]] == ["accepted", "accepted"]
    assert again == ann
    assert (nobody["email"], nobody["status"], nobody["code"]) == ("nobody", "not_sent", "")
    assert (nobody["reason"], nowhere["reason"]) == ("it has no @", "nothing stands after the @")
    assert [send.email for send in sandbox.sends()] == ["ann@example.com", "bob@example.com"]
    assert Attempt.objects.count() == 2


def test_another_spelling_of_an_address_repeats_its_outcome(sandbox: Sandbox) -> None:
    run = resend("refused@example.com", "Refused@EXAMPLE.com", "ann@example.com")
    first, second, _ = run.rows

    assert second["code"] == first["code"] == "SendTokenQuotaExceeded"
    assert second["request_id"] == first["request_id"]
    assert len(sandbox.requests()[0].emails) == 2


def test_with_nothing_valid_nothing_is_recorded(sandbox: Sandbox) -> None:
    run = resend("nobody", "nowhere@")

    assert run.code == 1
    assert run.column("status") == ["not_sent", "not_sent"]
    assert nothing_happened()
    assert sandbox.requests() == []


def test_unusual_addresses_arrive_unchanged(sandbox: Sandbox) -> None:
    texts = [f"a{sign}b@example.com" for sign in ("+", "'", "*", "~", "&", "#", "%41")]
    run = resend(*texts)

    assert run.code == 0
    assert run.column("email") == texts
    assert [send.email for send in sandbox.sends()] == texts


def test_international_addresses_are_printed_as_they_were_typed(sandbox: Sandbox) -> None:
    run = resend("bo@例子.中国")

    assert run.column("email") == ["bo@例子.中国"]
    assert [send.email for send in sandbox.sends()] == ["bo@例子.中国"]


@pytest.mark.parametrize("signature", ["acs3", "rpc"])
@pytest.mark.parametrize("shape", list(Shape))
def test_it_reads_every_shape_of_answer_under_both_signatures(
    start_sandbox: Callable[..., Sandbox], settings: Settings, shape: Shape, signature: str
) -> None:
    settings.DOMAIN_API_SIGNATURE = signature
    sandbox = start_sandbox(Options(shape=shape))
    run = resend("ann@example.com", "refused@example.com", "omitted@example.com", "a+b@example.com")

    assert run.code == 1
    assert run.column("status") == ["accepted", "refused", "unknown", "accepted"]
    assert run.column("code")[1:3] == ["SendTokenQuotaExceeded", "NotListed"]
    assert [send.email for send in sandbox.sends()] == ["ann@example.com", "a+b@example.com"]


@pytest.mark.parametrize("signature", ["acs3", "rpc"])
@pytest.mark.parametrize("shape", list(Shape))
def test_it_reads_every_shape_of_refusal_under_both_signatures(
    start_sandbox: Callable[..., Sandbox], settings: Settings, shape: Shape, signature: str
) -> None:
    settings.DOMAIN_API_SIGNATURE = signature
    start_sandbox(Options(shape=shape))
    run = resend("illegal@example.com")

    assert run.code == 1
    assert (run.column("status"), run.column("code")) == (["refused"], ["ParameterIllegal"])
    assert all(run.column("message") + run.column("request_id"))


def test_throttling_is_waited_through(sandbox: Sandbox) -> None:
    run = resend("busy@example.com")

    assert run.code == 0
    assert [request.code for request in sandbox.requests()] == ["Throttling.User", "Throttling.User", "Success"]
    assert len(sandbox.sends()) == 1


def test_a_bad_address_is_isolated(sandbox: Sandbox) -> None:
    run = resend("ann@example.com", "illegal@example.com", "bob@example.com")

    assert run.column("status") == ["accepted", "refused", "accepted"]
    assert sorted(send.email for send in sandbox.sends()) == ["ann@example.com", "bob@example.com"]


@pytest.mark.parametrize("word", ["slow-after", "cut", "html", "slow-before"])
def test_what_may_have_gone_out_is_unknown_and_not_sent_again(
    start_sandbox: Callable[..., Sandbox], settings: Settings, word: str
) -> None:
    settings.RESEND_READ_TIMEOUT = 0.5
    sandbox = start_sandbox(Options(slow=2.0))
    run = resend(f"{word}@example.com")

    assert run.code == 1
    assert run.column("status") == ["unknown"]
    assert len(sandbox.requests()) == 1


def test_a_pause_ends_the_wait_with_the_attempts_as_they_stand(
    start_sandbox: Callable[..., Sandbox], settings: Settings
) -> None:
    settings.RESEND_ADDRESSES_PER_CALL = 1
    sandbox = start_sandbox(Options(deny=frozenset({"ResendEmailVerification"})))
    run = resend(*addresses(2))
    [batch] = Batch.objects.all()

    assert run.code == 1
    assert run.column("status") == ["queued", "queued"]
    assert run.column("code") == ["Forbidden.RAM", ""]
    assert (batch.state, len(sandbox.requests())) == (BatchState.PAUSED, 1)


def test_after_three_tries_without_a_connection_the_wait_ends(settings: Settings) -> None:
    settings.DOMAIN_API_ENDPOINT = "http://127.0.0.1:9"
    run = resend("ann@example.com")
    [batch] = Batch.objects.all()

    assert run.code == 1
    assert (run.column("status"), run.column("code")) == (["queued"], ["NoConnection"])
    assert [call.outcome for call in Call.objects.all()] == ["no_connection"] * 3
    assert (batch.state, batch.finished_at) == (BatchState.RUNNING, None)


def test_what_is_held_back_is_not_sent(mei: User, sandbox: Sandbox) -> None:
    resend("cool@example.com")
    open_for(mei, "flying@example.com")
    run = resend("cool@example.com", "flying@example.com")

    assert run.code == 1
    assert run.column("status") == ["not_sent", "not_sent"]
    assert run.column("reason") == ["cooldown", "in_flight"]
    assert len(sandbox.sends()) == 1


def test_an_override_lifts_the_cooldown(sandbox: Sandbox) -> None:
    person("lena")
    resend("ann@example.com")
    run = resend("ann@example.com", "--user", "lena", "--reason", "Again", *OVERRIDE)

    assert (run.code, run.column("status")) == (0, ["accepted"])
    assert len(sandbox.sends()) == 2


def test_it_leaves_the_work_of_other_batches_alone(mei: User, sandbox: Sandbox) -> None:
    other = open_for(mei, "other@example.com")
    resend("ann@example.com")

    assert outcomes(other) == {"other@example.com": "queued"}
    assert [send.email for send in sandbox.sends()] == ["ann@example.com"]


def test_a_batch_that_waits_for_approval_ends_the_wait_and_sends_nothing(sandbox: Sandbox, settings: Settings) -> None:
    settings.RESEND_APPROVAL_ABOVE = 1

    run = resend("ann@example.com", "bob@example.com")

    assert (run.code, run.column("status")) == (1, ["queued", "queued"])
    [batch] = Batch.objects.all()
    assert batch.state == BatchState.WAITING
    assert f"Batch {batch.ref} waits for another person's approval" in run.error
    assert not sandbox.requests() and not Call.objects.exists()
