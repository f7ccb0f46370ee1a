"""A job that is over is told on another page, once; asking costs little, and nothing where nobody waits."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Request, expect

from exchange.models import Import
from tests.browser.conftest import Desk
from tests.browsing import Console
from tests.loops import import_rows, texts
from work.models import State


class Asked:
    """Requests for notices."""

    def __init__(self, page: Page) -> None:
        self.urls: list[str] = []
        page.on("request", self._note)

    def _note(self, request: Request) -> None:
        if "/job-notices/" in request.url:
            self.urls.append(request.url)


@pytest.fixture
def job(desk: Desk) -> Import:
    """An import of the reviewer's that is under way."""
    found = import_rows(desk.dataset, desk.cast.reviewer, texts(1, start=1_000))
    Import.objects.filter(pk=found.pk).update(state=State.RUNNING, finished_at=None)
    return found


def end(job: Import, state: str = State.DONE) -> None:
    Import.objects.filter(pk=job.pk).update(state=state, finished_at=timezone.now())


def test_it_is_told_on_another_page_once(desk: Desk, job: Import) -> None:
    desk.open()
    line = desk.page.locator("#job-notices a")
    expect(line).to_have_count(0)
    end(job)
    expect(line).to_have_text("Import of rows.jsonl is done.")
    desk.page.goto("/datasets/letters/items/")
    desk.page.wait_for_timeout(1_500)
    expect(line).to_have_count(0)
    line_of = desk.page.context.new_page()
    line_of.goto("/")
    line_of.wait_for_timeout(1_500)
    expect(line_of.locator("#job-notices a")).to_have_count(0)


def test_it_leads_to_the_job_and_can_be_dismissed(desk: Desk, job: Import) -> None:
    desk.open()
    end(job, State.FAILED)
    line = desk.page.locator("#job-notices .notice")
    expect(line).to_contain_text("Import of rows.jsonl has failed.")
    assert line.locator("a").get_attribute("href") == f"/datasets/letters/imports/{job.pk}/"
    desk.page.get_by_role("button", name="Dismiss: Import of rows.jsonl has failed").click()
    expect(line).to_have_count(0)


def test_without_a_job_under_way_a_page_asks_once(desk: Desk) -> None:
    asked = Asked(desk.page)
    desk.page.clock.install()
    desk.open()
    desk.page.clock.run_for(timedelta(minutes=10).total_seconds() * 1_000)
    desk.page.wait_for_timeout(200)
    assert len(asked.urls) == 1


def test_a_job_that_takes_long_is_asked_about_ever_more_rarely(desk: Desk, job: Import) -> None:
    desk.open()
    asked = Asked(desk.page)
    desk.page.clock.install()
    desk.page.goto("/datasets/letters/items/")
    for _ in range(60):
        desk.page.clock.run_for(1_000)
        desk.page.wait_for_timeout(30)
    in_a_minute = len(asked.urls)
    for _ in range(60):
        desk.page.clock.run_for(5_000)
        desk.page.wait_for_timeout(30)
    assert 3 <= in_a_minute <= 9
    # Five more minutes, one question every thirty seconds.
    assert len(asked.urls) - in_a_minute <= 11


def test_a_server_that_is_away_is_asked_ever_more_rarely(desk: Desk, job: Import, browser_console: Console) -> None:
    browser_console.allow("status of 503")
    desk.open()
    desk.page.route("**/job-notices/**", lambda route: route.fulfill(status=503, body="away"))
    asked = Asked(desk.page)
    desk.page.clock.install()
    desk.page.goto("/datasets/letters/items/")
    for _ in range(60):
        desk.page.clock.run_for(1_000)
        desk.page.wait_for_timeout(20)
    assert 1 <= len(asked.urls) <= 3
    desk.page.unroute("**/job-notices/**")
