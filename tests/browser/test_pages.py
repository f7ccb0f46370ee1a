"""What a person does on the pages, by what they see: from signing in to a file of labels. Background work is done in
this process, as the workers would do it, while the page watches."""

import csv
import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from accounts.models import User
from datasets.models import Dataset, Item, Policy
from exchange import exporting
from labeling.models import Labeler, Run
from labeling.runs import planning, working
from labeling.setup import training, trying
from tests.browsing import Console, log_in
from tests.loops import claim_one, csv_file, import_rows, label, rules, run_to_end, texts, work_imports, work_reroutes
from tests.people import PASSWORD, Cast, make_cast
from tests.policies import change_policy

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

RULES = '[{"labels": ["card"], "keywords": ["card"], "confidence": 0.95}]'
TREE = "Money > Card [1] #0072b2 | lost or broken\nMoney > Transfer [2]\nOther\n"


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def page(browser_page: Page) -> Iterator[Page]:
    """Answers come within a few seconds, or not at all."""
    browser_page.set_default_timeout(8_000)
    expect.set_options(timeout=8_000)
    yield browser_page
    expect.set_options(timeout=5_000)


@pytest.fixture
def signed_in(page: Page, live_server: Any, cast: Cast) -> Page:
    """The page of the site's admin."""
    sign_in_as(page, live_server.url, cast, cast.admin)
    return page


def sign_in_as(page: Page, url: str, cast: Cast, user: User) -> None:
    log_in(page, url, cast.client(user).cookies[settings.SESSION_COOKIE_NAME].value)


def work() -> None:
    """What the workers would do."""
    work_imports()
    while training.work_one_training() or trying.work_one_trial():
        pass
    for run in Run.objects.filter(status="planning"):
        planning.plan_run(run.pk)
    while working.work_next(network=False, more=lambda: False):
        pass
    work_reroutes()
    while exporting.work_one_export():
        pass


def reviewed(cast: Cast, n: int = 12) -> Dataset:
    """Items that rules have labelled and a person has reviewed: every third as something else."""
    import_rows(cast.dataset, cast.manager, texts(n))
    dataset = Dataset.objects.get(pk=cast.dataset.pk)
    run_to_end(rules(dataset, cast.manager, confidence=0.5), cast.manager)
    for number in range(n):
        label(dataset, cast.reviewer, claim_one(dataset, cast.reviewer), "refund" if number % 3 == 0 else "card")
    return dataset


def test_from_signing_in_to_items(page: Page, cast: Cast) -> None:
    page.goto("/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("link", name="New dataset").first.click()
    page.get_by_label("Name", exact=True).fill("Questions")
    page.get_by_label("Text").check()
    page.get_by_label("Single-label (flat or hierarchical)").check()
    page.get_by_role("button", name="Paste or edit as text").click()
    page.get_by_role("textbox", name="Classes").fill(TREE)
    page.get_by_label("Guidelines").fill("# How to decide\n\nRead **everything**.")
    page.get_by_role("button", name="Create dataset").click()
    expect(page.get_by_role("heading", name="Import", exact=True)).to_be_visible()
    dataset = Dataset.objects.get(slug="questions")
    assert {row.name: getattr(row.parent, "name", None) for row in dataset.label_classes.all()} == {
        "Money": None,
        "Card": "Money",
        "Transfer": "Money",
        "Other": None,
    }
    bring_in_a_file(page)
    assert Item.objects.get(external_id="q6").human_labels == ["Other"]
    assert Item.objects.get(external_id="q0").metadata == {"land": "de"}


def bring_in_a_file(page: Page) -> None:
    """From the import page over the mapping and the report to the dataset's home."""
    rows = [{"nr": f"q{n}", "what": f"my card {n}", "said": "", "land": "de"} for n in range(5)]
    rows += [
        {"nr": "q5", "what": "", "said": "", "land": "fr"},
        {"nr": "q6", "what": "no", "said": "Other", "land": ""},
    ]
    file = {"name": "rows.csv", "mimeType": "text/csv", "buffer": csv_file(rows)}
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("Nothing has been imported yet")).to_be_visible()
    page.get_by_label("Text", exact=True).select_option("what")
    page.get_by_label("ID", exact=True).select_option("nr")
    page.get_by_label("Ground-truth label").select_option("said")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.locator("#progress")).to_contain_text("Pending")
    assert not Item.objects.exists()
    work()
    expect(page.locator("#progress")).to_contain_text("Done")
    expect(page.get_by_role("region", name="Rejected or changed rows")).to_contain_text("The text is empty.")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download error report (CSV)").click()
    report = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text())))
    assert [row["kind"] for row in report] == ["rejected"]
    page.get_by_role("link", name="Go to dataset").click()
    expect(page.get_by_role("heading", name="Questions")).to_be_visible()


def test_a_mapping_that_is_wrong_is_said_before_anything_is_written(signed_in: Page, browser_console: Console) -> None:
    browser_console.allow("status of 422")
    page = signed_in
    page.goto("/datasets/letters/imports/")
    file = {"name": "rows.csv", "mimeType": "text/csv", "buffer": b"a,b\nx,y\n"}
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Upload").click()
    page.get_by_label("Text", exact=True).select_option("")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="text")).to_be_visible()
    page.get_by_label("Text", exact=True).select_option("b")
    page.get_by_role("button", name="Import", exact=True).click()
    work()
    expect(page.locator("#progress")).to_contain_text("Done")
    assert Item.objects.get().text == "y"


def test_a_labeler_is_made_tried_run_and_recalled(signed_in: Page, cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(20))
    page = signed_in
    page.goto("/datasets/letters/labelers/")
    page.locator("summary", has_text="New labeler").click()
    page.get_by_role("link", name="Rules").click()
    page.get_by_label("Name", exact=True).fill("words")
    page.get_by_label("Rules", exact=True).fill(RULES)
    page.get_by_role("button", name="Create labeler").click()
    page.get_by_role("button", name="Test on 5 items").click()
    expect(page.locator("#trial")).to_contain_text("Predicting")
    work()
    answers = page.get_by_role("region", name="Answers").locator("tbody tr")
    expect(answers).to_have_count(5)
    expect(answers.first).to_contain_text("card")
    page.get_by_role("button", name="Run on a sample of 100").click()
    expect(page.locator("#progress")).to_contain_text("Planning")
    work()
    expect(page.locator("#progress")).to_contain_text("Done")
    expect(page.locator("#progress")).to_contain_text("20 of 20")
    # A sample is a try: whatever the policy says, nothing of it is accepted.
    assert not Item.objects.filter(status="accepted").exists()
    page.goto("/datasets/letters/labelers/")
    page.get_by_role("link", name="words", exact=True).click()
    page.get_by_role("button", name="Run on all unreviewed items").click()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("#progress")).to_contain_text("Planning")
    work()
    expect(page.locator("#progress")).to_contain_text("20 of 20")
    assert Item.objects.filter(status="accepted").exists()
    page.get_by_role("button", name="Roll back…").click()
    page.get_by_role("button", name="Roll back the run").click()
    expect(page.locator("#progress")).to_contain_text("Rolled back")
    work()
    page.reload()
    expect(page.locator("#progress")).to_contain_text("items changed")
    assert not Item.objects.filter(status="accepted").exists()


def test_rules_that_are_wrong_are_said_at_their_field(signed_in: Page, browser_console: Console) -> None:
    browser_console.allow("status of 422")
    page = signed_in
    page.goto("/datasets/letters/labelers/new/rules/")
    page.get_by_label("Name", exact=True).fill("words")
    for text, said in (("{", "not JSON"), (RULES.replace("card", "nonsense"), "no class 'nonsense'")):
        page.get_by_label("Rules", exact=True).fill(text)
        page.get_by_role("button", name="Create labeler").click()
        expect(page.locator("#id_rules_field .errorlist")).to_contain_text(said)
    assert not Labeler.objects.exists()


def test_a_policy_is_looked_at_then_applied(signed_in: Page, cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(10))
    run_to_end(rules(cast.dataset, cast.manager, confidence=0.8), cast.manager)
    page = signed_in
    page.goto("/datasets/letters/policy/")
    page.get_by_label("Threshold", exact=True).fill("0.7")
    page.get_by_label("Random-check rate").fill("0")
    page.get_by_label("Blind-review rate").fill("0")
    page.get_by_label("Note").fill("enough")
    page.get_by_label("Note").press("Tab")
    expect(page.locator("#moves")).to_contain_text("auto-accepts 10 more items")
    assert Policy.objects.filter(dataset=cast.dataset).count() == 1
    page.get_by_role("button", name="Apply", exact=True).click()
    expect(page.get_by_text("Policy version 2 applied")).to_be_visible()
    expect(page.get_by_role("region", name="Versions")).to_contain_text("enough")
    work()
    assert Item.objects.filter(status="accepted").count() == 10


def test_a_figure_leads_to_its_items(signed_in: Page, cast: Cast) -> None:
    reviewed(cast)
    page = signed_in
    page.goto("/datasets/letters/accuracy/?view=reviewed")
    expect(page.get_by_role("region", name="Accuracy by class")).to_contain_text("card")
    page.get_by_role("link", name="Human label refund, predicted card").click()
    rows = page.get_by_role("region", name="Items").locator("tbody tr")
    expect(rows).to_have_count(4)
    rows.first.get_by_role("link").click()
    expect(page.get_by_role("region", name="History")).to_contain_text("corrected")


def test_items_are_found_by_filters(signed_in: Page, cast: Cast) -> None:
    reviewed(cast)
    page = signed_in
    page.goto("/datasets/letters/items/")
    rows = page.get_by_role("region", name="Items").locator("tbody tr")
    expect(rows).to_have_count(12)
    page.get_by_role("combobox", name="Human label").select_option("refund")
    expect(rows).to_have_count(4)
    page.get_by_label("Search text or ID").fill("nowhere")
    page.get_by_role("button", name="Apply filters").click()
    expect(page.get_by_role("heading", name="No matching items")).to_be_visible()
    page.go_back()
    expect(rows).to_have_count(4)


@pytest.mark.parametrize("format", ["JSON Lines", "CSV"])
def test_an_export_is_made_and_downloaded(signed_in: Page, cast: Cast, format: str) -> None:
    reviewed(cast)
    page = signed_in
    page.goto("/datasets/letters/exports/")
    choice = page.get_by_label("Format")
    choice.select_option(
        index=next(i for i, text in enumerate(choice.locator("option").all_inner_texts()) if text[:2] == format[:2])
    )
    page.get_by_role("button", name="Export").click()
    expect(page.locator("#exports")).to_contain_text("Pending")
    work()
    expect(page.locator("#exports")).to_contain_text("12 rows of 12 items")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    data = Path(download.value.path()).read_bytes()
    expect(page.locator("#exports")).to_contain_text(hashlib.sha256(data).hexdigest())


def test_accepting_without_a_comparison_is_asked_for_in_a_dialog_that_names_the_risk(
    signed_in: Page, cast: Cast
) -> None:
    change_policy(
        dataset=cast.dataset,
        actor=cast.manager,
        threshold=0.9,
        class_thresholds={},
        audit_rate=0,
        blind_rate=0,
        accept_uncalibrated=False,
    )
    import_rows(cast.dataset, cast.manager, texts(10))
    run_to_end(rules(cast.dataset, cast.manager, confidence=0.99), cast.manager)
    assert Item.objects.filter(status="waiting").count() == 10
    page = signed_in
    page.goto("/datasets/letters/policy/")
    expect(page.locator("#comparison")).to_contain_text("0 of 50")
    expect(page.locator("[data-says]")).to_contain_text("10 are above the threshold but go to review")
    page.get_by_role("button", name="Accept uncalibrated labels…").click()
    expect(page.locator("#trust-dialog")).to_contain_text("how many are wrong is unknown")
    page.locator("#trust-dialog").get_by_role("button", name="Accept uncalibrated labels").click()
    work()
    expect(page.locator("#comparison")).to_contain_text("accepted before their labeler is calibrated")
    assert Item.objects.filter(status="accepted").count() == 10
    page.get_by_role("button", name="Accept calibrated labelers only").click()
    work()
    assert Item.objects.filter(status="waiting").count() == 10
