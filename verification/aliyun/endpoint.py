"""Which endpoints a client may be pointed at."""

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


def checked_endpoint(endpoint: str) -> str:
    """Return scheme and host, with the port if it is not the scheme's own, as they are sent and signed.

    Raises ValueError, saying what is wrong, for anything but ``https://host[:port]``. Plain http shows the
    key id and the addresses to everybody on the way and is accepted on loopback only.
    """
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError:
        raise ValueError("The endpoint is not a URL.") from None
    host = parts.hostname or ""
    if parts.scheme not in _DEFAULT_PORTS or not host:
        raise ValueError("The endpoint must be a URL such as https://domain.aliyuncs.com.")
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError("The endpoint must use https: plain http is for a server on loopback only.")
    _refuse_extras(parts)
    _refuse_odd_characters(host)
    netloc = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{netloc}{f':{port}' if port not in (None, _DEFAULT_PORTS[parts.scheme]) else ''}"


def _refuse_extras(parts: SplitResult) -> None:
    if "@" in parts.netloc or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("The endpoint must be scheme and host alone, without user, path or query.")


def _refuse_odd_characters(host: str) -> None:
    if any(not (letter.isascii() and letter.isalnum()) and letter not in "-.:" for letter in host):
        raise ValueError("The host of the endpoint holds a character that no host name has.")


def is_loopback(host: str) -> bool:
    """Whether a host, as `urlsplit` gives it, is this machine, so that nothing sent there leaves it."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
