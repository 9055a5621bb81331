"""The six operations. Each returns its answer in the form that today's documentation prints (J1).

Where the documentation is silent the sandbox had to choose, and the real service may do otherwise:

* To ask for an address that is not known is ``ParameterIllegal``.
* Every link of the last three days works, not only the latest; an unknown or older one is
  ``ParameterIllegal``.
* To delete an address that is not verified stands in the FailList with ``ParameterIllegall``.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from verification.aliyun.sandbox.addresses import address_key, asked_for
from verification.aliyun.sandbox.answers import Item, Tree
from verification.aliyun.sandbox.options import Options
from verification.aliyun.sandbox.records import filter_of, page_of, record_fields
from verification.aliyun.sandbox.refusals import Refused, address_result, missing
from verification.aliyun.sandbox.sending import Call, Sender
from verification.aliyun.sandbox.state import Record, State

LINK_LIFE = timedelta(days=3)


class Operations:
    """Carries out calls on a state."""

    def __init__(self, state: State, options: Options, sender: Sender) -> None:
        self._state = state
        self._options = options
        self._sender = sender
        self._actions: Mapping[str, Callable[[Call], Tree]] = {
            "ResendEmailVerification": sender.resend,
            "SubmitEmailVerification": sender.submit,
            "ListEmailVerification": self._list,
            "QueryEmailVerification": self._query,
            "VerifyEmail": self._verify,
            "DeleteEmailVerification": self._delete,
        }

    def run(self, call: Call) -> Tree:
        """Carry out a call; what it changed is kept when this returns. Raises Refused."""
        if call.action not in self._actions:
            raise Refused("UnsupportedOperation")
        with self._state.transaction():
            return {"RequestId": call.request_id, **self._actions[call.action](call)}

    def follow_link(self, token: str, ip: str, now: datetime) -> Record | None:
        """Verify the address of a link. Returns None and changes nothing if it is unknown or too old."""
        with self._state.transaction():
            return self._confirm(token, ip, now)

    def _list(self, call: Call) -> Tree:
        page = page_of(call.params)
        total, records = self._state.list_records(filter_of(call.params), page.size, page.offset)
        pages = page.count(total)
        return {
            "TotalItemNum": total,
            "CurrentPageNum": page.number,
            "PageSize": page.size,
            "TotalPageNum": pages,
            "PrePage": page.number > 1,
            "NextPage": page.number < pages,
            "Data": [record_fields(record, self._options) for record in records],
        }

    def _query(self, call: Call) -> Tree:
        emails = asked_for(call.params)
        record = self._sender.known(emails[0], call) if len(emails) == 1 else None
        if record is None:
            raise Refused("ParameterIllegal")
        return {**record_fields(record, self._options)}

    def _verify(self, call: Call) -> Tree:
        if not call.params.get("Token"):
            raise missing("Token")
        if self._confirm(call.params["Token"], call.client_ip, call.now) is None:
            raise Refused("ParameterIllegal")
        return {}

    def _confirm(self, token: str, ip: str, now: datetime) -> Record | None:
        link = self._state.link(token)
        record = self._state.record(link[0]) if link and now - link[1] <= LINK_LIFE else None
        if record is None or record.verified:
            return record
        verified = replace(record, modified=now, verified=now, confirm_ip=ip)
        self._state.put_record(verified)
        return verified

    def _delete(self, call: Call) -> Tree:
        lists: dict[str, list[Item]] = {"SuccessList": [], "FailList": []}
        for email in asked_for(call.params):
            record = self._state.record(address_key(email))
            if record is None or record.verified is None:
                lists["FailList"].append(address_result(email, "ParameterIllegall"))
            else:
                self._state.delete_record(record.key)
                lists["SuccessList"].append(address_result(email, "Success"))
        return {**lists}
