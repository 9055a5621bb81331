"""The sandbox's own web pages: the mails that would have gone out, and what a link leads to."""

from datetime import datetime
from html import escape

from verification.aliyun.sandbox.operations import LINK_LIFE
from verification.aliyun.sandbox.state import Record, Send
from verification.aliyun.sandbox.wire import Answer

LATEST = 200
LINK_PATH = "/verify/"

_TYPE = "text/html;charset=utf-8"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_NOTICE = (
    "This is a stand-in for the Domain API, for development and demonstration. "
    "No mail leaves this machine: what is listed here was only written down."
)
_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
.notice { border-left: .4rem solid #c77700; padding: .5rem 1rem; background: #c7770022; }
ol { list-style: none; padding: 0; }
li { border-top: 1px solid #8886; padding: .75rem 0; overflow-wrap: anywhere; }
li b { display: block; }
"""


def outbox(sends: list[Send], total: int, verified: set[str], now: datetime) -> Answer:
    """Show mails, given newest first. ``verified`` holds the keys of the addresses that are verified."""
    items = "".join(_mail(send, send.key in verified, now) for send in sends)
    shown = f", the latest {len(sends)} of them here" if total > len(sends) else ""
    mails = f"<ol>{items}</ol>" if items else "<p>Nothing has been sent yet.</p>"
    return _page(200, "Sandbox outbox", f"<p>{total} sent{shown}.</p>{mails}")


def link_followed(record: Record | None) -> Answer:
    """Say what following a link has done; None stands for a link that is unknown or too old."""
    if record is None:
        return _page(404, "This link does not work", "<p>It is unknown, or older than three days.</p>")
    return _page(200, "Address verified", f"<p><b>{escape(record.email)}</b> is verified.</p>")


def not_found() -> Answer:
    return _page(404, "There is no such page", '<p>The <a href="/">outbox</a> shows what was sent.</p>')


def _mail(send: Send, verified: bool, now: datetime) -> str:
    return (
        f"<li><b>{escape(send.email)}</b> {send.sent_at:%Y-%m-%d %H:%M:%S} UTC, "
        f"request {escape(send.request_id)}<br>{_link(send, verified, now)}</li>"
    )


def _link(send: Send, verified: bool, now: datetime) -> str:
    if verified:
        return "The address is verified."
    if now - send.sent_at > LINK_LIFE:
        return "The link is older than three days and no longer works."
    return f'<a href="{LINK_PATH}{escape(send.token)}">Verify this address</a>'


def _page(status: int, title: str, content: str) -> Answer:
    html = (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>'
        f'<body><h1>{title}</h1><p class="notice">{_NOTICE}</p>{content}</body></html>'
    )
    return Answer(status, _TYPE, html.encode(), _HEADERS)
