"""The two operations that send mails, each address judged by itself.

Where the documentation is silent the sandbox had to choose, and the real service may do otherwise:

* A resend to an address that is verified already stands in the FailList with ``EmailAlreadyVerified``, a code
  of the sandbox's own.
* Unless ``strict`` is set, an address that was never submitted counts as submitted seven days before it is
  first sent to or asked for. With ``strict`` it stands in the FailList with ``ParameterIllegall``.
* An address named twice in a call gets two mails.
* An address that exists already stands in the ExistList of a submission with empty code and message.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from verification.aliyun.sandbox.addresses import address_key, asked_for, is_address
from verification.aliyun.sandbox.answers import Item, Tree
from verification.aliyun.sandbox.faults import Behaviour, BehaviourOf
from verification.aliyun.sandbox.options import Options
from verification.aliyun.sandbox.refusals import Refused, address_result
from verification.aliyun.sandbox.state import Record, Send, State

_QUOTA_PERIOD = timedelta(hours=24)
_ASSUMED_AGE = timedelta(days=7)


@dataclass(frozen=True)
class Call:
    """An authenticated call. ``now`` is one moment for everything in it."""

    action: str
    params: Mapping[str, str] = field(repr=False)
    nonce: str
    request_id: str
    peer: str
    now: datetime

    @property
    def client_ip(self) -> str:
        return self.params.get("UserClientIp") or self.peer


class Sender:
    """Sends mails, that is: writes them to the state.

    ``new_id`` makes 32 hex characters that nobody can guess. All runs inside a transaction of the state.
    """

    def __init__(self, state: State, options: Options, behaviour_of: BehaviourOf, new_id: Callable[[], str]) -> None:
        self._state = state
        self._options = options
        self._behaviour_of = behaviour_of
        self._new_id = new_id

    def resend(self, call: Call) -> Tree:
        lists: dict[str, list[Item]] = {"SuccessList": [], "FailList": []}
        for email in asked_for(call.params):
            self._send_to(email, self.known(email, call), call, lists)
        return {**lists}

    def submit(self, call: Call) -> Tree:
        again = _boolean(call.params, "SendIfExist")
        lists: dict[str, list[Item]] = {"ExistList": [], "SuccessList": [], "FailList": []}
        for email in asked_for(call.params):
            record = self._state.record(address_key(email))
            if record is not None and not again:
                lists["ExistList"].append(address_result(email, ""))
            else:
                self._send_to(email, record or self._new_record(email, call, call.now), call, lists)
        return {**lists}

    def _send_to(self, email: str, record: Record | None, call: Call, lists: dict[str, list[Item]]) -> None:
        """Send a mail if nothing speaks against it, and put the address into the list where it belongs."""
        refusal = self._refusal(email, record, call)
        if refusal:
            lists["FailList"].append(address_result(email, refusal))
        elif record and self._behaviour_of(email) is not Behaviour.OMITTED:
            self._send(email, record, call)
            lists["SuccessList"].append(address_result(email, "Success"))

    def _refusal(self, email: str, record: Record | None, call: Call) -> str:
        """Return the code that speaks against a mail, or the empty string."""
        if self._behaviour_of(email) is Behaviour.REFUSED:
            return "SendTokenQuotaExceeded"
        if not is_address(email) or record is None:
            return "ParameterIllegall"
        if record.verified:
            return "EmailAlreadyVerified"
        sent = self._state.count_sends(record.key, call.now - _QUOTA_PERIOD)
        return "SendTokenQuotaExceeded" if sent >= self._options.quota else ""

    def _send(self, email: str, record: Record, call: Call) -> None:
        changed = replace(record, modified=call.now, token_sent=call.now, send_ip=call.client_ip)
        self._state.put_record(changed)
        self._state.add_send(
            Send(email, record.key, call.now, call.request_id, call.action, call.nonce, self._new_id())
        )

    def known(self, email: str, call: Call) -> Record | None:
        """Return the record of an address, made now if an unknown address counts as submitted."""
        record = self._state.record(address_key(email))
        if record is None and not self._options.strict and is_address(email):
            record = self._new_record(email, call, call.now - _ASSUMED_AGE)
            self._state.put_record(record)
        return record

    def _new_record(self, email: str, call: Call, created: datetime) -> Record:
        return Record(address_key(email), email, self._new_id(), created, created, created, send_ip=call.client_ip)


def _boolean(params: Mapping[str, str], name: str) -> bool:
    """Read a truth value in any case: the official Python clients write ``True``."""
    text = params.get(name, "").lower()
    if text not in ("", "true", "false"):
        raise Refused("ParameterIllegal")
    return text == "true"
