"""What people do in the browser, in the words of the page."""

from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from tests.desk import person

PASSWORD = "quite-a-long-password"


def hire(*names: str) -> dict[str, User]:
    """People of the desk who can sign in."""
    hired = {name: person(name) for name in names}
    for user in hired.values():
        user.set_password(PASSWORD)
        user.save()
    return hired


def sign_in(page: Page, name: str) -> None:
    page.goto("/sign-in/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Today")


def ask_for(page: Page, paste: str, reason: str = "The link has expired", ticket: str = "") -> None:
    """Fill the resend form and look at the preview."""
    page.goto("/resend/")
    page.get_by_label("Addresses").fill(paste)
    page.get_by_label("Reason").fill(reason)
    page.get_by_label("Ticket").fill(ticket)
    page.get_by_role("button", name="See what would happen").click()


def confirm(page: Page, count: int | None = None) -> None:
    """Send what the preview shows, with the number of mails typed where it asks for it."""
    if count is not None:
        page.get_by_label("Type the number to confirm it.").fill(str(count))
    page.get_by_role("button", name="Send to").click()
