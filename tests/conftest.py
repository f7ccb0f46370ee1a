"""Fixtures that every test may ask for; servers start when the first test needs them and end with the session."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from kombu import pools
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from supervision.children import Child
from tests import flushing, servers, signing_on
from tests.browsing import Console
from tests.oidc_provider import Provider
from tests.people import Cast, make_cast
from work.workers import presence

# A busy machine is slow, and no test asserts a time.
hypothesis_settings.register_profile("countersign", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("countersign")

type_of_worker_maker = Callable[..., Child]


@pytest.fixture(scope="session", autouse=True)
def test_home() -> Iterator[Path]:
    """The home of this session; nothing of it is left."""
    home = Path(settings.COUNTERSIGN_HOME)
    yield home
    for folder in (Path(settings.DATABASES["default"]["HOST"]), home):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(test_home: Path) -> Iterator[None]:
    """Start PostgreSQL before Django makes the test database."""
    flushing.install()
    _, child = servers.start_postgres(test_home)
    yield
    servers.end(child, number=child.program.stop_signal)


@pytest.fixture(scope="session")
def django_db_setup(django_db_modify_db_settings: None, django_db_setup: None) -> None:
    """Whatever the order in which fixtures are torn down, the server outlives the test database."""


@pytest.fixture(autouse=True)
def own_media(tmp_path: Path, settings: Any) -> None:
    """Files of one test do not meet another's."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.THUMBNAIL_ROOT = tmp_path / "thumbnails"


@pytest.fixture(autouse=True)
def own_limits() -> None:
    """Nobody has asked for anything yet: request limits are counted in the cache."""
    cache.clear()


@pytest.fixture(autouse=True)
def at_rest() -> None:
    """What an earlier test left lying is not in this process's hands."""
    presence.rest()


@pytest.fixture
def cast(db: None) -> Cast:
    """A dataset with a member of each role, and an outsider."""
    return make_cast()


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    """An identity provider of the tests' own, which the settings name."""
    with signing_on.configured(settings) as running:
        yield running


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Child]]:
    """A private Redis and its process."""
    url, child = servers.start_redis(tmp_path_factory.mktemp("redis"))
    yield url, child
    servers.end(child)


@pytest.fixture
def redis_url(redis_server: tuple[str, Child]) -> str:
    """The URL of a private Redis, empty."""
    url, _ = redis_server
    with redis.Redis.from_url(url) as client:
        client.flushall()
    return url


@pytest.fixture(params=["filesystem", "redis"])
def broker(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each broker in turn, empty, with this process's messages going to it."""
    url = "filesystem://" if request.param == "filesystem" else request.getfixturevalue("redis_url")
    messages = Path(settings.COUNTERSIGN_HOME) / "queue" / "messages"
    shutil.rmtree(messages, ignore_errors=True)
    messages.mkdir(parents=True)
    before = (current_app.conf.broker_url, current_app.conf.broker_transport_options)
    options = before[1] if url == "filesystem://" else settings.REDIS_TRANSPORT_OPTIONS
    point_celery_at(url, options)
    yield url
    point_celery_at(*before)


def point_celery_at(url: str, options: dict[str, Any]) -> None:
    """This process's messages go to that broker from now on."""
    current_app.conf.update(broker_url=url, broker_write_url=url, broker_transport_options=options)
    pools.reset()
    current_app._after_fork()  # forgets the connections that the old address gave


@pytest.fixture
def celery_worker_process(transactional_db: None, tmp_path: Path) -> Iterator[type_of_worker_maker]:
    """Starts real workers on the test database: `celery_worker_process(broker)`; all are ended with the test."""
    started: list[Child] = []

    def start(broker: str = "filesystem://", **settings: Any) -> Child:
        database = str(connection.settings_dict["NAME"])
        child = servers.start_worker(tmp_path, broker=broker, database=database, number=len(started) + 1, **settings)
        started.append(child)
        return child

    yield start
    for child in started:
        servers.end(child, seconds=0.5)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright's driver. It runs an event loop in this thread, which Django would refuse to work under."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as driver:
        yield driver
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One Chromium for all tests."""
    chromium = playwright.chromium.launch(executable_path=servers.chromium(), args=["--no-sandbox"])
    yield chromium
    chromium.close()


@pytest.fixture
def browser_console() -> Console:
    """What the pages of `browser_page` complained about."""
    return Console()


@pytest.fixture
def browser_page(browser: Browser, live_server: Any, browser_console: Console) -> Iterator[Page]:
    """A page of a fresh profile, at the live server; the test fails when its console did not stay clean."""
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 800})
    browser_console.listen(context)
    page = context.new_page()
    yield page
    page.evaluate("() => new Promise((resolve) => setTimeout(resolve, 0))")
    context.close()
    flushing.wait_for_requests()
    assert browser_console.unexpected() == []
