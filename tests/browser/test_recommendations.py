"""“Should I resend?” as the browser shows it: each recommendation by an address of which it is true."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.house import known_addresses
from tests.browser.people import ask_for, hire, sign_in
from verification.models import Attempt, database_now

# Of each address: what is recommended, and the beginning of the reason.
RECOMMENDED = {
    "resend": ("Resend", "The link in the last mail has run out."),
    "verified": ("Already verified: nothing to do", "The provider says that the owner has followed a link."),
    "correct": ("Correct the address", "It looks mistyped."),
    "other mailbox": ("Use another mailbox", "QQ mail is documented not to receive these mails."),
    "spam": ("Ask the customer to look in spam", "The link in the last mail still works."),
    "quota": ("Quota used up until about", "The provider takes no more mails to this address for a while."),
    "wait": ("Wait until", "A mail may still be on its way: the last send is minutes old."),
}


@pytest.fixture
def known(page: Page, transactional_db: None) -> dict[str, Attempt]:
    mei = hire("mei")["mei"]
    sign_in(page, "mei")
    return known_addresses(mei, database_now())


def test_each_has_its_address(page: Page, known: dict[str, Attempt]) -> None:
    for name, (recommended, reason) in RECOMMENDED.items():
        page.goto(f"/addresses/{known[name].pk}/")
        notice = page.get_by_role("region", name="Should I resend?").locator(".notice").first
        expect(notice.locator("strong"), name).to_contain_text(recommended)
        expect(notice, name).to_contain_text(reason)


def test_the_likely_address_is_one_click_away(page: Page, known: dict[str, Attempt]) -> None:
    page.goto(f"/addresses/{known['correct'].pk}/")

    page.get_by_role("link", name="anna.berg@gmail.com").click()

    expect(page.get_by_label("Addresses")).to_have_value("anna.berg@gmail.com")


def test_the_preview_gives_the_same_advice(page: Page, known: dict[str, Attempt]) -> None:
    ask_for(page, "\n".join(known[name].email for name in RECOMMENDED))

    will_send = page.locator("#list-send .address").all_text_contents()
    assert [email.strip() for email in will_send] == [
        known[name].email for name in ("resend", "correct", "other mailbox", "spam")
    ]
    expect(page.locator("#doubtful .notice strong")).to_have_text(
        [RECOMMENDED[name][0] for name in ("correct", "other mailbox", "spam")]
    )
    for held, name in {"already_verified": "verified", "quota_clock": "quota", "cooldown": "wait"}.items():
        expect(page.locator(f"#list-{held}"), name).to_contain_text(known[name].email)
