"""What people do with accounts, members, tokens and the archive, and what the site's admin does in Django admin."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from accounts.models import ApiToken, User
from datasets.models import Dataset, LabelClass, Membership, Policy
from labeling.models import Labeler
from tests.accessibility import violations
from tests.browsing import Console, log_in
from tests.loops import rules
from tests.people import PASSWORD, Cast

pytestmark = pytest.mark.slow
NEW_PASSWORD = "a brand new passphrase"


@pytest.fixture
def signed_in(browser_page: Page, live_server: Any, cast: Cast) -> Page:
    """The page of the site's admin."""
    browser_page.set_default_timeout(8_000)
    log_in(browser_page, live_server.url, cast.client(cast.admin).cookies[settings.SESSION_COOKIE_NAME].value)
    return browser_page


def test_an_invitation_makes_an_account_and_a_member(
    signed_in: Page, browser: Browser, live_server: Any, browser_console: Console, cast: Cast
) -> None:
    signed_in.goto("/datasets/letters/members/")
    signed_in.get_by_label("Role", exact=True).first.select_option("reviewer")
    signed_in.get_by_role("button", name="Create link").click()
    link = signed_in.locator("#invitation-link").inner_text()
    context = browser.new_context(base_url=live_server.url)
    browser_console.listen(context)
    guest = context.new_page()
    guest.goto(link)
    expect(guest.get_by_role("heading", name="Letters")).to_be_visible()
    guest.get_by_label("Username").fill("newcomer")
    guest.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
    guest.get_by_label("Password confirmation").fill(NEW_PASSWORD)
    guest.get_by_role("button", name="Create account and join").click()
    expect(guest.get_by_text("Welcome to Letters.")).to_be_visible()
    assert Membership.objects.get(user__username="newcomer").role == "reviewer"
    browser_console.allow("status of 404")
    guest.goto(link)
    expect(guest.get_by_role("heading", name="This invitation is no longer valid")).to_be_visible()
    context.close()
    signed_in.goto("/datasets/letters/members/")
    expect(signed_in.locator("#invitation-link")).to_have_count(0)
    expect(signed_in.get_by_role("region", name="Members")).to_contain_text("newcomer")


def test_a_member_gets_another_role_and_leaves(signed_in: Page, cast: Cast) -> None:
    signed_in.goto("/datasets/letters/members/")
    row = signed_in.get_by_role("row").filter(has_text="viewer").filter(has=signed_in.get_by_label("Role of viewer"))
    row.get_by_label("Role of viewer").select_option("manager")
    row.get_by_role("button", name="Change").click()
    expect(signed_in.get_by_text("viewer is now manager.")).to_be_visible()
    signed_in.get_by_role("button", name="Remove viewer").click()
    expect(signed_in.get_by_text("viewer is no longer a member")).to_be_visible()
    assert not Membership.objects.filter(user=cast.viewer).exists()
    signed_in.get_by_label("Username").fill("viewer")
    signed_in.get_by_role("button", name="Add", exact=True).click()
    expect(signed_in.get_by_text("viewer is now a member.")).to_be_visible()
    signed_in.get_by_role("button", name="Remove admin").click()
    expect(signed_in.get_by_text("A dataset needs an admin")).to_be_visible()


def test_a_token_is_shown_once_works_and_is_revoked(signed_in: Page) -> None:
    signed_in.goto("/profile/")
    signed_in.locator("#tokens").get_by_label("Name").fill("nightly")
    signed_in.get_by_role("button", name="Create token").click()
    token = signed_in.locator("#fresh-token").inner_text()
    asks = Client(headers={"Authorization": f"Bearer {token}"})
    assert asks.get("/api/v1/datasets/").status_code == 200
    signed_in.goto("/profile/")
    expect(signed_in.locator("#fresh-token")).to_have_count(0)
    assert token not in signed_in.content()
    signed_in.get_by_role("button", name="Revoke nightly").click()
    expect(signed_in.get_by_text("Token revoked.")).to_be_visible()
    assert asks.get("/api/v1/datasets/").status_code == 401
    assert not ApiToken.objects.exists()


def test_a_dataset_is_archived_and_brought_back(signed_in: Page) -> None:
    signed_in.goto("/datasets/letters/settings/")
    signed_in.get_by_role("button", name="Archive this dataset").click()
    expect(signed_in.get_by_text("Letters is archived. Nothing is deleted")).to_be_visible()
    signed_in.get_by_role("link", name="Active datasets").click()
    expect(signed_in.get_by_role("heading", name="No datasets yet")).to_be_visible()
    signed_in.get_by_role("link", name="Archive").click()
    signed_in.get_by_role("button", name="Restore").click()
    expect(signed_in.get_by_text("Letters is restored.")).to_be_visible()
    assert Dataset.objects.get().archived_at is None


def test_settings_and_classes_change(signed_in: Page, cast: Cast) -> None:
    signed_in.goto("/datasets/letters/settings/")
    signed_in.get_by_label("Guidelines").fill("Read **twice**.")
    signed_in.get_by_role("button", name="Save").click()
    expect(signed_in.get_by_text("Saved.")).to_be_visible()
    classes = signed_in.locator("#classes")
    classes.get_by_label("Name").fill("complaint")
    classes.get_by_label("Key").fill("7")
    classes.get_by_role("button", name="Add").click()
    expect(signed_in.get_by_role("region", name="Classes")).to_contain_text("complaint")
    signed_in.get_by_role("link", name="Edit complaint").click()
    signed_in.get_by_label("Name").fill("Complaints")
    signed_in.get_by_label("Color").fill("#aa00aa")
    signed_in.get_by_role("button", name="Save").click()
    signed_in.get_by_role("link", name="Edit Complaints").click()
    assert not violations(signed_in)
    signed_in.get_by_role("button", name="Deactivate").click()
    expect(signed_in.get_by_role("region", name="Classes")).to_contain_text("Deactivated")
    row = cast.dataset.label_classes.get(name="complaint")
    assert (row.title, row.color, row.retired_at is not None) == ("Complaints", "#aa00aa", True)


def test_classes_are_rows_of_names_keys_and_colours(signed_in: Page) -> None:
    signed_in.goto("/new-dataset/")
    signed_in.get_by_label("Name", exact=True).fill("Animals")
    signed_in.get_by_label("Name of class 1").fill("Animal > Dog")
    signed_in.get_by_label("Key of class 1").fill("5")
    signed_in.get_by_label("Color of class 1").fill("#aa00aa")
    signed_in.get_by_label("Name of class 1").press("Enter")
    signed_in.keyboard.type("Plant [1] #009e73")
    signed_in.get_by_label("Name of class 2").press("Enter")
    signed_in.keyboard.type("C#")
    signed_in.get_by_role("button", name="Paste or edit as text").click()
    lines = signed_in.get_by_role("textbox", name="Classes")
    expect(lines).to_have_value("Animal > Dog [5] #aa00aa\nPlant [1] #009e73\nC#")
    lines.fill(lines.input_value() + "\nAnimal > Cat | meows")
    signed_in.get_by_role("button", name="Edit as rows").click()
    expect(signed_in.get_by_label("Meaning of class 4")).to_have_value("meows")
    signed_in.get_by_role("button", name="Remove class 3").click()
    assert not violations(signed_in)
    signed_in.get_by_role("button", name="Create dataset").click()
    expect(signed_in.get_by_text("Import its items next")).to_be_visible()
    rows = {row.name: (str(row.parent or ""), row.key, row.color) for row in LabelClass.objects.all()}
    assert rows["Dog"] == ("Animal", "5", "#aa00aa")
    assert rows["Plant"] == ("", "1", "#009e73")
    assert (rows["Cat"][0], len(rows)) == ("Animal", 4 + 3)


def test_a_password_and_a_time_zone_are_changed(signed_in: Page) -> None:
    signed_in.goto("/profile/")
    signed_in.get_by_label("Time zone").select_option("Asia/Tokyo")
    signed_in.get_by_role("button", name="Save").click()
    expect(signed_in.get_by_text("Saved.")).to_be_visible()
    assert User.objects.get(username="admin").time_zone == "Asia/Tokyo"
    signed_in.get_by_role("link", name="Change password").click()
    signed_in.get_by_label("Old password").fill(PASSWORD)
    signed_in.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    signed_in.get_by_label("New password confirmation").fill(NEW_PASSWORD)
    signed_in.get_by_role("button", name="Change password").click()
    expect(signed_in.get_by_role("heading", name="admin")).to_be_visible()
    signed_in.locator("summary", has_text="admin").click()
    signed_in.get_by_role("button", name="Sign out").click()
    signed_in.get_by_label("Username").fill("admin")
    signed_in.get_by_label("Password").fill(NEW_PASSWORD)
    signed_in.get_by_role("button", name="Sign in", exact=True).click()
    expect(signed_in.get_by_role("heading", name="Datasets")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_scheme_is_chosen_and_kept(signed_in: Page, scheme: str) -> None:
    signed_in.goto("/")
    signed_in.locator("summary", has_text="admin").click()
    signed_in.get_by_role("button", name=scheme.title()).click()
    signed_in.goto("/profile/")
    assert signed_in.evaluate("() => getComputedStyle(document.documentElement).colorScheme") == scheme


def test_admin_sets_a_policy_with_the_same_checks(signed_in: Page, cast: Cast) -> None:
    signed_in.goto(f"/admin/datasets/policy/add/?dataset={cast.dataset.pk}")
    signed_in.get_by_label("Class thresholds").fill('{"nonsense": 0.5}')
    signed_in.get_by_role("button", name="Save", exact=True).click()
    expect(signed_in.locator(".errorlist").last).to_contain_text("no class 'nonsense'")
    assert Policy.objects.count() == 1
    signed_in.get_by_label("Class thresholds").fill('{"card": 0.95}')
    signed_in.locator("#id_threshold").fill("0.75")
    signed_in.get_by_role("button", name="Save", exact=True).click()
    expect(signed_in.get_by_text("was added successfully")).to_be_visible()
    made = Policy.objects.latest("version")
    assert (made.version, made.threshold, made.class_thresholds) == (2, 0.75, {"card": 0.95})
    assert made.created_by == cast.admin
    assert cast.dataset.reroutes.filter(policy=made).exists()


def test_admin_changes_a_labeler_with_the_same_checks_and_sees_who_did(signed_in: Page, cast: Cast) -> None:
    labeler = rules(cast.dataset, cast.manager)
    signed_in.goto(f"/admin/labeling/labeler/{labeler.pk}/change/")
    good = signed_in.locator("#id_config").input_value()
    signed_in.locator("#id_config").fill(good.replace("card", "nonsense"))
    signed_in.get_by_role("button", name="Save", exact=True).click()
    expect(signed_in.locator(".errorlist").last).to_contain_text("no class 'nonsense'")
    signed_in.locator("#id_config").fill(good)
    signed_in.locator("#id_confidence_threshold").fill("0.6")
    signed_in.locator("#id_order").fill("33")
    signed_in.get_by_role("button", name="Save", exact=True).click()
    expect(signed_in.get_by_text("was changed successfully")).to_be_visible()
    assert Labeler.objects.get().order == 33
    newest = Policy.objects.latest("version")
    assert (newest.version, newest.labeler_thresholds) == (2, {str(labeler.pk): 0.6})
    signed_in.goto(f"/admin/labeling/labeler/{labeler.pk}/history/")
    expect(signed_in.locator("#change-history")).to_contain_text("admin")


TABLES = [
    "accounts/user",
    "accounts/apitoken",
    "datasets/dataset",
    "datasets/item",
    "datasets/labelclass",
    "labeling/prelabel",
    "labeling/run",
    "exchange/import",
]


@pytest.mark.parametrize("table", TABLES)
def test_admin_shows_every_table(signed_in: Page, cast: Cast, table: str) -> None:
    rules(cast.dataset, cast.manager)
    signed_in.goto(f"/admin/{table}/")
    expect(signed_in.locator("#content h1")).to_be_visible()
    signed_in.goto("/admin/review/decision/")
    expect(signed_in.locator("#content h1")).to_be_visible()
