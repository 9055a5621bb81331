"""Verifying the trail: the chain, what it says of the record's rows, and the signed checkpoints.

    checkpoints ─► events, each linked to the one before ─► their groups against the rows ─► counts ─► states of batches

It ends at the first thing that isn't as it was recorded, and names it. Everything is read as of one moment, in slices:
memory doesn't grow with the record.
"""

from .report import Broken, Report
from .trail import Progress
from .whole import UnknownCheckpoint, verify

__all__ = ["Broken", "Progress", "Report", "UnknownCheckpoint", "verify"]
