"""System checks: settings that would stand still or break later are named at the start."""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

AT_LEAST_ONE = ("RESEND_ADDRESSES_PER_CALL", "RESEND_PARALLEL_CALLS")
ABOVE_ZERO = ("RESEND_CONNECT_TIMEOUT", "RESEND_READ_TIMEOUT")
NOT_NEGATIVE = (
    "RESEND_CALLS_PER_SECOND",
    "RESEND_GIVE_UP_MINUTES",
    "RESEND_COOLDOWN_MINUTES",
    "RESEND_APPROVAL_ABOVE",
    "RESEND_KEEP_DAYS",
)


@register
def check_resend_settings(**kwargs: Any) -> list[CheckMessage]:
    return list(_faults())


def _faults() -> Iterator[CheckMessage]:
    for names, smallest, said in (
        (AT_LEAST_ONE, 1, "must be 1 or more"),
        (ABOVE_ZERO, 0.001, "must be above 0"),
        (NOT_NEGATIVE, 0, "must not be negative"),
    ):
        for name in names:
            if getattr(settings, name) < smallest:
                yield Error(f"{name} {said}.", id="desk.E001")
    try:
        ip_address(settings.RESEND_USER_CLIENT_IP)
    except ValueError:
        yield Error("RESEND_USER_CLIENT_IP must be an IP address.", id="desk.E002")
    if settings.TICKET_URL and not _is_ticket_pattern(settings.TICKET_URL):
        yield Error("TICKET_URL must be a http(s) address with {ticket} behind its host.", id="desk.E003")


def _is_ticket_pattern(pattern: str) -> bool:
    try:
        parts = urlsplit(pattern)
    except ValueError:
        return False
    # In the host's name a ticket would choose to whom the link leads.
    behind = parts._replace(scheme="", netloc="").geturl()
    return (
        parts.scheme in ("http", "https") and bool(parts.hostname) and "{" not in parts.netloc and "{ticket}" in behind
    )
