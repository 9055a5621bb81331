"""Which settings of a sandbox make sense."""

from datetime import timedelta
from typing import Any

import pytest

from verification.aliyun.sandbox import Options, parse_zone
from verification.aliyun.signing import Credentials


@pytest.mark.parametrize("name", ["quota", "rate", "latency", "slow"])
def test_nothing_is_negative(name: str) -> None:
    options: dict[str, Any] = {name: -1}
    with pytest.raises(ValueError, match="negative"):
        Options(**options)


def test_a_denied_permission_must_exist() -> None:
    with pytest.raises(ValueError, match="No such operation or permission: Resend, domain:Everything"):
        Options(deny=frozenset({"Resend", "domain:Everything", "VerifyEmail"}))


@pytest.mark.parametrize(
    ("text", "hours"), [("+08:00", 8), ("+00:00", 0), ("-00:00", 0), ("-05:00", -5), ("+05:45", 5.75)]
)
def test_a_zone_is_an_offset(text: str, hours: float) -> None:
    assert parse_zone(text).utcoffset(None) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "08:00", "+8", "Asia/Shanghai", "+08:60", "+24:00", "+08:00 "])
def test_nothing_else_is_a_zone(text: str) -> None:
    with pytest.raises(ValueError):
        parse_zone(text)


def test_the_secrets_are_not_shown() -> None:
    shown = repr(Options(credentials=Credentials("id", "hidden-secret", "hidden-token")))
    assert "hidden" not in shown
