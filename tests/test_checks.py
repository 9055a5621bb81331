"""The checks of the settings: each bad value is named, and the ones in use are good."""

import pytest
from pytest_django import Settings

from verification.checks import check_resend_settings


def test_the_settings_in_use_are_good() -> None:
    assert check_resend_settings() == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RESEND_ADDRESSES_PER_CALL", 0),
        ("RESEND_PARALLEL_CALLS", -1),
        ("RESEND_CONNECT_TIMEOUT", 0.0),
        ("RESEND_READ_TIMEOUT", -1.0),
        ("RESEND_CALLS_PER_SECOND", -0.5),
        ("RESEND_GIVE_UP_MINUTES", -1),
        ("RESEND_COOLDOWN_MINUTES", -1),
        ("RESEND_USER_CLIENT_IP", "the front desk"),
        ("TICKET_URL", "https://tickets.example.com/browse/"),
        ("TICKET_URL", "https://{ticket}.example.com/"),
        ("TICKET_URL", "javascript:{ticket}"),
        ("TICKET_URL", "//tickets.example.com/{ticket}"),
        ("TICKET_URL", "https:///{ticket}"),
        ("TICKET_URL", "https://[tickets/{ticket}"),
    ],
)
def test_a_value_that_makes_no_sense_is_named(name: str, value: object, settings: Settings) -> None:
    setattr(settings, name, value)
    [fault] = check_resend_settings()
    assert name in fault.msg


@pytest.mark.parametrize("pattern", ["", "http://tickets:8080/{ticket}", "https://t.example.com/?id={ticket}#top"])
def test_a_pattern_for_tickets_is_good(pattern: str, settings: Settings) -> None:
    settings.TICKET_URL = pattern

    assert check_resend_settings() == []
