"""The one description of every page in every state: who opens what, and what is done on it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from django.urls import reverse
from playwright.sync_api import Page

from tests.browser.house import LONG, WHY, House, no_worker, throttled, unreachable
from tests.desk import addresses
from verification.models import Attempt, Batch

Act = Callable[[Page], None]
NOBODY = ""


@dataclass(frozen=True)
class Stop:
    """A page in a state of its own.

    `before` brings the house into the state; `act` is done on the page that the URL leads to; something that `shows`
    selects is then on the page.
    """

    name: str
    person: str
    url: str
    shows: str = "h1"
    act: Act | None = None
    before: Callable[[], None] | None = None
    status: int = 200


def empty_house() -> Iterator[Stop]:
    """Where nothing has happened yet."""
    yield Stop("home-empty", "mei", "/")
    yield Stop("approvals-empty", "lena", "/approvals/", "p.empty")
    yield Stop("history-empty", "mei", "/history/", "p.empty")
    yield Stop("setup-unchecked", "mei", "/setup/")
    yield Stop("admin-attempts-empty", "root", "/admin/verification/attempt/")


def full_house(house: House) -> Iterator[Stop]:
    """Everywhere else."""
    yield from _at_the_door()
    yield from _of_the_day(house)
    yield from _of_resending(house)
    yield from _of_batches(house.batches)
    yield from _of_addresses(house.addresses)
    yield from _of_the_record(house)
    yield from _of_errors(house)
    yield from _of_the_admin(house)


def _at_the_door() -> Iterator[Stop]:
    yield Stop("sign-in", NOBODY, "/sign-in/")
    yield Stop("sign-in-refused", NOBODY, "/sign-in/", "[role=alert]", _sign_in_wrongly)
    yield Stop("admin-sign-in", NOBODY, "/admin/login/", "#login-form")
    yield Stop("admin-sign-in-refused", NOBODY, "/admin/login/", ".errornote", _sign_in_wrongly)


def _of_the_day(house: House) -> Iterator[Stop]:
    yield Stop("home", "mei", "/")
    yield Stop("home-tables", "mei", "/", "details[open] table", _unfold)
    yield Stop("home-throttled", "mei", "/", "#running ~ .notice", before=throttled)
    yield Stop("home-unreachable", "mei", "/", before=partial(unreachable, house.batches["unreachable"]))
    yield Stop("keys", "lena", "/", "dialog[open] kbd", lambda page: page.keyboard.press("?"))
    yield Stop("home-lead", "lena", "/")
    yield Stop("home-no-worker", "mei", "/", before=no_worker)
    yield Stop("setup", "mei", "/setup/", "table.rows")


def _of_resending(house: House) -> Iterator[Stop]:
    yield Stop("resend", "mei", "/resend/", "#id_paste")
    yield Stop("resend-linked", "mei", f"/resend/?email={LONG}&ticket=SUP-1&reason=x", "#id_paste")
    yield Stop("resend-failed", "mei", f"/resend/?from={house.batches['finished'].ref}", "[name=resend_of]")
    yield Stop("resend-faults", "mei", "/resend/", ".faults", partial(_preview, paste="nix\n不是地址", reason=""))
    kinds = _paste_of_all_kinds(house)
    yield Stop("preview", "mei", "/resend/", "#list-quota_clock", partial(_preview, paste=kinds))
    yield Stop("preview-lead", "lena", "/resend/", "[name=override_reason]", partial(_preview, paste=kinds))
    yield Stop("preview-unfolded", "mei", "/resend/", "details.known[open]", partial(_unfold_preview, paste=kinds))
    yield Stop("preview-no-worker", "mei", "/resend/", "#list-send", partial(_preview, paste=LONG), no_worker)
    thousands = "\n".join([*addresses(3000, "many"), *addresses(700, "many"), *("broken@" for _ in range(700))])
    yield Stop("preview-thousands", "mei", "/resend/", "#list-send", partial(_preview, paste=thousands))
    yield Stop("preview-many", "mei", "/resend/", "#count", partial(_preview, paste="\n".join(addresses(60, "sixty"))))
    yield Stop("preview-miscounted", "mei", "/resend/", "#count-fault", _miscount)
    held = house.addresses["wait"].email
    yield Stop("preview-nothing-to-send", "mei", "/resend/", "#list-cooldown", partial(_preview, paste=held))


def _of_batches(batches: dict[str, Batch]) -> Iterator[Stop]:
    pages = {name: reverse("batch", args=[batch.ref]) for name, batch in batches.items()}
    waits: dict[str, Callable[[], None]] = {
        "throttled": throttled,
        "unreachable": partial(unreachable, batches["unreachable"]),
    }
    for name, page in pages.items():
        yield Stop(f"batch-{name}", "mei", page, before=waits.get(name))
    yield Stop("batch-no-worker", "mei", pages["running"], before=no_worker)
    yield Stop("batch-waiting-lead", "lena", pages["waiting"], "#approve")
    yield Stop("approvals", "lena", "/approvals/", "table.rows")
    yield Stop("batch-approve", "lena", pages["waiting"], "#id_note", _press("#approve"))
    yield Stop("batch-reject", "lena", pages["waiting"], "#id_note", _press("#reject"))
    yield Stop("batch-paused-auditor", "aki", pages["paused"])
    yield Stop("batch-no-such-status", "mei", f"{pages['finished']}?status=queued", "p.empty")
    yield Stop("batch-meaning", "mei", pages["finished"], "dialog[open] h2", _open_meaning)


def _of_addresses(known: dict[str, Attempt]) -> Iterator[Stop]:
    for name, attempt in known.items():
        yield Stop(f"address-{name.replace(' ', '-')}", "mei", reverse("address", args=[attempt.pk]))
    quota = reverse("address", args=[known["quota"].pk])
    yield Stop("address-calls", "mei", quota, "details[open] li", _unfold)
    masked = reverse("address", args=[known["spam"].pk])
    yield Stop("address-masked", "aki", masked, "#reveal")
    yield Stop("address-revealed", "aki", masked, "#revealed", lambda page: page.locator("#reveal").click())
    for name in ("quota", "odd refusal", "spam", "erased"):
        meaning = reverse("attempt-meaning", args=[known[name].pk])
        yield Stop(f"meaning-{name.replace(' ', '-')}", "mei", meaning)


def _of_the_record(house: House) -> Iterator[Stop]:
    yield Stop("history", "mei", "/history/", "table.rows")
    yield Stop("history-masked", "aki", "/history/", "table.rows")
    yield Stop("history-one-batch", "mei", f"/history/?batch={house.batches['finished'].ref}", "table.rows")
    yield Stop("history-nothing-found", "mei", "/history/?address=nobody@example.com", "p.empty")
    yield Stop("history-bad-filter", "mei", "/history/?since=nie", ".faults")
    yield Stop("trail", "lena", "/trail/", "table.rows")
    yield Stop("trail-nothing-found", "lena", "/trail/?person=nobody", "p.empty")
    yield Stop("trail-bad-filter", "lena", "/trail/?since=nie&source=x", ".faults")
    yield Stop("evidence", "lena", "/trail/evidence/", "#id_batch")
    yield Stop("evidence-faults", "lena", "/trail/evidence/", "[role=alert]", _press("main form .btn-primary"))


def _of_errors(house: House) -> Iterator[Stop]:
    yield Stop("error-400", "mei", "/unreadable/", status=400)
    yield Stop("error-403", "otto", "/", status=403)
    yield Stop("error-403-out-of-date", "mei", "/resend/", "#typed", _send_an_old_form)
    yield Stop("error-403-signed-out", "mei", "/resend/", "#typed", _send_signed_out)
    yield Stop("error-404", "mei", "/nothing-here/", status=404)
    yield Stop("error-405", "mei", reverse("batch-stop", args=[house.batches["finished"].ref]), status=405)
    yield Stop("error-413", NOBODY, "/sign-in/", "#title", _send_too_much)
    yield Stop("error-500", "mei", "/faulty/", status=500)
    yield Stop("error-503", "mei", "/away/", status=503)


def _of_the_admin(house: House) -> Iterator[Stop]:
    yield Stop("admin", "root", "/admin/")
    yield Stop("admin-record", "root", "/admin/verification/")
    yield Stop("admin-attempts", "root", "/admin/verification/attempt/", "#result_list")
    yield Stop("admin-attempts-nothing-found", "root", "/admin/verification/attempt/?q=nobody", "#changelist")
    attempt = house.addresses["spam"]
    yield Stop("admin-attempt", "root", f"/admin/verification/attempt/{attempt.pk}/change/")
    yield Stop(
        "admin-resend", "root", "/admin/verification/attempt/?q=li.wei@example.com", "[name=confirm]", _choose_to_resend
    )
    attempts = "/admin/verification/attempt/"
    yield Stop("admin-resend-miscounted", "root", attempts, "#count-fault", _resend_all_without_their_number)
    yield Stop("admin-batches", "root", "/admin/verification/batch/", "#result_list")
    yield Stop("admin-batch", "root", f"/admin/verification/batch/{attempt.batch_id}/change/")
    yield Stop("admin-calls", "root", "/admin/verification/call/", "#result_list")
    yield Stop("admin-call", "root", f"/admin/verification/call/{attempt.last_call_id}/change/")
    yield Stop("admin-lookups", "root", "/admin/verification/lookup/", "#result_list")
    yield Stop("admin-setup-checks", "root", "/admin/verification/setupcheck/", "#result_list")
    yield Stop("admin-workers", "root", "/admin/verification/worker/", "#result_list")
    yield Stop("admin-people", "root", "/admin/auth/user/", "#result_list")
    mei = f"/admin/auth/user/{attempt.requested_by_id}"
    yield Stop("admin-person", "root", f"{mei}/change/", "#user_form")
    yield Stop("admin-person-history", "root", f"{mei}/history/")
    yield Stop("admin-person-password", "root", f"{mei}/password/", "#id_password1")
    yield Stop("admin-new-person", "root", "/admin/auth/user/add/", "#id_username")
    yield Stop("admin-new-person-faults", "root", "/admin/auth/user/add/", ".errornote", _press("[name=_save]"))
    yield Stop("admin-groups", "root", "/admin/auth/group/", "#result_list")
    yield Stop("admin-new-group", "root", "/admin/auth/group/add/", "#id_name")
    yield Stop("admin-own-password", "root", "/admin/password_change/", "#id_old_password")
    yield Stop("admin-404", "root", "/admin/verification/attempt/0/change/")


def _paste_of_all_kinds(house: House) -> str:
    known = house.addresses
    held = [known[name].email for name in ("quota", "wait", "in flight", "verified")]
    held += [known[name].email for name in ("resend", "other mailbox", "spam", "not reached")]
    new = ["e.smith@gmial.com", "王伟@例子.example.org", LONG, "wang@example.com", "Wang@Example.com"]
    return "\n".join([*held, *new, "没有地址的一行", "ursula@@example.com", "# a comment", f"{'b' * 300}@example.com"])


def _press(button: str) -> Act:
    return lambda page: page.locator(button).first.click()


def _sign_in_wrongly(page: Page) -> None:
    page.locator("[name=username]").fill("mei")
    page.locator("[name=password]").fill("wrong")
    page.locator("main form button, #login-form [type=submit]").last.click()


def _preview(page: Page, paste: str, reason: str = WHY) -> None:
    # Typed letter by letter, thousands of lines would take their time.
    page.locator("#id_paste").evaluate("(field, text) => { field.value = text }", paste)
    page.locator("#id_reason").fill(reason)
    page.locator("#id_ticket").fill("SUP-4711")
    page.locator("main .btn[name=step][value=preview]").click()


def _unfold(page: Page) -> None:
    for fold in page.locator("main details > summary").all():
        fold.click()


def _miscount(page: Page) -> None:
    _preview(page, "\n".join(addresses(60, "sixty")))
    page.locator("#count").fill("59")
    page.locator("main .btn[name=step][value=confirm]").click()


def _unfold_preview(page: Page, paste: str) -> None:
    _preview(page, paste)
    page.locator("details.known").first.wait_for()
    for summary in page.locator("details.known > summary").all():
        summary.press("Enter")


def _open_meaning(page: Page) -> None:
    page.locator("a.means").nth(4).click()


def _send_an_old_form(page: Page) -> None:
    page.evaluate("for (const field of document.getElementsByName('csrfmiddlewaretoken')) field.value = 'x'.repeat(32)")
    _preview(page, LONG)


def _send_signed_out(page: Page) -> None:
    page.context.clear_cookies(name="sessionid")
    _preview(page, LONG)


def _send_too_much(page: Page) -> None:
    page.locator("[name=username]").evaluate("field => { field.value = 'x'.repeat(300 * 1024) }")
    page.locator("[name=password]").fill("x")
    page.locator("main form button").last.click()


def _choose_to_resend(page: Page) -> None:
    page.locator("input.action-select").first.check()
    _act_on_the_chosen(page)


def _act_on_the_chosen(page: Page) -> None:
    page.locator("select[name=action]").select_option("resend")
    page.locator("button[name=index]").click()


def _resend_all_without_their_number(page: Page) -> None:
    page.locator("#action-toggle").check()
    page.locator(".actions .question a").click()
    _act_on_the_chosen(page)
    page.locator("[name=reason]").fill(WHY)
    page.locator("[name=confirm]").click()
