"""Every page in both schemes and at 360 pixels: axe finds nothing, nothing is wider than the window, no complaint."""

from datetime import timedelta
from typing import Any, Literal

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Page

from datasets.making import NewClass, create_dataset
from datasets.models import Dataset, Policy
from exchange.models import Import
from labeling.models import Run
from operating.models import Backup
from tests.accessibility import overflow, violations
from tests.browsing import Console, log_in
from tests.security.routes import ROUTES, address
from tests.security.world import World, make_world
from work import workers
from work.models import State, Worker

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

# Not pages: for machines, files, fragments, and the review screen, which has tests of its own.
NO_PAGES = {"livez", "readyz", "metrics", "login", "second-factor", "passkey-sign-in", "single-sign-on-callback",
            "asset", "import-report", "export-download", "preview-reviews", "job-notices"}  # fmt: skip
# A label is for the first element with its id.
DOUBLED_IDS = """() => [...document.querySelectorAll("[id]")].map((one) => one.id)
  .filter((id, place, all) => all.indexOf(id) !== place)"""
# So that several processes share the pages.
PARTS = 4
# Colours hang on the scheme, places on the width: two looks show both of both.
LOOKS: list[tuple[Literal["light", "dark"], int]] = [("light", 1280), ("dark", 360)]


def pages(world: World) -> list[str]:
    """Addresses of all pages, with one of everything, and again with nothing yet."""
    names = [
        name
        for name, route in ROUTES.items()
        if "GET" in route.calls and name not in NO_PAGES and not name.startswith(("api-", "review"))
    ]
    found = [address(name, world.ids) for name in names]
    found += [
        address(name, world.ids, dataset="empty") for name in names if ROUTES[name].pk == "" and name != "dataset"
    ]
    found += ["/datasets/empty/", "/datasets/photos/items/", "/?archived", "/profile/review-keys/", "/nowhere/"]
    found += [f"/datasets/letters/imports/{world.ids[name]}/" for name in ("draft", "going", "failed")]
    found += [f"/datasets/letters/labelers/{world.ids['classifier']}/", "/datasets/letters/accuracy/?view=reviewed"]
    found += ["/datasets/letters/items/?q=nothing"]
    found += ["/datasets/letters/policy/?threshold=0.3&audit_rate=0&blind_rate=0&probe_rate=0"]
    found += [f"/datasets/letters/labelers/new/{kind}/" for kind in ("classifier", "llm")]
    found += [f"/datasets/letters/runs/{world.ids['going run']}/"]
    found += [f"/datasets/letters/items/{world.ids['item']}/?edit=1"]
    return list(dict.fromkeys(found))


@pytest.fixture
def world(db: None) -> World:
    """With jobs in every state, and with names that are long."""
    world = make_world()
    create_dataset(
        name="Empty",
        slug="empty",
        item_kind="text",
        creator=world.cast.admin,
        classes=[NewClass("a"), NewClass("b")],
    )
    letters = world.cast.dataset
    Dataset.objects.filter(pk=letters.pk).update(
        name="Letters to the bank, sorted by what they want, from all four countries since 2019",
        guidelines="# How\n\n| a | b |\n|---|---|\n| very long words | in a table |\n\n```\ncode that is long\n```",
    )
    job = Import.objects.get(pk=world.ids["import"])
    job.issues.create(row=7, field="text", kind="rejected", reason="The text is empty.", remedy="Fill it in.")
    for name, state in (("going", State.RUNNING), ("failed", State.FAILED)):
        job.pk, job.state, job.error = None, state, "It broke." if state == State.FAILED else ""
        job.file_name = "a-rather-long-file-name-without-any-blank-in-it-as-programs-make-them-2026-11-21.csv"
        job.save(force_insert=True)
        world.ids[name] = job.pk
    run = Run.objects.get(pk=world.ids["run"])
    run.pk, run.status, run.status_reason = None, "running", "Paused by the reviewer"
    run.save(force_insert=True)
    world.ids["going run"] = run.pk
    _operate()
    now = Policy.objects.filter(dataset=letters).latest("version")
    Policy.objects.create(
        dataset=letters,
        version=now.version + 1,
        class_thresholds={"card": 0.95},
        created_by=now.created_by,
        note="x" * 90,
    )
    return world


def _operate() -> None:
    """A worker that is silent, on a host with a long name, and a backup with one."""
    presence = workers.Presence()
    presence.queues = "jobs,runs"
    presence.take_up("split assignment 123456")
    presence.tell()
    host = "worker-with-a-long-name-as-orchestrators-make-them-7f9c4b5d6-x2x9q"
    silent = timezone.now() - timedelta(seconds=90)
    Worker.objects.create(name="a:1", host=host, pid=1, queues="runs", started_at=silent, seen_at=silent)
    Backup.objects.create(name=f"{host}-2026-11-25.tar", size=10**12, files=1_000_000, seconds=1)


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.timeout(400)
def test_every_page(browser_page: Page, browser_console: Console, live_server: Any, world: World, part: int) -> None:
    browser_console.allow("the server responded with a status of 404")
    client = world.cast.client(world.cast.admin)
    log_in(browser_page, live_server.url, client.cookies[settings.SESSION_COOKIE_NAME].value)
    wrong: dict[str, list[str]] = {}
    for path in pages(world)[part::PARTS]:
        browser_page.goto(path)
        assert "/sign-in/" not in browser_page.url
        for scheme, width in LOOKS:
            browser_page.emulate_media(color_scheme=scheme)
            browser_page.set_viewport_size({"width": width, "height": 800})
            found = violations(browser_page)
            if (too_wide := overflow(browser_page)) > 0:
                found.append(f"{too_wide} pixels too wide")
            if found:
                wrong[f"{path}, {scheme}, {width}"] = found
        if doubled := browser_page.evaluate(DOUBLED_IDS):
            wrong[path] = [f"ids that are there twice: {doubled}"]
    assert wrong == {}


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_pages_for_whoever_is_signed_out(
    browser_page: Page, browser_console: Console, world: World, scheme: Literal["light", "dark"], width: int
) -> None:
    browser_console.allow("the server responded with a status of (404|422)")
    browser_page.emulate_media(color_scheme=scheme)
    browser_page.set_viewport_size({"width": width, "height": 800})
    for path in ("/sign-in/", address("invitation", world.ids), "/invitations/gone/"):
        browser_page.goto(path)
        assert violations(browser_page) == [], path
        assert overflow(browser_page) <= 0, path
        if path != "/invitations/gone/":
            browser_page.get_by_role("textbox").first.fill("x")
            browser_page.locator("form button").first.click()
            browser_page.wait_for_load_state()
            assert violations(browser_page) == [], f"{path} with errors"


@pytest.mark.parametrize("path", ["/new-dataset/", "/datasets/letters/labelers/new/rules/", "/profile/password/"])
def test_forms_with_errors(
    browser_page: Page, browser_console: Console, live_server: Any, world: World, path: str
) -> None:
    browser_console.allow("the server responded with a status of 422")
    client = world.cast.client(world.cast.admin)
    log_in(browser_page, live_server.url, client.cookies[settings.SESSION_COOKIE_NAME].value)
    browser_page.goto(path)
    browser_page.evaluate("() => document.querySelectorAll('main form').forEach((form) => (form.noValidate = true))")
    browser_page.locator("main form .button.primary").click()
    browser_page.locator(".errorlist").first.wait_for()
    assert violations(browser_page) == []
