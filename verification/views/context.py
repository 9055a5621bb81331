"""What every page needs to know."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from ..aliyun.endpoint import is_loopback
from .access import sees_addresses


def desk(request: HttpRequest) -> dict[str, object]:
    """Context processor.

    `in_sandbox` tells that no mail can leave this machine, `sees_addresses` whether addresses are shown in full.
    """
    return {
        "in_sandbox": _on_this_machine(settings.DOMAIN_API_ENDPOINT),
        # Asked only by pages that show addresses: a page about a lost database must not read it.
        "sees_addresses": SimpleLazyObject(lambda: sees_addresses(request)),
    }


def _on_this_machine(endpoint: str) -> bool:
    try:
        return is_loopback(urlsplit(endpoint).hostname or "")
    except ValueError:
        return False
