"""What every page needs to know."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

from ..aliyun.endpoint import is_loopback


def desk(request: HttpRequest) -> dict[str, object]:
    """Context processor: `in_sandbox` tells that no mail can leave this machine."""
    return {"in_sandbox": _on_this_machine(settings.DOMAIN_API_ENDPOINT)}


def _on_this_machine(endpoint: str) -> bool:
    try:
        return is_loopback(urlsplit(endpoint).hostname or "")
    except ValueError:
        return False
