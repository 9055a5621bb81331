"""What can be set about a sandbox."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from pathlib import Path

from verification.aliyun.sandbox.actions import RAM_ACTIONS
from verification.aliyun.signing import Credentials

CHINA_TIME = timezone(timedelta(hours=8))


class Shape(StrEnum):
    """The forms in which the service has answered over the years. X1 writes a list of records as X3."""

    J1 = "J1"  # PascalCase, flat lists: today's documentation and most SDKs.
    J2 = "J2"  # camelCase, flat lists: the documentation of 2018 to 2021.
    J3 = "J3"  # PascalCase, each list inside an element of its own: what the C++ SDK reads.
    J4 = "J4"  # As J2, but success and exist lists hold the address only.
    X1 = "X1"  # PascalCase with an element around each list: the documentation of 2018.
    X2 = "X2"  # camelCase, one repeated element per item, nothing for an empty list: 2020.


class Dates(StrEnum):
    """The two ways in which times without a zone are written in answers."""

    NEW = "new"  # 2017-12-25 03:38:46
    OLD = "old"  # Dec 25,2017 03:38:46


@dataclass(frozen=True)
class Options:
    """The behaviour of one sandbox; the defaults are those of ``manage.py sandbox``.

    * ``credentials``: the one key that is accepted. With a security token the key is a temporary one (STS),
      and every call must carry the token, until ``token_expires`` (aware; None: never).
    * ``state``: the SQLite file that survives a restart. None: in memory.
    * ``strict``: an address that was never submitted is refused instead of counting as submitted.
    * ``quota``: mails per address within 24 hours.
    * ``zone``, ``dates``: how times are written in answers.
    * ``shape``: None answers J1 or X1, as the request asks.
    * ``rate``: calls per second for everybody together; 0 sets no limit.
    * ``latency``: seconds that every answer takes.
    * ``deny``: operations (``ResendEmailVerification``) or permissions
      (``domain:EmailVerificationOperation``) that the key lacks.
    * ``slow``: seconds that the ``slow-…`` addresses take.
    * ``tolerance``: how far a request's time stamp may be off, either way.

    Raises ValueError for a value that makes no sense.
    """

    credentials: Credentials = field(default_factory=lambda: Credentials("sandbox-key-id", "sandbox-key-secret"))
    token_expires: datetime | None = None
    state: Path | None = None
    strict: bool = False
    quota: int = 5
    zone: timezone = CHINA_TIME
    dates: Dates = Dates.NEW
    shape: Shape | None = None
    rate: float = 0.0
    latency: float = 0.0
    deny: frozenset[str] = frozenset()
    slow: float = 25.0
    tolerance: timedelta = timedelta(minutes=15)

    def __post_init__(self) -> None:
        if min(self.quota, self.rate, self.latency, self.slow) < 0:
            raise ValueError("Quota, rate, latency and slow can't be negative.")
        unknown = self.deny - RAM_ACTIONS.keys() - set(RAM_ACTIONS.values())
        if unknown:
            raise ValueError(f"No such operation or permission: {', '.join(sorted(unknown))}.")

    def denies(self, action: str) -> bool:
        """Tell whether the key lacks the permission for this operation."""
        return action in self.deny or RAM_ACTIONS[action] in self.deny


def parse_zone(text: str) -> timezone:
    """Read an offset such as ``+08:00``. Raises ValueError for anything else."""
    match = re.fullmatch(r"([+-])(\d\d):([0-5]\d)", text)
    if match is None:
        raise ValueError("A zone is written as an offset, for example +08:00.")
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-offset if match[1] == "-" else offset) if offset else UTC
