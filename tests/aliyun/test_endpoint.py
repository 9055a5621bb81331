"""Which endpoints are accepted, and as what they are signed."""

import pytest

from verification.aliyun.endpoint import checked_endpoint


@pytest.mark.parametrize(
    ("endpoint", "checked"),
    [
        ("https://domain.aliyuncs.com", "https://domain.aliyuncs.com"),
        ("https://domain-intl.aliyuncs.com/", "https://domain-intl.aliyuncs.com"),
        ("HTTPS://Domain.Aliyuncs.Com:443", "https://domain.aliyuncs.com"),
        ("https://domain.example:8443", "https://domain.example:8443"),
        ("http://127.0.0.1:18080", "http://127.0.0.1:18080"),
        ("http://127.8.9.10:80/", "http://127.8.9.10"),
        ("http://localhost:18080", "http://localhost:18080"),
        ("http://[::1]:18080", "http://[::1]:18080"),
    ],
)
def test_scheme_and_host_are_kept_as_they_are_sent(endpoint: str, checked: str) -> None:
    assert checked_endpoint(endpoint) == checked


@pytest.mark.parametrize(
    ("endpoint", "why"),
    [
        ("http://domain.aliyuncs.com", "plain http"),
        ("http://10.0.0.1", "plain http"),
        ("http://127.0.0.1.example", "plain http"),
        ("http://localhost.example", "plain http"),
        ("http://0.0.0.0:80", "plain http"),
        ("http://[2001:db8::1]", "plain http"),
        ("", "must be a URL"),
        ("domain.aliyuncs.com", "must be a URL"),
        ("domain.aliyuncs.com:443", "must be a URL"),
        ("ftp://domain.aliyuncs.com", "must be a URL"),
        ("https://", "must be a URL"),
        ("https://domain.aliyuncs.com:port", "not a URL"),
        ("https://[::1", "not a URL"),
        ("https://key:hush@domain.aliyuncs.com", "alone"),
        ("https://domain.aliyuncs.com/api", "alone"),
        ("https://domain.aliyuncs.com?Action=x", "alone"),
        ("https://domain.aliyuncs.com#x", "alone"),
        ("https://domain aliyuncs.com", "no host name"),
        ("https://例子.中国", "no host name"),
    ],
)
def test_anything_else_is_refused_with_the_reason(endpoint: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as refusal:
        checked_endpoint(endpoint)
    assert "hush" not in str(refusal.value)
    assert refusal.value.__cause__ is None
