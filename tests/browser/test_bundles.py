"""The review screen from bundles, as the product serves it: it works, and an empty cache asks for little."""

import gzip
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import FileSystemStorage
from playwright.sync_api import Page, Request, Route

from config.static_storage import bundles
from tests.browser.conftest import Desk, type_of_desk_maker
from tests.browser.elements import CELLS, NAMES, TEXT, images, regions_of, spans_of, texts

MOST_REQUESTS = 15
MOST_BYTES = 100 * 1024


@pytest.fixture
def bundled(browser_page: Page) -> dict[str, str]:
    """Serves the bundles in the place of their entry files; address -> text."""
    folder = FileSystemStorage(settings.BASE_DIR / "static")
    root = Path(folder.location)
    names = [path.relative_to(root).as_posix() for kind in ("js", "css") for path in (root / kind).rglob("*.*")]
    served = {}
    for name, (storage, path) in bundles({name: (folder, name) for name in names}).items():
        served[name] = storage.open(path).read().decode()

    def serve(route: Route) -> None:
        name = route.request.url.partition("/static/")[2]
        kind = "text/css" if name.endswith(".css") else "text/javascript"
        route.fulfill(body=served[name], content_type=kind)

    for name in served:
        browser_page.route(f"**/static/{name}", serve)
    return served


def test_the_review_screen_works_from_bundles(desk: Desk, bundled: dict[str, str]) -> None:
    asked: list[Request] = []
    desk.page.on("request", lambda one: asked.append(one))
    desk.open()
    first = desk.shown
    desk.press("2")
    desk.press("a", "z", "3")
    desk.saved()
    assert desk.standing()[first] == ["transfer"]
    assert sorted(desk.standing().values()) == [["refund"], ["transfer"]]
    files = [one.url for one in asked if "/static/" in one.url]
    # Styles, theme, htmx, app, review, the viewer and the editor.
    assert len([url for url in files if url.endswith((".js", ".css"))]) == 7
    assert len({one.url.partition("?")[0] for one in asked if one.method == "GET"}) <= MOST_REQUESTS


def test_an_empty_cache_asks_for_little(desk: Desk, bundled: dict[str, str]) -> None:
    asked: list[Request] = []
    desk.page.on("requestfinished", lambda one: asked.append(one))
    desk.open()
    sizes = {}
    for one in asked:
        answer = one.response()
        if answer is not None:
            # The product sends its static files compressed beforehand; this server does not.
            sizes[one.url] = len(gzip.compress(answer.body()))
    # How often a claim is renewed depends on how busy the machine is.
    assert sum(one.method == "GET" for one in asked) <= MOST_REQUESTS, sorted(sizes)
    assert sum(sizes.values()) <= MOST_BYTES, sizes


def test_viewers_and_editors_work_from_bundles_of_their_own(
    desk_of: type_of_desk_maker, bundled: dict[str, str]
) -> None:
    """Bundles share nothing: what an editor asks of a viewer is a name, never a class."""
    desk = desk_of(texts(1), classes=NAMES, task_kind="spans")
    desk.open()
    desk.press("v", "a")
    desk.saved()
    assert desk.standing_values() == [spans_of(TEXT)]


def test_an_image_and_its_regions_from_bundles(desk_of: type_of_desk_maker, bundled: dict[str, str]) -> None:
    desk = desk_of(images(1), classes=CELLS, item_kind="image", task_kind="regions")
    desk.open()
    desk.press("v", "a")
    desk.saved()
    assert desk.standing_values() == [regions_of()]
