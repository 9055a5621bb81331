"""`manage.py resend`: the whole job from a shell, with a real server at the other end."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from pytest_django import Settings

from tests.desk import addresses, open_for, outcomes, person, serving
from verification.aliyun.sandbox import Options, Sandbox, Shape
from verification.models import Attempt, Batch, BatchState, Call, Source, Status

pytestmark = pytest.mark.django_db(transaction=True)
WHY = ("--user", "mei", "--reason", "The link has expired")
OVERRIDE = ("--override", "The owner is on the telephone")
COLUMNS = ["email", "status", "reason", "code", "message", "request_id"]


@pytest.fixture(autouse=True)
def mei(transactional_db: None, settings: Settings) -> User:
    settings.RESEND_CALLS_PER_SECOND = 0
    return person("mei")


@pytest.fixture
def start_sandbox(settings: Settings) -> Iterator[Callable[..., Sandbox]]:
    with ExitStack() as servers:
        yield lambda *args, **given: servers.enter_context(serving(settings, *args, **given))


@pytest.fixture
def sandbox(start_sandbox: Callable[..., Sandbox]) -> Sandbox:
    return start_sandbox()


@dataclass(frozen=True)
class Run:
    code: int
    out: str
    error: str = ""

    @property
    def rows(self) -> list[dict[str, str]]:
        rows = json.loads(self.out)
        assert all(list(row) == COLUMNS for row in rows)
        return rows

    def column(self, name: str) -> list[str]:
        return [row[name] for row in self.rows]


def resend(*arguments: str) -> Run:
    """Run the command in this process, as mei unless somebody else is named, and with --json."""
    who = () if "--user" in arguments else WHY
    out = StringIO()
    try:
        call_command("resend", *arguments, *who, "--json", stdout=out)
    except CommandError as error:
        return Run(error.returncode, out.getvalue(), str(error))
    except SystemExit as end:
        return Run(int(str(end.code)), out.getvalue())
    return Run(0, out.getvalue())


def nothing_happened() -> bool:
    return not Batch.objects.exists() and not Call.objects.exists()


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


@pytest.mark.parametrize(
    ("who", "more"), [("mei", OVERRIDE), ("aki", ()), ("aki", OVERRIDE), ("otto", ()), ("nemo", ())]
)
def test_who_has_no_right_ends_with_2(sandbox: Sandbox, who: str, more: tuple[str, ...]) -> None:
    for name in ("aki", "otto"):
        person(name)
    run = resend("ann@example.com", "--user", who, "--reason", "Because", *more)

    assert (run.code, run.out) == (2, "")
    assert who in run.error
    assert nothing_happened()
    assert sandbox.requests() == []


def test_whose_account_is_closed_has_no_right(mei: User, sandbox: Sandbox) -> None:
    User.objects.update(is_active=False)

    assert resend("ann@example.com").code == 2
    assert nothing_happened()


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--file", "/nowhere/at/all"),
        ("ann@example.com", "--user", "mei", "--reason", ""),
        ("ann@example.com", "--user", "mei", "--reason", "   "),
        ("ann@example.com", "--user", "mei", "--reason", "x" * 501),
        ("ann@example.com", "--user", "mei", "--reason", "a\0b"),
        ("ann@example.com", "--user", "mei", "--reason", "a\udcffb"),
        ("ann@example.com", "--ticket", "x" * 65),
        ("ann@example.com", "--ticket", "\udcff"),
    ],
)
def test_wrong_usage_ends_with_2(sandbox: Sandbox, arguments: tuple[str, ...]) -> None:
    run = resend(*arguments)

    assert (run.code, run.out) == (2, "")
    assert nothing_happened()
    assert sandbox.requests() == []


def test_more_addresses_than_a_batch_takes_are_wrong_usage(sandbox: Sandbox, tmp_path: Path) -> None:
    many = tmp_path / "many"
    many.write_text("\n".join(addresses(10_001)))
    run = resend("--file", str(many))

    assert (run.code, run.out) == (2, "")
    assert "10,000" in run.error
    assert nothing_happened()


@pytest.mark.parametrize("missing", ["DOMAIN_API_ENDPOINT", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"])
def test_without_configuration_it_ends_with_3_and_records_nothing(
    sandbox: Sandbox, settings: Settings, missing: str
) -> None:
    setattr(settings, missing, "")
    run = resend("ann@example.com")

    assert (run.code, run.out) == (3, "")
    assert missing in run.error
    assert nothing_happened()


def test_a_file_is_read_as_a_paste_after_the_arguments(sandbox: Sandbox, tmp_path: Path) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text("\ufeffAnn <ann@example.com>; bob@example.com\n# a comment\nnobody\n")
    run = resend("eve@example.com", "--file", str(listed))

    assert run.column("email") == ["eve@example.com", "ann@example.com", "bob@example.com", "nobody"]
    assert run.column("status") == ["accepted", "accepted", "accepted", "not_sent"]


def test_a_file_that_is_no_text_is_wrong_usage(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes(b"\xff\xfea\0n\0n\0")

    assert resend("--file", str(tmp_path / "list")).code == 2
    assert resend("--file", str(tmp_path)).code == 2
    assert nothing_happened()


def test_a_dry_run_says_what_would_happen_and_records_and_sends_nothing(mei: User, sandbox: Sandbox) -> None:
    running = open_for(mei, "flying@example.com")
    run = resend("ann@example.com", "flying@example.com", "nobody", "ANN@example.com", "--dry-run")

    assert run.code == 1
    assert run.column("status") == ["would_send", "not_sent", "not_sent", "would_send"]
    assert run.column("reason") == ["", "in_flight", "it has no @", ""]
    assert list(Batch.objects.all()) == [running]
    assert sandbox.requests() == []


def test_a_dry_run_of_what_would_all_be_sent_ends_with_0_without_any_configuration(settings: Settings) -> None:
    settings.DOMAIN_API_ENDPOINT = ""
    run = resend("ann@example.com", "--dry-run")

    assert (run.code, run.column("status")) == (0, ["would_send"])
    assert nothing_happened()


def test_a_dry_run_with_an_override_shows_what_it_lifts(sandbox: Sandbox) -> None:
    person("lena")
    resend("ann@example.com")
    run = resend("ann@example.com", "--dry-run", "--user", "lena", "--reason", "Again", *OVERRIDE)

    assert (run.code, run.column("status")) == (0, ["would_send"])
    assert len(sandbox.sends()) == 1


def test_without_json_it_prints_a_line_for_each_address(sandbox: Sandbox) -> None:
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("resend", "ann@example.com", "refused@example.com", "nobody", *WHY, stdout=out)
    ann, refused, nobody = out.getvalue().splitlines()

    assert ann.split() == ["accepted", "ann@example.com", "Success", "Success"]
    assert refused.startswith("refused    refused@example.com  SendTokenQuotaExceeded")
    assert nobody == "not_sent   nobody  it has no @"


def test_it_leaves_the_work_of_other_batches_alone(mei: User, sandbox: Sandbox) -> None:
    other = open_for(mei, "other@example.com")
    resend("ann@example.com")

    assert outcomes(other) == {"other@example.com": "queued"}
    assert [send.email for send in sandbox.sends()] == ["ann@example.com"]


def test_no_secret_is_printed_or_recorded(sandbox: Sandbox, settings: Settings, capfd: Any) -> None:
    settings.ALIBABA_CLOUD_ACCESS_KEY_SECRET = "a-secret-of-ours"
    run = resend("ann@example.com")
    printed = run.out + run.error + "".join(capfd.readouterr())

    assert run.column("code") == ["SignatureDoesNotMatch"]
    assert "a-secret-of-ours" not in printed
    assert "x-acs-signature-nonce" not in printed
    assert Attempt.objects.filter(status=Status.QUEUED).count() == 1
