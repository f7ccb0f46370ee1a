"""Signing in by a provider, a passkey or an authenticator app, as a person does it in a real browser."""

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings as django_settings
from playwright.sync_api import CDPSession, Page, Route, expect

from accounts.models import AuditEvent
from tests.accessibility import overflow, violations
from tests.authenticator_app import code_of, user_with_app
from tests.browser.conftest import Desk
from tests.browsing import Console, log_in
from tests.oidc_provider import Provider
from tests.people import PASSWORD, Cast

pytestmark = pytest.mark.slow


@pytest.fixture
def authenticator(browser_page: Page) -> CDPSession:
    """A device that keeps passkeys behind a finger, which is always there."""
    browser_page.set_default_timeout(8_000)
    session = browser_page.context.new_cdp_session(browser_page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
               "isUserVerified": True, "automaticPresenceSimulation": True}  # fmt: skip
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    session.device = made["authenticatorId"]
    return session


def by_password(page: Page, name: str = "viewer") -> None:
    page.goto("/sign-in/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page) -> None:
    page.locator("details[data-drop] summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in/**")


def finger(authenticator: CDPSession, *, right: bool) -> None:
    body = {"authenticatorId": authenticator.device, "isUserVerified": right}
    authenticator.send("WebAuthn.setUserVerified", body)


def test_a_provider_signs_in(browser_page: Page, cast: Cast, provider: Provider) -> None:
    SocialAccount.objects.create(user=cast.viewer, provider=provider.issuer, uid="subject-1")
    browser_page.goto("/datasets/letters/items/")
    browser_page.get_by_role("button", name="Sign in with Example").click()
    browser_page.get_by_role("link", name="Let me in").click()
    browser_page.wait_for_url("**/datasets/letters/items/")
    assert AuditEvent.objects.latest("id").details == {"by": "single sign-on"}


def test_one_links_the_provider_on_the_profile(
    browser_page: Page, live_server: Any, cast: Cast, provider: Provider
) -> None:
    log_in(browser_page, live_server.url, session_of(cast, cast.viewer))
    browser_page.goto("/profile/")
    browser_page.get_by_role("button", name="Link Example").click()
    browser_page.get_by_role("link", name="Let me in").click()
    expect(browser_page.get_by_text("You can now sign in with Example.")).to_be_visible()
    browser_page.get_by_role("button", name="Unlink").click()
    expect(browser_page.get_by_role("button", name="Link Example")).to_be_visible()


def session_of(cast: Cast, user: Any) -> str:
    return str(cast.client(user).cookies[django_settings.SESSION_COOKIE_NAME].value)


def add_passkey(page: Page, name: str = "My laptop") -> None:
    page.goto("/profile/")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Create passkey").click()


def test_a_passkey_signs_in_without_a_password_and_counts_as_second_factor(
    browser_page: Page, browser_console: Console, cast: Cast, authenticator: CDPSession
) -> None:
    page = browser_page
    by_password(page)
    add_passkey(page)
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert len(page.locator("#codes").inner_text().split()) == 10
    page.get_by_role("link", name="Done").click()
    page.get_by_label("Name of My laptop").fill("Old laptop")
    page.get_by_role("button", name="Rename My laptop").click()
    expect(page.get_by_label("Name of Old laptop")).to_have_value("Old laptop")
    sign_out(page)
    # Neither name nor password.
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    assert AuditEvent.objects.latest("id").details == {"by": "passkey"}
    sign_out(page)
    # As second factor.
    by_password(page)
    expect(page.get_by_role("heading", name="Two-step verification")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    assert AuditEvent.objects.latest("id").details == {"by": "password and passkey"}
    page.goto("/profile/")
    page.get_by_role("button", name="Remove Old laptop").click()
    expect(page.get_by_text("Removed. It can no longer be used to sign in.")).to_be_visible()
    assert not Authenticator.objects.exists()
    sign_out(page)
    browser_console.allow("status of 403")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("No account has that passkey")).to_be_visible()


def test_a_passkey_without_its_finger_opens_nothing(
    browser_page: Page, live_server: Any, cast: Cast, authenticator: CDPSession
) -> None:
    """Whoever finds the key has one factor, and not the one in its owner's head or hand."""
    page = browser_page
    log_in(page, live_server.url, session_of(cast, cast.viewer))
    add_passkey(page)
    page.get_by_role("link", name="Done").click()
    sign_out(page)
    finger(authenticator, right=False)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("No passkey was used.")).to_be_visible()
    finger(authenticator, right=True)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)


def test_an_answer_to_another_question_opens_nothing(
    browser_page: Page, browser_console: Console, live_server: Any, cast: Cast, authenticator: CDPSession
) -> None:
    """What a passkey once signed is of no use to whoever has recorded it."""
    page = browser_page
    log_in(page, live_server.url, session_of(cast, cast.viewer))
    add_passkey(page)
    page.get_by_role("link", name="Done").click()
    sign_out(page)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or "") if request.method == "POST" else None)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    sign_out(page)
    browser_console.allow("status of 403")
    page.evaluate(REPLAY, next(body for body in sent if "credential=" in body))
    page.wait_for_url("**/sign-in/passkey/")
    expect(page.get_by_text("No account has that passkey")).to_be_visible()
    page.goto("/profile/")
    assert "/sign-in/" in page.url


REPLAY = """async (body) => {
  const form = document.querySelector("form[data-passkey]");
  await fetch(form.dataset.optionsUrl);
  form.elements.credential.value = new URLSearchParams(body).get("credential");
  form.submit();
}"""


def test_an_authenticator_app_is_switched_on_and_asked(browser_page: Page, cast: Cast) -> None:
    page = browser_page
    by_password(page)
    page.goto("/profile/")
    page.get_by_role("link", name="Add an authenticator app").click()
    assert page.locator(".qr-code").evaluate("(image) => image.complete && image.naturalWidth > 0")
    secret = page.locator("#app-secret").inner_text()
    page.get_by_label("Code").fill(code_of(secret, later=-1))
    page.get_by_role("button", name="Turn on").click()
    recovery = page.locator("#codes").inner_text().split()
    page.get_by_role("link", name="Done").click()
    expect(page.locator("#ways-in")).to_contain_text("10 recovery codes left.")
    sign_out(page)
    by_password(page)
    page.get_by_label("Code").fill(code_of(secret))
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    sign_out(page)
    by_password(page)
    page.get_by_label("Code").fill(recovery[0])
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/sign-in/" not in url)


def show_who_one_is(window: Page, secret: str) -> None:
    """In the second window: by the app's code, or at the provider."""
    if secret:
        window.get_by_label("Code").fill(code_of(secret))
        window.keyboard.press("Enter")
    else:
        window.get_by_role("button", name="Sign in with Example").click()
        window.get_by_role("link", name="Let me in").click()
    expect(window.get_by_role("heading", name="You are signed in")).to_be_visible()
    window.close()


@pytest.mark.parametrize("way", ["second factor", "provider"])
def test_signing_in_again_in_a_new_window_loses_no_decision(
    desk: Desk, browser_console: Console, provider: Provider, way: str
) -> None:
    browser_console.allow("401")
    page, reviewer = desk.page, desk.cast.reviewer
    SocialAccount.objects.create(user=reviewer, provider=provider.issuer, uid="subject-1")
    secret = user_with_app(reviewer)[0] if way == "second factor" else ""
    reviewer.refresh_from_db()
    first, dialog = desk.decide_signed_out()
    if secret:
        page.fill("#signin-password", PASSWORD)
        desk.press("Enter")
        expect(dialog).to_contain_text("uses two-factor authentication")
        link = dialog.get_by_role("link", name="Continue in a new window")
    else:
        link = dialog.get_by_role("link", name="Another way, in a new window")
    with page.context.expect_page() as opened:
        link.click()
    window = opened.value
    show_who_one_is(window, secret)
    page.bring_to_front()
    # Headless windows have no focus of their own to win back.
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(dialog).to_be_hidden()
    desk.saved()
    assert desk.standing() == {first: ["card"]}
    desk.press("2")
    desk.saved()
    assert len(desk.standing()) == 2


def test_coming_back_during_a_look_for_a_sign_in_is_not_forgotten(desk: Desk, browser_console: Console) -> None:
    """The look that was on its way knew of no sign-in yet; on a slow line that is the usual case."""
    browser_console.allow("401")
    first, dialog = desk.decide_signed_out()
    asked: list[Route] = []
    desk.page.route("**/review/heartbeat/", lambda route: asked.append(route), times=1)
    with desk.page.expect_request("**/review/heartbeat/"):
        desk.page.evaluate("dispatchEvent(new Event('focus'))")
    desk.page.wait_for_timeout(100)
    assert len(asked) == 1
    desk.page.evaluate("dispatchEvent(new Event('focus'))")
    log_in(desk.page, desk.url, desk.cast.client(desk.cast.reviewer).cookies[django_settings.SESSION_COOKIE_NAME].value)
    asked[0].fulfill(status=401, json={})
    expect(dialog).to_be_hidden()
    desk.saved()
    assert desk.standing() == {first: ["card"]}


def pages(page: Page, cast: Cast) -> Iterator[str]:
    """Walks through them, and stops at each."""
    page.goto("/sign-in/")
    yield "sign-in"
    by_password(page)
    page.goto("/profile/factors/app/")
    yield "app"
    secret = page.locator("#app-secret").inner_text()
    page.get_by_label("Code").fill(code_of(secret, later=-1))
    page.get_by_role("button", name="Turn on").click()
    yield "recovery codes"
    page.goto("/profile/factors/passkey/")
    yield "passkey"
    key = {"name": "A key with a rather long name, bought in 2026"}
    Authenticator.objects.create(user=cast.viewer, type="webauthn", data=key)
    page.goto("/profile/")
    yield "profile"
    Authenticator.objects.filter(type="webauthn").delete()
    page.goto("/signed-in/")
    yield "signed in"
    page.goto("/profile/confirm/")
    yield "confirm"
    page.goto("/profile/")
    sign_out(page)
    by_password(page)
    yield "second factor"
    page.get_by_label("Code").fill("1")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Wrong code")).to_be_visible()
    yield "second factor, wrong"
    page.goto("/sign-in/provider/callback/")
    yield "refused"


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_what_these_pages_look_like(
    browser_page: Page, browser_console: Console, cast: Cast, provider: Provider, scheme: Any, width: int
) -> None:
    browser_console.allow("status of (422|403)")
    browser_page.emulate_media(color_scheme=scheme)
    browser_page.set_viewport_size({"width": width, "height": 800})
    for name in pages(browser_page, cast):
        assert violations(browser_page) == [], name
        assert overflow(browser_page) <= 0, name
