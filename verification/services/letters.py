"""The letters to customers: what each situation is worth saying, with places for address and times."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Letter:
    """The body of a letter.

    Its places are `address`, `sent` (when the mail was asked for), `until` (how long its link works) and `quota`
    (when a used-up quota probably ends). `reminds` adds what happens to a domain whose address stays unverified.
    """

    text: "StrOrPromise"
    reminds: bool = True


HELLO = _("Hello,")
REMINDER = _("If the e-mail address of a domain's registrant stays unverified, the domain may stop resolving.")
GOODBYE = _("If anything is unclear, please get in touch with us at any time.")

SENT = Letter(
    _(
        "We have had the verification e-mail sent again to %(address)s on %(sent)s. Please open it and click its link "
        "by %(until)s; after that the link no longer works. If you can't find the e-mail, please look in the spam "
        "folder and in folders for notices as well."
    )
)
SENT_BUT_DEAF = Letter(
    _(
        "We have had the verification e-mail sent again to %(address)s on %(sent)s. However, QQ mail is known not to "
        "receive these e-mails. Please give us an address at another mail service at which you can receive it."
    )
)
RECENT = Letter(
    _(
        "A verification e-mail was sent to %(address)s a short time ago. Please look in your inbox and in the spam "
        "folder, and click its link within 3 days."
    )
)
UNCLEAR = Letter(
    _(
        "On %(sent)s we asked for the verification e-mail to be sent again to %(address)s, but we have no clear "
        "confirmation that it was. Please look in your inbox and in the spam folder. If it is there, please click its "
        "link by %(until)s; if it is not, please tell us."
    )
)
EXPIRED = Letter(
    _(
        "On %(sent)s we asked for the verification e-mail to be sent again to %(address)s. Its link worked until "
        "%(until)s and works no longer. If you have not clicked it, please tell us and we will have a new e-mail sent."
    )
)
PLANNED = Letter(
    _(
        "Your request for a new verification e-mail to %(address)s is being worked on. There is nothing for you to do "
        "yet. Once the e-mail has arrived, please click its link within 3 days."
    )
)
NOT_SENT = Letter(
    _(
        "No new verification e-mail has been sent to %(address)s this time. If you still need one, please tell us and "
        "we will have it sent."
    )
)
REFUSED = Letter(
    _(
        "The verification e-mail to %(address)s could not be sent on %(sent)s. We are looking into the cause and will "
        "get back to you."
    )
)
WRONG_ADDRESS = Letter(
    _(
        "The verification e-mail could not be sent, because %(address)s was not accepted as a valid e-mail address. "
        "Please check its spelling, or give us another address at which you can receive it."
    )
)
QUOTA = Letter(
    _(
        "Several verification e-mails have been sent to %(address)s lately, so that no further one can be sent before "
        "about %(quota)s. Please look for the earlier ones, in the spam folder as well: the link of each works for "
        "3 days. Or give us another address at which you can receive it."
    )
)
VERIFIED = Letter(_("The e-mail address %(address)s is verified. There is nothing left for you to do."), reminds=False)
