"""What a restart keeps, and when it is on the disk."""

import sqlite3
from pathlib import Path

import pytest

from tests.aliyun.sandbox.calls import LIST, QUERY, RESEND, SUBMIT, VERIFY, Caller, Changes, Clock
from tests.aliyun.sandbox.conftest import Start
from verification.aliyun.sandbox import Options, Sandbox, SandboxServer
from verification.aliyun.sandbox.state import State


def test_a_restart_keeps_addresses_links_quota_and_log(start: Start, tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "state.sqlite3"
    first, call = start(state=file, quota=2)
    call(SUBMIT, Email="a@example.com,b@example.com,c@例子.中国")
    call(RESEND, Email="b@example.com")
    call(VERIFY, Token=first.sends()[0].token)
    records = call(LIST).json["Data"]

    second, call = start(state=file, quota=2)
    assert call(LIST).json["Data"] == records
    assert second.sends() == first.sends()
    assert second.requests()[0].action == LIST
    assert call(QUERY, Email="a@example.com").json["VerificationStatus"] == 1
    assert call(RESEND, Email="b@example.com").codes("FailList") == {"b@example.com": "SendTokenQuotaExceeded"}
    assert call(VERIFY, Token=second.sends()[2].token).status == 200


def test_a_restart_does_not_make_a_copied_request_good_again(start: Start, tmp_path: Path) -> None:
    once: Changes = {"SignatureNonce": "once"}
    _, call = start(state=tmp_path / "state.sqlite3")
    assert call.rpc(RESEND, {"Email": "a@example.com"}, changes=once).status == 200
    second, call = start(state=tmp_path / "state.sqlite3")
    assert call.rpc(RESEND, {"Email": "a@example.com"}, changes=once).code == "SignatureNonceUsed"
    assert len(second.sends()) == 1


def test_the_log_can_be_read_by_another_program_while_the_sandbox_runs(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "state.sqlite3"
    sandbox, call = start(state=file)
    call(RESEND, Email="a@example.com,b@example.com")
    database = sqlite3.connect(file)
    rows = database.execute("SELECT email, key, sent_at, request_id, nonce FROM sends ORDER BY id").fetchall()
    database.close()
    assert [row[0] for row in rows] == ["a@example.com", "b@example.com"]
    assert rows[0][2:] == (
        "2026-03-01T12:00:00.000000+00:00",
        sandbox.sends()[0].request_id,
        sandbox.requests()[0].nonce,
    )


def test_every_commit_is_synced(tmp_path: Path) -> None:
    """The setting holds for one connection, so only that of the state can tell. 2 is FULL."""
    state = State(tmp_path / "state.sqlite3")
    database = state._database
    assert database.execute("PRAGMA synchronous").fetchone() == (2,)
    assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_full_disk_refuses_the_call_and_the_next_one_goes_through(start: Start, tmp_path: Path) -> None:
    sandbox, call = start(state=tmp_path / "state.sqlite3")
    assert call(RESEND, Email="a@example.com").status == 200
    database = sandbox._state._database
    [pages] = database.execute("PRAGMA page_count").fetchone()
    database.execute(f"PRAGMA max_page_count = {pages}")
    emails = ",".join(f"person{number}@example.com" for number in range(500))
    with pytest.raises(ConnectionError):
        call.rpc(RESEND, {"Email": emails}, form=["Email"])
    assert [send.email for send in sandbox.sends()] == ["a@example.com"]
    database.execute("PRAGMA max_page_count = 1000000")
    assert call(RESEND, Email="b@example.com").status == 200
    assert [send.email for send in sandbox.sends()] == ["a@example.com", "b@example.com"]


def test_a_failure_inside_a_transaction_keeps_nothing_of_it(start: Start) -> None:
    sandbox, call = start()
    reply = call(RESEND, Email="a@example.com")
    assert reply.status == 200
    state = State(None)
    send = sandbox.sends()[0]
    with pytest.raises(RuntimeError), state.transaction():
        state.add_send(send)
        raise RuntimeError
    assert state.sends() == []
    with state.transaction():
        state.add_send(send)
    assert state.sends() == [send]


def test_a_server_may_end_and_another_serve_the_same_sandbox_on(clock: Clock) -> None:
    sandbox = Sandbox(Options(), clock=clock)
    for email in ("a@example.com", "b@example.com"):
        with SandboxServer(sandbox) as server:
            assert Caller(server.url, clock)(RESEND, Email=email).status == 200
    assert [send.email for send in sandbox.sends()] == ["a@example.com", "b@example.com"]


def test_a_file_that_is_no_database_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear reader, this is a letter and no database. " * 50)
    before = file.read_bytes()
    with pytest.raises(sqlite3.DatabaseError):
        Sandbox(Options(state=file))
    assert file.read_bytes() == before
