"""Records as they stand in answers, and the parameters that choose among them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from verification.aliyun.sandbox.addresses import address_key
from verification.aliyun.sandbox.options import Dates, Options
from verification.aliyun.sandbox.refusals import Refused
from verification.aliyun.sandbox.state import Record, RecordFilter

ACCOUNT_ID = "1234567890123456"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DEFAULT_PAGE_SIZE = 500
_LARGEST_PAGE_SIZE = 5000


@dataclass(frozen=True)
class Page:
    """One page of a list, counted from 1."""

    number: int
    size: int

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size

    def count(self, total: int) -> int:
        """Return how many pages ``total`` records fill."""
        return -(-total // self.size)


def record_fields(record: Record, options: Options) -> dict[str, str | int]:
    """Write a record. One that waits has neither a time of verification nor an IP that confirmed."""
    fields: dict[str, str | int] = {
        "Email": record.email,
        "EmailVerificationNo": record.number,
        "UserId": ACCOUNT_ID,
        "VerificationStatus": 0,
        "GmtCreate": written(record.created, options),
        "GmtModified": written(record.modified, options),
        "TokenSendTime": written(record.token_sent, options),
        "SendIp": record.send_ip,
    }
    if record.verified is not None and record.confirm_ip is not None:
        fields["VerificationStatus"] = 1
        fields["VerificationTime"] = written(record.verified, options)
        fields["ConfirmIp"] = record.confirm_ip
    return fields


def written(time: datetime, options: Options) -> str:
    """Write a time without its zone, as every answer of the service does."""
    local = time.astimezone(options.zone)
    if options.dates is Dates.NEW:
        return f"{local:%Y-%m-%d %H:%M:%S}"
    # Not %b: its words follow the locale of the process.
    return f"{_MONTHS[local.month - 1]} {local:%d,%Y %H:%M:%S}"


def page_of(params: Mapping[str, str]) -> Page:
    """Read which page is asked for; 0, an old default, means today's default. Raises Refused."""
    size = _integer(params, "PageSize") or _DEFAULT_PAGE_SIZE
    if size > _LARGEST_PAGE_SIZE:
        raise Refused("ParameterIllegal")
    return Page(_integer(params, "PageNum") or 1, size)


def filter_of(params: Mapping[str, str]) -> RecordFilter:
    """Read which records are asked for. Raises Refused."""
    status = _integer(params, "VerificationStatus")
    if status not in (None, 0, 1):
        raise Refused("ParameterIllegal")
    return RecordFilter(
        key=address_key(params["Email"]) if params.get("Email") else None,
        verified=None if status is None else bool(status),
        since=_instant(params, "BeginCreateTime"),
        until=_instant(params, "EndCreateTime"),
    )


def _integer(params: Mapping[str, str], name: str) -> int | None:
    text = params.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Refused("ParameterIllegal")
    return int(text)


def _instant(params: Mapping[str, str], name: str) -> datetime | None:
    """Read milliseconds since 1970, UTC."""
    milliseconds = _integer(params, name)
    if milliseconds is None:
        return None
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        raise Refused("ParameterIllegal") from None
