"""What a check of the setup has found, part by part."""

import pytest

from verification.models import SetupCheck
from verification.services.findings import findings
from verification.services.outcomes import Answer


def verdicts(**found: object) -> list[str]:
    """Of connection, clock, key and right, in this order."""
    return [finding.verdict for finding in findings(SetupCheck(**found))]


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ({"outcome": Answer.LISTS}, ["good", "good", "good", "good"]),
        ({"outcome": Answer.NO_CONNECTION, "code": "NoConnection"}, ["bad", "open", "open", "open"]),
        ({"outcome": Answer.UNCLEAR, "code": "NoAnswer"}, ["open", "open", "open", "open"]),
        ({"outcome": Answer.THROTTLED, "code": "Throttling.User"}, ["open", "open", "open", "open"]),
        ({"outcome": Answer.SETUP_REFUSED, "code": "InvalidTimeStamp.Expired"}, ["good", "bad", "open", "open"]),
        ({"outcome": Answer.SETUP_REFUSED, "code": "SignatureDoesNotMatch"}, ["good", "open", "bad", "open"]),
        ({"outcome": Answer.SETUP_REFUSED, "code": "InvalidAccessKeyId.NotFound"}, ["good", "open", "bad", "open"]),
        ({"outcome": Answer.SETUP_REFUSED, "code": "Forbidden.AccessKeyDisabled"}, ["good", "open", "bad", "open"]),
        ({"outcome": Answer.SETUP_REFUSED, "code": "Forbidden.RAM"}, ["good", "good", "good", "bad"]),
        ({"outcome": Answer.SETUP_REFUSED, "code": "InvalidProduct.NotFound"}, ["bad", "open", "open", "open"]),
    ],
)
def test_it_says_which_part_is_at_fault_and_claims_no_more(found: dict[str, object], told: list[str]) -> None:
    assert verdicts(**found) == told


@pytest.mark.parametrize(("skew", "verdict"), [(None, "open"), (-0.4, "good"), (59.0, "good"), (-300.0, "bad")])
def test_the_clock_is_judged_by_what_the_two_clocks_say(skew: float | None, verdict: str) -> None:
    found = verdicts(outcome=Answer.SETUP_REFUSED, code="SignatureDoesNotMatch", skew_seconds=skew)

    assert found == ["good", verdict, "bad", "open"]


def test_a_fault_comes_with_what_to_do() -> None:
    told = findings(SetupCheck(outcome=Answer.NO_CONNECTION, code="NoConnection"))

    assert str(told[0].next_step)
    assert not any(finding.next_step for finding in told[1:])
