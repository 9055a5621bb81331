"""Who runs a mailbox, told by its domain, as far as the large services for private people go.

A company's own domain says nothing: it may lie with any service, and only its MX records would tell.
"""

from collections.abc import Iterator

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class MailboxProvider(TextChoices):
    QQ = "qq", _("QQ Mail")
    NETEASE = "netease", _("NetEase (163, 126, yeah)")
    ALIYUN = "aliyun", _("Aliyun Mail")
    SINA = "sina", _("Sina")
    SOHU = "sohu", _("Sohu")
    MOBILE_139 = "139", _("139 Mail")
    GMAIL = "gmail", _("Gmail")
    OUTLOOK = "outlook", _("Outlook, Hotmail, Live")
    YAHOO = "yahoo", _("Yahoo")
    ICLOUD = "icloud", _("iCloud")
    OTHER = "other", _("other domains")


_DOMAINS = {
    MailboxProvider.QQ: "qq.com vip.qq.com foxmail.com",
    MailboxProvider.NETEASE: "163.com vip.163.com 126.com vip.126.com yeah.net 188.com",
    MailboxProvider.ALIYUN: "aliyun.com",
    MailboxProvider.SINA: "sina.com sina.cn vip.sina.com vip.sina.cn",
    MailboxProvider.SOHU: "sohu.com vip.sohu.com",
    MailboxProvider.MOBILE_139: "139.com",
    MailboxProvider.GMAIL: "gmail.com googlemail.com",
    MailboxProvider.OUTLOOK: "msn.com",
    MailboxProvider.YAHOO: "ymail.com rocketmail.com",
    MailboxProvider.ICLOUD: "icloud.com me.com mac.com",
}
# Names that these services use under the endings of many countries.
_NAMES = {
    "outlook": MailboxProvider.OUTLOOK,
    "hotmail": MailboxProvider.OUTLOOK,
    "live": MailboxProvider.OUTLOOK,
    "yahoo": MailboxProvider.YAHOO,
}
_ENDINGS = {
    "outlook": "com at be cl cz de dk es fr hu ie in it jp kr lv my ph pt sa sg sk co.id co.il co.th com.ar com.au "
    "com.br com.gr com.pe com.tr com.vn",
    "hotmail": "com be ca ch de dk es fi fr gr it my nl no ph se sg co.id co.jp co.nz co.th co.uk co.za com.ar com.au "
    "com.br com.hk com.tr com.tw com.vn",
    "live": "com at be ca cn de dk fr hk ie in it jp nl no ru se co.uk co.za com.ar com.au com.mx com.my com.ph com.pt "
    "com.sg",
    "yahoo": "com ca cn de dk es fr gr ie in it no se co.id co.in co.jp co.kr co.nz co.th co.uk co.za com.ar com.au "
    "com.br com.cn com.hk com.mx com.my com.ph com.sg com.tw com.vn",
}


def _pairs() -> Iterator[tuple[str, MailboxProvider]]:
    for provider, domains in _DOMAINS.items():
        yield from ((domain, provider) for domain in domains.split())
    for name, provider in _NAMES.items():
        yield from ((f"{name}.{ending}", provider) for ending in _ENDINGS[name].split())


PROVIDER_OF = dict(_pairs())


def provider_of(domain: str) -> MailboxProvider:
    """The service behind a domain (lower case, ASCII, as the record keeps it); `OTHER` where nobody knows."""
    return PROVIDER_OF.get(domain, MailboxProvider.OTHER)
