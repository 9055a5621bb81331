"""What every page needs to know."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest


def desk(request: HttpRequest) -> dict[str, object]:
    """Context processor: `in_sandbox` tells that no mail can leave this machine."""
    return {"in_sandbox": _is_loopback(settings.DOMAIN_API_ENDPOINT)}


def _is_loopback(endpoint: str) -> bool:
    try:
        host = urlsplit(endpoint).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
