"""What the provider said, as frozen values, whichever of its known answer shapes it came in.

An answer that is an error raises its leaf of the error tree. The body decides, not the HTTP status: lists
count even under an error status, and an error code even under 200.
"""

from dataclasses import dataclass

from .documents import Document, Value, read_document, records_in, text_of
from .errors import UnreadableAnswer, refusal_of


@dataclass(frozen=True)
class AddressResult:
    """What the provider said about one address. Older answers carry no code or message for accepted ones."""

    email: str
    code: str
    message: str


@dataclass(frozen=True)
class ResendAnswer:
    """``accepted`` means taken over for sending, not delivered.

    An address that was asked for may stand in both lists or in neither; this answer decides nothing then.
    """

    request_id: str
    http_status: int
    accepted: tuple[AddressResult, ...]
    refused: tuple[AddressResult, ...]


@dataclass(frozen=True)
class VerificationRecord:
    """The provider's record of one address.

    Times are its raw strings, in one of two formats and without a zone. What it leaves out is "" or None.
    ``token_sent`` is when it last sent a mail: the one trace that a resend leaves.
    """

    email: str
    verification_no: str
    user_id: str
    verified: bool | None
    created: str
    modified: str
    token_sent: str
    verified_at: str
    send_ip: str
    confirm_ip: str


@dataclass(frozen=True)
class QueryAnswer:
    """``record`` is None if the answer holds none; the provider does not document what that means."""

    request_id: str
    http_status: int
    record: VerificationRecord | None


@dataclass(frozen=True)
class ListAnswer:
    """One page of records. A count that the answer leaves out is 0."""

    request_id: str
    http_status: int
    page: int
    page_size: int
    total_pages: int
    total_items: int
    records: tuple[VerificationRecord, ...]


def parse_resend(http_status: int, content_type: str, body: bytes, *, retry_after: float | None = None) -> ResendAnswer:
    """Read the answer of ResendEmailVerification. Raises Refusal, UnclearRefusal or UnreadableAnswer."""
    document = read_document(http_status, content_type, body)
    accepted = _address_results(document.get("successlist"))
    refused = _address_results(document.get("faillist"))
    if not accepted and not refused:
        _raise_if_error(document, http_status, retry_after)
    return ResendAnswer(text_of(document.get("requestid")), http_status, accepted, refused)


def parse_query(http_status: int, content_type: str, body: bytes, *, retry_after: float | None = None) -> QueryAnswer:
    """Read the answer of QueryEmailVerification. Raises Refusal, UnclearRefusal or UnreadableAnswer."""
    document = read_document(http_status, content_type, body)
    _raise_if_error(document, http_status, retry_after)
    record = _record(document) if text_of(document.get("email")) else None
    return QueryAnswer(text_of(document.get("requestid")), http_status, record)


def parse_list(http_status: int, content_type: str, body: bytes, *, retry_after: float | None = None) -> ListAnswer:
    """Read the answer of ListEmailVerification. Raises Refusal, UnclearRefusal or UnreadableAnswer."""
    document = read_document(http_status, content_type, body)
    _raise_if_error(document, http_status, retry_after)
    if "data" not in document and "totalitemnum" not in document:
        raise UnreadableAnswer("no list of records", http_status)
    return ListAnswer(
        request_id=text_of(document.get("requestid")),
        http_status=http_status,
        page=_count(document.get("currentpagenum")),
        page_size=_count(document.get("pagesize")),
        total_pages=_count(document.get("totalpagenum")),
        total_items=_count(document.get("totalitemnum")),
        records=tuple(_record(record) for record in records_in(document.get("data"))),
    )


def _raise_if_error(document: Document, http_status: int, retry_after: float | None) -> None:
    code = text_of(document.get("code"))
    if code and code.lower() != "success":
        raise refusal_of(
            code,
            message=text_of(document.get("message")),
            request_id=text_of(document.get("requestid")),
            http_status=http_status,
            host_id=text_of(document.get("hostid")),
            recommend=text_of(document.get("recommend")),
            retry_after=retry_after,
        )
    if not 200 <= http_status < 300:
        raise UnreadableAnswer("neither a result nor an error code", http_status)


def _address_results(value: Value) -> tuple[AddressResult, ...]:
    return tuple(
        AddressResult(*(text_of(item.get(name)) for name in ("email", "code", "message"))) for item in records_in(value)
    )


def _record(document: Document) -> VerificationRecord:
    def text(name: str) -> str:
        return text_of(document.get(name))

    return VerificationRecord(
        email=text("email"),
        verification_no=text("emailverificationno"),
        user_id=text("userid"),
        verified={"0": False, "1": True}.get(text("verificationstatus")),
        created=text("gmtcreate"),
        modified=text("gmtmodified"),
        token_sent=text("tokensendtime"),
        verified_at=text("verificationtime"),
        send_ip=text("sendip"),
        confirm_ip=text("confirmip"),
    )


def _count(value: Value) -> int:
    text = text_of(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0
