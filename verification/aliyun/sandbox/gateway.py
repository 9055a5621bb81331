"""The sandbox itself: takes a decoded request, gives an answer, and remembers both."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

from verification.aliyun.sandbox import answers, pages
from verification.aliyun.sandbox.actions import RAM_ACTIONS, SENDING_ACTIONS
from verification.aliyun.sandbox.addresses import asked_for
from verification.aliyun.sandbox.auth import Nonces, authenticate
from verification.aliyun.sandbox.faults import BehaviourOf, Faults, Pause, by_local_part
from verification.aliyun.sandbox.journal import Journal, Request
from verification.aliyun.sandbox.operations import Operations
from verification.aliyun.sandbox.options import Options, Shape
from verification.aliyun.sandbox.records import ACCOUNT_ID
from verification.aliyun.sandbox.refusals import Refused
from verification.aliyun.sandbox.sending import Call, Sender
from verification.aliyun.sandbox.state import Record, Send, State
from verification.aliyun.sandbox.throttle import Throttle
from verification.aliyun.sandbox.wire import Answer, Incoming


class Sandbox:
    """A stand-in for the Domain API, without the network: ``SandboxServer`` puts it on a port.

    ``clock`` returns the aware time in UTC that everything goes by: time stamps, quotas, links, the rate, the
    ``Date`` header. ``behaviour_of`` tells which trouble an address brings. ``new_id`` returns 32 hex
    characters, new ones each time. Raises sqlite3.Error if the state file can't be opened.
    """

    def __init__(
        self,
        options: Options | None = None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        behaviour_of: BehaviourOf = by_local_part,
        new_id: Callable[[], str] = lambda: uuid4().hex,
    ) -> None:
        self.options = options or Options()
        self.now = clock
        self._new_id = new_id
        self._state = State(self.options.state)
        sender = Sender(self._state, self.options, behaviour_of, new_id)
        self._operations = Operations(self._state, self.options, sender)
        self._faults = Faults(behaviour_of, self.options.slow)
        self._throttle = Throttle(self.options.rate, clock)
        # A restart must not make a copied request good again: what sent a mail is remembered on disk.
        used = self._state.nonces_since(clock() - 2 * self.options.tolerance)
        self._nonces = Nonces(self.options, used)
        self._journal = Journal()

    def sends(self) -> list[Send]:
        """Return every mail "sent", in order, those before a restart included."""
        return self._state.sends()

    def requests(self) -> list[Request]:
        """Return the API requests since the start in the order of arrival, the latest 100,000 of them."""
        return self._journal.requests()

    def follow_link(self, token: str, ip: str = "127.0.0.1") -> Record | None:
        """Do what the owner of an address does with the link in the mail; None if the link does not work."""
        return self._operations.follow_link(token, ip, self.now())

    def answer(self, incoming: Incoming, pause: Pause) -> Answer:
        """Answer a request. ``pause`` waits for some seconds; what it raises passes through."""
        if incoming.path != "/" or self._is_visit(incoming):
            return self._page(incoming)
        request_id = str(UUID(self._new_id())).upper()
        self._journal.arrived(request_id, incoming, self.now())
        try:
            answer = self._answer_call(incoming, request_id, pause)
            code = "Success" if answer.status == 200 else ""
        except Refused as refused:
            answer, code = self._refusal(refused, incoming, request_id), refused.code
        self._journal.answered(request_id, answer, code)
        return answer

    def _answer_call(self, incoming: Incoming, request_id: str, pause: Pause) -> Answer:
        if self.options.latency:
            pause(self.options.latency)
        shape = self.options.shape or answers.shape_asked_for(incoming)
        now = self.now()
        authenticate(incoming, self.options, self._nonces, now)
        self._throttle.take()
        self._check_permission(incoming.action)
        call = Call(incoming.action, incoming.params, incoming.nonce, request_id, incoming.peer, now)
        return self._carry_out(call, shape, pause)

    def _carry_out(self, call: Call, shape: Shape, pause: Pause) -> Answer:
        emails = asked_for(call.params) if call.action in SENDING_ACTIONS else []
        broken = self._faults.before(emails, pause)
        if broken is not None:
            return broken
        answer = answers.success(self._operations.run(call), call.action, shape)
        answer = replace(answer, headers=_gateway_headers(call.request_id))
        return self._faults.after(emails, answer, pause)

    def _check_permission(self, action: str) -> None:
        if action in RAM_ACTIONS and self.options.denies(action):
            raise Refused("Forbidden.RAM", denied=_denied(RAM_ACTIONS[action]))

    def _refusal(self, refused: Refused, incoming: Incoming, request_id: str) -> Answer:
        shape = self.options.shape or _shape_of_refusal(incoming)
        answer = answers.refusal(refused, request_id, incoming.headers.get("host", ""), shape)
        headers = _gateway_headers(request_id)
        if refused.retry_after is not None:
            headers["x-acs-retry-after"] = str(refused.retry_after)
        return replace(answer, headers=headers)

    def _is_visit(self, incoming: Incoming) -> bool:
        """Tell a browser from a client of the API that has forgotten to sign."""
        return incoming.method == "GET" and not incoming.params and not incoming.signed

    def _page(self, incoming: Incoming) -> Answer:
        if incoming.method == "GET" and incoming.path == "/":
            sends = self._state.latest_sends(pages.LATEST)
            return pages.outbox(sends, self._state.total_sends(), self._verified(sends), self.now())
        if incoming.method == "GET" and incoming.path.startswith(pages.LINK_PATH):
            token = incoming.path.removeprefix(pages.LINK_PATH)
            return pages.link_followed(self.follow_link(token, incoming.peer))
        return pages.not_found()

    def _verified(self, sends: list[Send]) -> set[str]:
        records = (self._state.record(key) for key in {send.key for send in sends})
        return {record.key for record in records if record and record.verified}


def _shape_of_refusal(incoming: Incoming) -> Shape:
    """A request for an unknown format is refused in the default one."""
    try:
        return answers.shape_asked_for(incoming)
    except Refused:
        return Shape.X1


def _gateway_headers(request_id: str) -> dict[str, str]:
    return {
        "x-acs-request-id": request_id,
        "x-acs-trace-id": request_id.replace("-", "").lower(),
        "Access-Control-Allow-Origin": "*",
    }


def _denied(ram_action: str) -> dict[str, str]:
    return {
        "AuthAction": ram_action,
        "AuthPrincipalOwnerId": ACCOUNT_ID,
        "AuthPrincipalType": "SubUser",
        "AuthPrincipalDisplayName": "sandbox",
        "NoPermissionType": "ImplicitDeny",
        "PolicyType": "AccountLevelIdentityBasedPolicy",
    }
