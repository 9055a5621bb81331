"""Calls by the transport alone and by the client, with what their tests share."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from verification.aliyun.client import DomainClient
from verification.aliyun.errors import DomainApiError, NoAnswer, NotConnected, UnreadableAnswer
from verification.aliyun.signing import Credentials, SignedRequest, canonical_query
from verification.aliyun.transport import Transport

from .stub import Received, http

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = Credentials("STS.fake-id", "fake-secret", "CAIS+fake/token==")
ADDRESSES = ["user+tag@example.com", "o'brien@example.com", "a*b~c%41&d#e@例子.中国"]
JOINED = "user+tag@example.com,o'brien@example.com,a*b~c%41&d#e@例子.中国"

# Loopback answers in well under these; a test that waits for one of them waits no longer.
SHORT = 0.2
# For servers that send something all the time, where only the deadline may end the call.
DEADLINE: dict[str, Any] = {"connect_timeout": 0.2, "read_timeout": 0.6}

FINE = http(b"{}")
DRIPPING_HEAD = b"HTTP/1.1 200 OK\r\nX-Drip: "
DRIPPING_BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{"
DRIPPING_CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
DRIPPING_UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"


def signed(url: str, **params: str) -> SignedRequest:
    host = urlsplit(url).netloc
    headers = {"host": host, "authorization": "ACS3-HMAC-SHA256 fake"}
    return SignedRequest("POST", f"{url}/?{canonical_query(params)}", headers)


@contextmanager
def transport_to(
    connect_timeout: float = 5,
    read_timeout: float = 5,
    proxy: str = "",
    ca_bundle: str = "",
    monotonic: Callable[[], float] = lambda: 0.0,
) -> Iterator[Transport]:
    transport = Transport(
        connect_timeout=connect_timeout,
        read_timeout=read_timeout,
        proxy=proxy,
        ca_bundle=ca_bundle,
        monotonic=monotonic,
    )
    with closing(transport):
        yield transport


def failure(url: str, **options: Any) -> DomainApiError:
    """Return what a call to ``url`` fails with."""
    with transport_to(**options) as transport, pytest.raises(DomainApiError) as caught:
        transport.send(signed(url, Email="a@example.com"))
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert "example" not in repr(caught.value) + str(caught.value)
    return caught.value


def reason_of(error: DomainApiError, leaf: type[NotConnected | NoAnswer | UnreadableAnswer]) -> str:
    assert type(error) is leaf
    assert isinstance(error, NotConnected | NoAnswer | UnreadableAnswer)
    return error.reason


@contextmanager
def client_of(endpoint: str, **options: Any) -> Iterator[DomainClient]:
    arguments = {"endpoint": endpoint, "credentials": KEY, "clock": lambda: NOON, **options}
    with closing(DomainClient(**arguments)) as client:
        yield client


def query_of(request: Received) -> dict[str, str]:
    pairs = parse_qsl(urlsplit(request.target).query, keep_blank_values=True, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)
