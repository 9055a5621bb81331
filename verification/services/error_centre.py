"""Where the provider explains its codes."""

from urllib.parse import urlsplit

from ..models import OwnCode

# The error centre's page for the product `Domain`, to which the provider's own reference of these calls points.
ERROR_CENTRE = "https://error-center.aliyun.com/status/product/Domain"
_PROVIDERS_DOMAINS = ("aliyun.com", "alibabacloud.com")


def explained_at(code: str, recommend: str = "") -> str:
    """A link to the provider's explanation of a code; empty where the code is our own or there is none.

    `recommend` is the link that came with the answer. It counts only where it leads to the provider over https.
    """
    if not code or code in OwnCode.values:
        return ""
    return recommend if _leads_to_provider(recommend) else ERROR_CENTRE


def _leads_to_provider(link: str) -> bool:
    """Strict: what a browser might read in another way than this function does is none."""
    if not link.isascii() or not link.isprintable() or any(sign in link for sign in " \\@"):
        return False
    try:
        parts = urlsplit(link)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    theirs = any(host == domain or host.endswith(f".{domain}") for domain in _PROVIDERS_DOMAINS)
    return parts.scheme == "https" and theirs and port in (None, 443)
