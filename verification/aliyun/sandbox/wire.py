"""One request as it came off the wire, decoded, and one answer as it goes back."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import parse_qsl, quote, unquote

_FORM = "application/x-www-form-urlencoded"


class HungUp(Exception):
    """The server ends: the connection is closed and this request gets no answer."""


@dataclass(frozen=True)
class Incoming:
    """A request with everything decoded: whoever verifies it encodes it anew.

    Clients encode the same parameters in different ways (``+`` or ``%20``, a raw ``@`` or ``%40``) and sign
    their one canonical form. Header names are in lower case. ``repr`` shows neither addresses nor secrets.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(repr=False)
    form: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body_sha256: str
    peer: str

    @cached_property
    def params(self) -> Mapping[str, str]:
        """Query and form body together, as the gateway takes them."""
        return {**self.query, **self.form}

    @property
    def acs3(self) -> bool:
        """Tell the generation: a ``Signature`` parameter is RPC 1.0, whatever headers come along."""
        return "Signature" not in self.params and self.headers.get("authorization", "").startswith("ACS3-")

    @property
    def signed(self) -> bool:
        return self.acs3 or "Signature" in self.params

    @property
    def action(self) -> str:
        return self.common("Action", "x-acs-action")

    @property
    def nonce(self) -> str:
        return self.common("SignatureNonce", "x-acs-signature-nonce")

    def common(self, parameter: str, header: str) -> str:
        """Return a value that RPC 1.0 carries as a parameter and ACS3 as a header, or the empty string."""
        return self.headers.get(header, "") if self.acs3 else self.params.get(parameter, "")


@dataclass(frozen=True)
class Answer:
    """What goes back. With ``cut`` only half of the body does, and then the connection is closed."""

    status: int
    content_type: str
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


def read_request(method: str, target: str, headers: Iterable[tuple[str, str]], body: bytes, peer: str) -> Incoming:
    """Decode a request. ``target`` and headers hold one character per byte, as ``http.server`` has them."""
    path, _, query = target.partition("?")
    named = _merged(headers)
    form = body.decode("latin-1") if named.get("content-type", "").lower().startswith(_FORM) else ""
    return Incoming(
        method=method,
        path=unquote(path),
        query=_decoded(query),
        form=_decoded(form),
        headers=named,
        body_sha256=hashlib.sha256(body).hexdigest(),
        peer=peer,
    )


def _decoded(encoded: str) -> dict[str, str]:
    """Decode ``a=b&c=``, blank values kept. Bytes sent raw count as if they had been percent-encoded."""
    escaped = quote(encoded.encode("latin-1"), safe="".join(map(chr, range(128))))
    return dict(parse_qsl(escaped, keep_blank_values=True))


def _merged(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Join headers of one name as ACS3 does: the trimmed values sorted, with a comma between."""
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name.lower(), []).append(value.strip())
    return {name: ",".join(sorted(several)) for name, several in values.items()}
