"""`manage.py resend`: who may, with which arguments, and what it says without sending."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import translation
from pytest_django import Settings

from tests.commands.shell import OVERRIDE, WHY, nothing_happened, resend
from tests.desk import addresses, open_for, person
from verification.aliyun.sandbox import Sandbox
from verification.models import Attempt, Batch, Status

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("mei")]


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


def test_no_secret_is_printed_or_recorded(sandbox: Sandbox, settings: Settings, capfd: Any) -> None:
    settings.ALIBABA_CLOUD_ACCESS_KEY_SECRET = "a-secret-of-ours"
    run = resend("ann@example.com")
    printed = run.out + run.error + "".join(capfd.readouterr())

    assert run.column("code") == ["SignatureDoesNotMatch"]
    assert "a-secret-of-ours" not in printed
    assert "x-acs-signature-nonce" not in printed
    assert Attempt.objects.filter(status=Status.QUEUED).count() == 1


def test_programs_read_the_same_words_in_every_language(sandbox: Sandbox) -> None:
    with translation.override("zh-hans"):
        run = resend("not-an-address", "--dry-run")

    assert run.column("reason") == ["it has no @"]
