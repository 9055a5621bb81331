"""The record's rows as the trail speaks of them: commitments, fingerprints, and groups of leaves."""

import hashlib
import hmac
from collections.abc import Iterable
from typing import Any

from django.conf import settings

from ..evidence import chain
from ..models import Attempt, Batch, Call, Lookup


def fingerprint(key: str) -> str:
    """HMAC of an address key under LEDGER_KEY: equal for equal addresses, telling nothing to who lacks the secret."""
    return hmac.new(settings.LEDGER_KEY.encode(), key.encode(), hashlib.sha256).hexdigest()


def commit_batch(batch: Batch) -> None:
    """Set the commitment to a new batch's free text."""
    batch.text_commitment = chain.committed("batch", "text_commitment", vars(batch))


def commit_attempt(attempt: Attempt) -> None:
    """Set the commitment to a new attempt's address, and its fingerprint."""
    attempt.address_commitment = chain.committed("attempt", "address_commitment", vars(attempt))
    attempt.fingerprint = fingerprint(attempt.key)


def commit_call(call: Call) -> None:
    """Set the commitment to the provider's words about a call."""
    call.message_commitment = chain.committed("call", "message_commitment", vars(call))


def message_commitment(salt: str, message: str) -> str:
    """The commitment to the provider's words about one attempt; "" where it had none."""
    return chain.commitment(salt, message) if message else ""


def batch_group(batch: Batch) -> chain.Group:
    """What the trail says about a batch: all of it that never changes."""
    return chain.group([(batch.pk, chain.batch_leaf(batch_row(batch)))])


def call_group(call: Call, carried: Iterable[int]) -> chain.Group:
    """What the trail says about a call and the attempts that it carried, in wire order."""
    return chain.group([(call.pk, chain.call_leaf(call_row(call, carried)))])


def opened_group(batch: Batch) -> chain.Group:
    """What the trail says about all attempts of a batch that is opened; read as plain values, for they may be many."""
    rows = batch.attempts.order_by("pk").values(*chain.OPENED)
    return chain.group((row["id"], chain.opened_leaf(row)) for row in rows)


def ended_group(attempts: Iterable[Attempt]) -> chain.Group:
    """What the trail says about how attempts ended."""
    return chain.group((row.pk, chain.ended_leaf(vars(row))) for row in _by_id(attempts))


def judged_group(attempts: Iterable[Attempt]) -> chain.Group:
    """What the trail says about verdicts on attempts."""
    return chain.group((row.pk, chain.judged_leaf(vars(row))) for row in _by_id(attempts))


def lookup_group(lookup: Lookup) -> chain.Group:
    """What the trail says about the lookup that was the evidence."""
    return chain.group([(lookup.pk, chain.lookup_leaf(vars(lookup)))])


def _by_id(attempts: Iterable[Attempt]) -> list[Attempt]:
    return sorted(attempts, key=lambda attempt: attempt.pk)


def batch_row(batch: Batch) -> dict[str, Any]:
    return vars(batch) | {"requested_by": batch.requested_by_id, "resend_of": batch.resend_of_id}


def call_row(call: Call, carried: Iterable[int]) -> dict[str, Any]:
    return vars(call) | {"batch": call.batch_id, "carried": list(carried)}
