"""What the database itself refuses, table by table; the one place where it is said.

Rows are never deleted, what was written down stays, and words move only as the services move them. Address and free
text may be erased, once. Whoever adds a column says here how it may change.
"""

from ..models import (
    IN_FLIGHT,
    Attempt,
    Batch,
    BatchState,
    Call,
    CallState,
    Checkpoint,
    Event,
    Head,
    Lookup,
    LookupState,
    Ride,
    Status,
    Verdict,
    ZoneEvidence,
)
from .rules import Rule, Table, moves, one_of

ERASED = Rule("erased", ("erased_at",), when="OLD.erased_at IS NULL")

BATCH = Table(
    Batch,
    rules=(
        Rule(
            "identity",
            (
                *("id", "ref", "requested_by_id", "requested_by_name", "source", "source_address", "created_at"),
                *("size", "form_key", "lang", "user_client_ip", "resend_of_id", "text_commitment"),
            ),
            texts=("reason", "ticket", "override_reason", "content_digest", "salt"),
        ),
        Rule(
            "life",
            ("state", "pause_code", "pause_request_id", "finished_at"),
            when="OLD.finished_at IS NULL",
            texts=("pause_message",),
        ),
        Rule(
            "decision",
            ("decided_by_id", "decided_by_name", "decided_at"),
            when=f"OLD.state = '{BatchState.WAITING}' AND OLD.decided_at IS NULL",
            texts=("decision_note",),
        ),
        ERASED,
    ),
    free=("wait_until", "setbacks", "setback_since", "unclear_in_row", "last_call_at"),
)

# A late answer: the attempt is unknown, and its own call has lapsed and isn't answered yet. What the answer says about
# an address that is erased, nobody can tell.
LATE = (
    f"SELECT 1 FROM {Call._meta.db_table} WHERE id = OLD.last_call_id AND state = '{CallState.LAPSED}'"
    f" AND OLD.status = '{Status.UNKNOWN}' AND OLD.salt <> ''"
)
ATTEMPT = Table(
    Attempt,
    rules=(
        Rule(
            "identity",
            ("id", "batch_id", "position", "requested_by_id", "created_at", "resend_of_id", "address_commitment"),
            texts=("email", "key", "domain", "salt", "fingerprint"),
        ),
        Rule(
            "status",
            ("status",),
            when=moves(
                "status",
                {
                    Status.QUEUED: (Status.SENDING, Status.NOT_SENT),
                    Status.SENDING: (
                        *(Status.QUEUED, Status.ACCEPTED, Status.REFUSED),
                        *(Status.NOT_SENT, Status.UNKNOWN),
                    ),
                    Status.UNKNOWN: (Status.ACCEPTED, Status.REFUSED, Status.NOT_SENT),
                },
            ),
        ),
        Rule(
            "outcome",
            ("status", "reason", "code", "message_commitment", "request_id", "finished_at", "held_by_id"),
            when=f"OLD.status IN {one_of(IN_FLIGHT)}",
            texts=("message",),
            or_exists=LATE,
        ),
        Rule(
            "call",
            ("last_call_id", "calls_made"),
            when=f"OLD.status = '{Status.QUEUED}' AND NEW.status = '{Status.SENDING}'",
        ),
        Rule("release", ("released",), when="NOT OLD.released"),
        Rule(
            "verdict",
            ("verdict", "verdict_at", "verdict_lookup_id"),
            when=(
                f"OLD.status = '{Status.UNKNOWN}' AND NEW.status = '{Status.UNKNOWN}'"
                f" AND OLD.verdict IN {one_of(('', Verdict.STILL_UNKNOWN))} AND NEW.verdict <> ''"
            ),
            or_exists=f"{LATE} AND NEW.verdict = '' AND NEW.verdict_at IS NULL AND NEW.verdict_lookup_id IS NULL",
        ),
        ERASED,
    ),
    free=("group_limit", "ask_at", "times_asked"),
)

CALL = Table(
    Call,
    rules=(
        Rule(
            "identity",
            ("id", "batch_id", "nonce", "size", "worker", "endpoint", "opened_at", "lease_until"),
            texts=("salt",),
        ),
        Rule(
            "state",
            ("state",),
            when=moves(
                "state",
                {CallState.OPEN: (CallState.ANSWERED, CallState.LAPSED), CallState.LAPSED: (CallState.ANSWERED,)},
            ),
        ),
        Rule(
            "answer",
            ("answered_at", "outcome", "http_status", "code", "request_id", "message_commitment"),
            # The provider's words are not written where the salt that hid them in the trail is erased.
            when=(
                f"OLD.state <> '{CallState.ANSWERED}' AND NEW.state = '{CallState.ANSWERED}'"
                " AND (OLD.salt <> '' OR NEW.message = '' AND NEW.recommend = '')"
            ),
            texts=("message", "recommend"),
        ),
        ERASED,
    ),
)

LOOKUP_ENDED = one_of((LookupState.ANSWERED, LookupState.FAILED))
LOOKUP = Table(
    Lookup,
    rules=(
        Rule("identity", ("id", "requested_by_id", "created_at"), texts=("email", "key")),
        Rule(
            "state",
            ("state",),
            when=moves(
                "state",
                {
                    LookupState.QUEUED: (LookupState.ASKING,),
                    LookupState.ASKING: (LookupState.QUEUED, LookupState.ANSWERED, LookupState.FAILED),
                },
            ),
        ),
        Rule(
            "answer",
            (
                *("due_at", "lease_until", "tries", "answered_at", "verified"),
                *("token_sent", "verified_time", "code", "request_id"),
            ),
            when=f"OLD.state NOT IN {LOOKUP_ENDED}",
            texts=("message",),
        ),
        ERASED,
    ),
)

HEAD = Table(
    Head,
    rules=(Rule("identity", ("id",)), Rule("growth", ("sequence", "hash"), when="NEW.sequence > OLD.sequence")),
)

TABLES = (BATCH, ATTEMPT, CALL, LOOKUP, HEAD, Table(Ride), Table(ZoneEvidence), Table(Event), Table(Checkpoint))
