"""The large mailbox services: whose mailbox an address is, and which of them these mails don't reach."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, eq=False)
class Mailbox:
    """One service. `deaf` tells that the provider documents that its notices don't arrive there."""

    name: "StrOrPromise"
    domains: tuple[str, ...]
    deaf: bool = False


# Of QQ mail the provider's questions and answers say that it can't receive these notices. Foxmail and the VIP domain
# are further names of the same mailboxes. Of no other service anything of the kind is documented.
MAILBOXES = (
    Mailbox(_("QQ Mail"), ("qq.com", "vip.qq.com", "foxmail.com"), deaf=True),
    Mailbox(_("NetEase Mail"), ("163.com", "126.com", "yeah.net", "188.com", "vip.163.com", "vip.126.com")),
    Mailbox(_("Alibaba Mail"), ("aliyun.com",)),
    Mailbox(_("Sina Mail"), ("sina.com", "sina.cn", "vip.sina.com")),
    Mailbox(_("Sohu Mail"), ("sohu.com", "vip.sohu.com")),
    Mailbox(_("China Mobile 139 Mail"), ("139.com",)),
    Mailbox(_("China Telecom 189 Mail"), ("189.cn", "21cn.com")),
    Mailbox(_("China Unicom Wo Mail"), ("wo.cn",)),
    Mailbox(_("TOM Mail"), ("tom.com",)),
    Mailbox("Gmail", ("gmail.com", "googlemail.com")),
    Mailbox(
        "Outlook",
        (
            *("outlook.com", "outlook.de", "outlook.fr", "outlook.jp"),
            *("hotmail.com", "hotmail.co.uk", "hotmail.de", "hotmail.es", "hotmail.fr", "hotmail.it"),
            *("live.com", "live.cn", "msn.com"),
        ),
    ),
    Mailbox(
        "Yahoo",
        (
            *("yahoo.com", "yahoo.co.jp", "yahoo.co.uk", "yahoo.com.hk", "yahoo.com.tw", "yahoo.de", "yahoo.fr"),
            *("ymail.com", "rocketmail.com"),
        ),
    ),
    Mailbox("iCloud", ("icloud.com", "me.com", "mac.com")),
    Mailbox("Proton", ("proton.me", "protonmail.com", "pm.me")),
    Mailbox("Yandex", ("yandex.com", "yandex.ru", "ya.ru")),
    Mailbox("Mail.ru", ("mail.ru", "bk.ru", "inbox.ru", "list.ru")),
    Mailbox("mail.com", ("mail.com",)),
    Mailbox("GMX", ("gmx.com", "gmx.net", "gmx.de", "gmx.at", "gmx.ch", "web.de")),
    Mailbox("Naver", ("naver.com",)),
    Mailbox("Daum", ("hanmail.net", "daum.net")),
    Mailbox("Zoho", ("zoho.com", "zohomail.com")),
    Mailbox("Fastmail", ("fastmail.com", "fastmail.fm")),
    Mailbox("AOL", ("aol.com",)),
)
_BY_DOMAIN = {domain: mailbox for mailbox in MAILBOXES for domain in mailbox.domains}
WELL_KNOWN = frozenset(_BY_DOMAIN)


def mailbox_of(domain: str) -> Mailbox | None:
    """The service that keeps a domain's mailboxes; None for all others, company domains at these services included."""
    return _BY_DOMAIN.get(domain)
