"""Isolating a bad address: a few calls more, and nobody gets two mails."""

from collections import Counter
from itertools import pairwise

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from tests.desk import addresses, mailed, open_for, outcomes, work_off
from verification.aliyun.sandbox import Sandbox
from verification.services.send import Sender

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("size", [16, 64])
@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_a_bad_address_is_isolated_by_a_few_calls_and_nobody_gets_two_mails(
    mei: User, sandbox: Sandbox, sender: Sender, settings: Settings, size: int, place: str
) -> None:
    settings.RESEND_ADDRESSES_PER_CALL = size
    good = addresses(size - 1)
    at = {"first": 0, "middle": size // 2, "last": size - 1}[place]
    texts = [*good[:at], "illegal@example.com", *good[at:]]
    batch = open_for(mei, *texts)
    work_off(sender)

    # One call for all; then at each halving one call that still holds the bad address and one that doesn't.
    assert len(sandbox.requests()) == 1 + 2 * (size.bit_length() - 1)
    assert sorted(mailed(sandbox)) == good
    assert outcomes(batch) == dict.fromkeys(texts, "accepted") | {"illegal@example.com": "refused"}


def test_halves_are_never_put_together_again(mei: User, sandbox: Sandbox, sender: Sender, settings: Settings) -> None:
    settings.RESEND_ADDRESSES_PER_CALL = 7
    texts = [*addresses(5), "illegal@example.com", *addresses(8, "later")]
    open_for(mei, *texts)
    work_off(sender)

    refused = [set(request.emails) for request in sandbox.requests() if request.code == "ParameterIllegal"]
    assert [len(group) for group in refused] == [7, 3, 2, 1]
    assert all(smaller < larger for larger, smaller in pairwise(refused))
    assert sorted(mailed(sandbox)) == sorted(set(texts) - {"illegal@example.com"})


def test_two_bad_addresses_in_one_group_are_both_isolated(
    mei: User, sandbox: Sandbox, sender: Sender, settings: Settings
) -> None:
    settings.RESEND_ADDRESSES_PER_CALL = 16
    texts = ["illegal1@example.com", *addresses(14), "illegal2@example.com"]
    batch = open_for(mei, *texts)
    work_off(sender)

    assert sorted(mailed(sandbox)) == addresses(14)
    assert Counter(outcomes(batch).values()) == {"accepted": 14, "refused": 2}
    assert len(sandbox.requests()) <= 1 + 2 * 2 * 4
