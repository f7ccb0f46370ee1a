"""The database dies, or the line to it is cut, while people decide: what was acknowledged is there, once."""

import signal
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from datasets.models import Dataset
from operating.verifying import history_differences, item_differences, standing_differences
from review.deciding import decisions
from review.models import Decision
from supervision.embedded_postgres import DATABASE
from tests import servers
from tests.chaos.crowd import Crowd, at_work, database_at, people
from tests.chaos.own_postgres import DURABLE, HASTY, OwnPostgres, own_postgres
from tests.chaos.proxy import Proxy, proxy
from tests.filling import Said, fill
from tests.people import make_cast

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
Settings = Any
REVIEWERS = 6
# Decisions between two crashes.
BETWEEN = 60


def waiting_items(slug: str, count: int) -> Dataset:
    """A dataset whose items all wait for people."""
    cast = make_cast(slug=slug)
    fill(cast.dataset, [Said(f"text {number}", ["card"], 0.5) for number in range(count)])
    return cast.dataset


def differences(dataset: Dataset) -> list[str]:
    """What `verify` and `verify_history` would name."""
    found = [*item_differences(dataset), *standing_differences(dataset), *history_differences()]
    return [f"{one.kind}: {one.where}: {one.what}" for one in found]


@pytest.fixture(scope="module")
def running(django_db_setup: None, django_db_blocker: Any) -> Iterator[OwnPostgres]:
    """One for all tests of this file: making it takes longer than killing it."""
    with django_db_blocker.unblock(), own_postgres() as one:
        yield one


@pytest.fixture
def postgres(running: OwnPostgres, transactional_db: None) -> Iterator[OwnPostgres]:
    """One that may be killed, empty, with this process's connections going to it."""
    with database_at(running.sockets, NAME=DATABASE):
        call_command("flush", interactive=False, verbosity=0)
        yield running


def decide_more(crowd: Crowd) -> None:
    enough = len(crowd.acknowledged) + BETWEEN
    servers.wait_for(lambda: len(crowd.acknowledged) >= enough or bool(crowd.errors), what="decisions")


def decide_through_crashes(
    postgres: OwnPostgres, crowd: Crowd, options: dict[str, str], *deaths: signal.Signals
) -> None:
    reviewers = people(crowd.dataset, REVIEWERS)
    with connection.cursor() as cursor:
        # What was there before is written, whatever the server promises.
        cursor.execute("CHECKPOINT")
    with at_work(crowd, reviewers):
        for death in deaths:
            decide_more(crowd)
            postgres.kill(death)
            postgres.start(options)
        decide_more(crowd)
    # This thread's own was cut as well.
    connection.close()


def test_no_acknowledged_decision_is_lost_when_postgresql_is_killed(postgres: OwnPostgres, settings: Settings) -> None:
    settings.CLAIM_SECONDS = 3
    crowd = Crowd(waiting_items("crashes", 2_000))
    decide_through_crashes(postgres, crowd, DURABLE, signal.SIGQUIT, signal.SIGKILL, signal.SIGKILL)
    assert crowd.wrongs() == []
    assert differences(crowd.dataset) == []
    assert len(crowd.acknowledged) >= 4 * BETWEEN
    assert crowd.lost_connections >= 3


def start_again(postgres: OwnPostgres, options: dict[str, str]) -> None:
    connection.close()
    postgres.kill(signal.SIGINT)
    postgres.start(options)


def test_the_check_finds_what_a_hasty_server_loses(postgres: OwnPostgres, settings: Settings) -> None:
    settings.CLAIM_SECONDS = 3
    dataset = waiting_items("hasty", 2_000)
    start_again(postgres, HASTY)
    try:
        crowd = Crowd(dataset)
        decide_through_crashes(postgres, crowd, HASTY, signal.SIGKILL)
    finally:
        # The next test's server keeps its promises from its first decision on.
        start_again(postgres, DURABLE)
    assert crowd.errors == []
    assert any("acknowledged decisions are missing" in wrong for wrong in crowd.wrongs()), crowd.wrongs()


@pytest.fixture
def cutting_proxy(transactional_db: None) -> Iterator[Proxy]:
    """Before the tests' own PostgreSQL; every fourth COMMIT is cut in the middle."""
    with proxy(connection.settings_dict["HOST"]) as one:
        yield one


def decide_through_cuts(cutting_proxy: Proxy, count: int) -> Crowd:
    crowd = Crowd(waiting_items("cuts", count))
    reviewers = people(crowd.dataset, REVIEWERS)
    with database_at(str(cutting_proxy.folder)):
        cutting_proxy.every = 4
        with at_work(crowd, reviewers):
            servers.wait_for(
                lambda: len(crowd.acknowledged) + len(crowd.refused) >= count or bool(crowd.errors), seconds=60,
                what=f"{count} decisions",
            )  # fmt: skip
        cutting_proxy.every = 0
    return crowd


def test_a_commit_that_is_cut_in_the_middle_decides_once(cutting_proxy: Proxy) -> None:
    crowd = decide_through_cuts(cutting_proxy, 200)
    assert crowd.wrongs() == []
    assert crowd.refused == []
    assert (Decision.objects.count(), len(crowd.acknowledged)) == (200, 200)
    assert cutting_proxy.replies_lost >= 20
    assert cutting_proxy.commits_lost >= 20
    assert crowd.replayed == cutting_proxy.replies_lost
    assert differences(crowd.dataset) == []


def test_the_check_finds_decisions_that_nobody_was_told_of(cutting_proxy: Proxy, monkeypatch) -> None:
    """Without the memory of requests, whoever asks again is told that the claim is lost."""
    monkeypatch.setattr(decisions, "_replayed", lambda *_: None)
    crowd = decide_through_cuts(cutting_proxy, 40)
    assert any("nobody was told so" in wrong for wrong in crowd.wrongs()), crowd.wrongs()
    assert len(crowd.refused) == cutting_proxy.replies_lost
