"""The record."""

from .attempt import Attempt
from .batch import Batch
from .call import Call, Ride
from .clock import Clock, database_now
from .event import Checkpoint, Event, EventName, Head
from .faults import DATABASE_AWAY
from .house import ALIVE_WITHIN, PULSE_SECONDS, Pace, SetupCheck, Worker
from .lookup import Lookup, ZoneEvidence
from .person import Preference
from .words import (
    FINAL,
    IN_FLIGHT,
    MAY_HAVE_GONE_OUT,
    BatchState,
    CallState,
    Language,
    LookupState,
    OwnCode,
    Reason,
    Source,
    Status,
    Verdict,
)

__all__ = [
    "ALIVE_WITHIN",
    "DATABASE_AWAY",
    "FINAL",
    "IN_FLIGHT",
    "MAY_HAVE_GONE_OUT",
    "PULSE_SECONDS",
    "Attempt",
    "Batch",
    "BatchState",
    "Call",
    "CallState",
    "Checkpoint",
    "Clock",
    "Event",
    "EventName",
    "Head",
    "Language",
    "Lookup",
    "LookupState",
    "OwnCode",
    "Pace",
    "Preference",
    "Reason",
    "Ride",
    "SetupCheck",
    "Source",
    "Status",
    "Verdict",
    "Worker",
    "ZoneEvidence",
    "database_now",
]
