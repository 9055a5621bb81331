"""Which service runs a mailbox."""

import pytest

from verification.models.mailboxes import PROVIDER_OF, MailboxProvider, provider_of


@pytest.mark.parametrize(
    ("domain", "provider"),
    [
        ("qq.com", MailboxProvider.QQ),
        ("foxmail.com", MailboxProvider.QQ),
        ("163.com", MailboxProvider.NETEASE),
        ("126.com", MailboxProvider.NETEASE),
        ("yeah.net", MailboxProvider.NETEASE),
        ("aliyun.com", MailboxProvider.ALIYUN),
        ("sina.cn", MailboxProvider.SINA),
        ("sohu.com", MailboxProvider.SOHU),
        ("139.com", MailboxProvider.MOBILE_139),
        ("googlemail.com", MailboxProvider.GMAIL),
        ("hotmail.co.uk", MailboxProvider.OUTLOOK),
        ("yahoo.com.tw", MailboxProvider.YAHOO),
        ("me.com", MailboxProvider.ICLOUD),
    ],
)
def test_a_domain_names_its_service(domain: str, provider: MailboxProvider) -> None:
    assert provider_of(domain) == provider


@pytest.mark.parametrize("domain", ["example.com", "not-qq.com", "qq.com.example.org", "gmail.example", ""])
def test_a_domain_that_only_looks_alike_names_none(domain: str) -> None:
    assert provider_of(domain) == MailboxProvider.OTHER


def test_every_service_has_a_domain_written_as_the_record_writes_it() -> None:
    assert set(PROVIDER_OF.values()) == set(MailboxProvider) - {MailboxProvider.OTHER}
    assert [domain for domain in PROVIDER_OF if domain != domain.lower() or "." not in domain] == []
