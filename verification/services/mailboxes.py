"""The large mailbox services: which domains are theirs, and which of them these mails don't reach."""

from ..models.mailboxes import PROVIDER_OF, MailboxProvider, provider_of

# The provider's own questions and answers say that QQ mail can't receive these notices; Foxmail and the VIP domain are
# further names of the same mailboxes. Of no other service anything of the kind is documented.
DEAF = (MailboxProvider.QQ,)

# Further services, of which nothing else need be known than that their domains are right as they stand.
_OTHERS = (
    *("189.cn", "21cn.com", "wo.cn", "tom.com"),
    *("mail.com", "gmx.com", "gmx.net", "gmx.de", "gmx.at", "gmx.ch", "web.de", "aol.com"),
    *("proton.me", "protonmail.com", "pm.me", "zoho.com", "zohomail.com", "fastmail.com", "fastmail.fm"),
    *("yandex.com", "yandex.ru", "ya.ru", "mail.ru", "bk.ru", "inbox.ru", "list.ru"),
    *("naver.com", "hanmail.net", "daum.net"),
)
WELL_KNOWN = frozenset((*PROVIDER_OF, *_OTHERS))


def is_deaf(domain: str) -> bool:
    """Whether it is documented that these mails don't arrive at a domain."""
    return provider_of(domain) in DEAF
