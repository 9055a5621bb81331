"""`manage.py sandbox` as a process of its own."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from threading import Thread

import pytest

from tests.aliyun.sandbox.calls import LIST, QUERY, RESEND, Caller, Clock, exchange, wait_until
from verification.aliyun.signing import Credentials

ROOT = Path(__file__).parents[3]
# No database that could be reached: the command needs none.
SETTINGS = {
    "SECRET_KEY": "for this test",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing",
    "DOMAIN_API_ENDPOINT": "http://127.0.0.1:1",
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "",
    "ALIBABA_CLOUD_SECURITY_TOKEN": "",
}

Run = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def run() -> Iterator[Run]:
    """Start the command with some flags and settings; whatever is left running is ended."""
    processes: list[subprocess.Popen[str]] = []

    def started(*flags: str, **settings: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "sandbox", *flags],
            env={**os.environ, **SETTINGS, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield started
    for process in processes:
        process.kill()
        process.communicate()


def address(process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def caller(process: "subprocess.Popen[str]", key: Credentials | None = None) -> Caller:
    key = key or Credentials("sandbox-key-id", "sandbox-key-secret")
    return Caller(address(process), Clock(datetime.now(UTC)), key)


def failure(process: "subprocess.Popen[str]") -> tuple[int, str]:
    _, written = process.communicate(timeout=60)
    return process.returncode, written


def test_it_prints_its_address_and_serves(run: Run) -> None:
    process = run("--port", "0")
    call = caller(process)
    assert call.url.startswith("http://127.0.0.1:")
    assert call(RESEND, Email="a@example.com").codes("SuccessList") == {"a@example.com": "Success"}
    assert b"a@example.com" in exchange(call.url, "GET", "/").body


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_even_with_slow_requests_in_hand(run: Run, number: signal.Signals) -> None:
    process = run("--port", "0", "--slow", "600")
    call = caller(process)
    ended: list[Exception] = []

    def slow() -> None:
        try:
            call(RESEND, Email="slow-after@example.com")
        except ConnectionError as hung_up:
            ended.append(hung_up)

    thread = Thread(target=slow)
    thread.start()
    wait_until(lambda: b"slow-after@example.com" in exchange(call.url, "GET", "/").body)
    process.send_signal(number)
    assert failure(process) == (0, "")
    thread.join()
    assert len(ended) == 1


def test_it_accepts_the_key_of_the_settings(run: Run) -> None:
    key = Credentials("STS.id", "a-secret", "a-token")
    process = run(
        "--port",
        "0",
        ALIBABA_CLOUD_ACCESS_KEY_ID=key.key_id,
        ALIBABA_CLOUD_ACCESS_KEY_SECRET=key.key_secret,
        ALIBABA_CLOUD_SECURITY_TOKEN=key.security_token,
    )
    call = caller(process, key)
    assert call(LIST).status == 200
    assert Caller(call.url, call.clock)(LIST).code == "InvalidAccessKeyId.NotFound"


def test_the_flags_reach_the_sandbox(run: Run, tmp_path: Path) -> None:
    state = tmp_path / "state.sqlite3"
    key = Credentials("sandbox-key-id", "sandbox-key-secret", "a-token")
    flags = ["--port", "0", "--state", str(state), "--strict", "--quota", "1", "--zone", "-05:00", "--dates", "old"]
    process = run(*flags, "--token", "a-token", "--deny", "ListEmailVerification", "--shape", "J2", "--latency", "1")
    call = caller(process, key)
    assert call(LIST).json["code"] == "Forbidden.RAM"
    assert call(QUERY, Email="unknown@example.com").json["code"] == "ParameterIllegal"
    call("SubmitEmailVerification", Email="a@example.com")
    refused = call(RESEND, Email="a@example.com").json["failList"]
    assert [item["code"] for item in refused] == ["SendTokenQuotaExceeded"]
    sent = call(QUERY, Email="a@example.com").json["tokenSendTime"]
    shifted = datetime.strptime(sent, "%b %d,%Y %H:%M:%S").replace(tzinfo=timezone(timedelta(hours=-5)))
    assert abs(shifted - call.clock()) < timedelta(minutes=30)
    assert state.exists()


def test_a_restart_with_the_same_state_knows_everything(run: Run, tmp_path: Path) -> None:
    flags = ["--port", "0", "--state", str(tmp_path / "state.sqlite3")]
    first = run(*flags)
    call = caller(first)
    call(RESEND, Email="a@example.com")
    record = call(QUERY, Email="a@example.com").json
    first.kill()
    first.wait()
    again = caller(run(*flags))(QUERY, Email="a@example.com").json
    assert {**again, "RequestId": ""} == {**record, "RequestId": ""}


def test_a_token_can_be_out_of_date(run: Run) -> None:
    call = caller(
        run("--port", "0", "--token", "a-token", "--token-seconds", "0"),
        Credentials("sandbox-key-id", "sandbox-key-secret", "a-token"),
    )
    assert call(LIST).code == "InvalidSecurityToken.Expired"


def test_a_rate_can_be_set(run: Run) -> None:
    call = caller(run("--port", "0", "--rate", "0.001"))
    assert [call(LIST).status, call(LIST).code] == [200, "Throttling.User"]


def test_a_taken_port_is_named_in_one_sentence(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, written = failure(run("--port", str(port)))
    assert code == 1
    assert written == (
        f"CommandError: Port {port} is taken by another program; end that one or choose a port with --port.\n"
    )


@pytest.mark.parametrize(
    ("flags", "code", "sentence"),
    [
        (["--port", "70000"], 2, "A port is a number from 0 to 65535."),
        (["--zone", "Beijing"], 2, "A zone is written as an offset, for example +08:00."),
        (["--quota", "-1"], 1, "can't be negative"),
        (["--deny", "Everything"], 1, "No such operation or permission: Everything."),
        (["--state", "/nowhere/at/all"], 1, "The state file /nowhere/at/all can't be opened as a database"),
    ],
    ids=["port", "zone", "quota", "deny", "state"],
)
def test_a_wrong_value_gets_a_sentence(run: Run, flags: list[str], code: int, sentence: str) -> None:
    returned, written = failure(run(*flags))
    assert returned == code
    assert sentence in written
    assert "Traceback" not in written
