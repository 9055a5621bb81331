"""The code book: every word and code of the record in plain words, for people.

Each entry says what it means, what to do next and what to tell the customer. `services.advice` finds the entry for
an attempt, a code or a pause; a text for the customer's own eyes is written by `services.replies`.
"""

from .entry import ASK_FIRST, TELL_UNCLEAR, TELL_WAIT, Advice
from .own import (
    DEAF,
    OWN_CODE,
    REASON,
    STATUS,
    UNDOCUMENTED,
    VERDICT,
    WAITS_FOR_APPROVAL,
)
from .provider import documented

__all__ = [
    "ASK_FIRST",
    "DEAF",
    "OWN_CODE",
    "REASON",
    "STATUS",
    "TELL_UNCLEAR",
    "TELL_WAIT",
    "UNDOCUMENTED",
    "VERDICT",
    "WAITS_FOR_APPROVAL",
    "Advice",
    "documented",
]
