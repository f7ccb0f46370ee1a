"""The database dies, or the line to it is cut, while people decide about classes, spans and regions: what was
acknowledged is there, once, and what is counted of it is right."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from accounts.models import User
from operating.verifying import history_differences, item_differences, standing_differences
from review.deciding import decisions
from review.models import Decision
from supervision.embedded_postgres import DATABASE
from tests import servers
from tests.chaos.crowd import Crowd, at_work, database_at, people
from tests.chaos.own_postgres import DURABLE, HASTY, OwnPostgres, own_postgres
from tests.chaos.proxy import Proxy, proxy
from tests.each_kind import KINDS, beside, element_wrongs, waiting
from tests.filling import fill
from tests.people import make_cast

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
Settings = Any
# In each dataset.
REVIEWERS = 2
# Decisions between two crashes.
BETWEEN = 60


@dataclass
class Crowds:
    """One for each kind of label, all at once."""

    each: list[Crowd]
    reviewers: list[list[User]]

    @classmethod
    def before(cls, slug: str, count: int) -> "Crowds":
        """Datasets whose items all wait for people, so many in each."""
        cast = make_cast(slug=slug)
        datasets = [cast.dataset, *(beside(cast, kind).dataset for kind in KINDS[1:])]
        for dataset in datasets:
            fill(dataset, waiting(dataset.task_kind, count))
        reviewers = [people(dataset, REVIEWERS, name=dataset.task_kind) for dataset in datasets]
        return cls([Crowd(dataset) for dataset in datasets], reviewers)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Beside the block."""
        with ExitStack() as stack:
            for crowd, reviewers in zip(self.each, self.reviewers, strict=True):
                stack.enter_context(at_work(crowd, reviewers))
            yield

    @property
    def acknowledged(self) -> int:
        return sum(len(crowd.acknowledged) for crowd in self.each)

    @property
    def refused(self) -> int:
        return sum(len(crowd.refused) for crowd in self.each)

    @property
    def errors(self) -> list[str]:
        return [error for crowd in self.each for error in crowd.errors]

    def wrongs(self) -> list[str]:
        """What is not as the reviewers were told."""
        return [f"{crowd.dataset.task_kind}: {wrong}" for crowd in self.each for wrong in crowd.wrongs()]

    def differences(self) -> list[str]:
        """What `verify` and `verify_history` would name, and what counting by the names finds."""
        found = []
        for dataset in (crowd.dataset for crowd in self.each):
            checks = (*item_differences(dataset), *standing_differences(dataset), *history_differences())
            found += [f"{one.kind}: {one.where}: {one.what}" for one in checks]
            found += element_wrongs(dataset)
        return found


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


def decide_more(crowds: Crowds) -> None:
    enough = crowds.acknowledged + BETWEEN
    servers.wait_for(lambda: crowds.acknowledged >= enough or bool(crowds.errors), what="decisions")


def decide_through_crashes(
    postgres: OwnPostgres, crowds: Crowds, options: dict[str, str], *deaths: signal.Signals
) -> None:
    with connection.cursor() as cursor:
        # What was there before is written, whatever the server promises.
        cursor.execute("CHECKPOINT")
    with crowds.at_work():
        for death in deaths:
            decide_more(crowds)
            postgres.kill(death)
            postgres.start(options)
        decide_more(crowds)
    # This thread's own was cut as well.
    connection.close()


def test_no_acknowledged_decision_is_lost_when_postgresql_is_killed(postgres: OwnPostgres, settings: Settings) -> None:
    settings.CLAIM_SECONDS = 3
    crowds = Crowds.before("crashes", 700)
    decide_through_crashes(postgres, crowds, DURABLE, signal.SIGQUIT, signal.SIGKILL, signal.SIGKILL)
    assert crowds.wrongs() == []
    assert crowds.differences() == []
    assert crowds.acknowledged >= 4 * BETWEEN
    assert all(crowd.acknowledged and crowd.lost_connections for crowd in crowds.each)


def start_again(postgres: OwnPostgres, options: dict[str, str]) -> None:
    connection.close()
    postgres.kill(signal.SIGINT)
    postgres.start(options)


def test_the_check_finds_what_a_hasty_server_loses(postgres: OwnPostgres, settings: Settings) -> None:
    settings.CLAIM_SECONDS = 3
    crowds = Crowds.before("hasty", 700)
    start_again(postgres, HASTY)
    try:
        decide_through_crashes(postgres, crowds, HASTY, signal.SIGKILL)
    finally:
        # The next test's server keeps its promises from its first decision on.
        start_again(postgres, DURABLE)
    assert crowds.errors == []
    assert any("acknowledged decisions are missing" in wrong for wrong in crowds.wrongs()), crowds.wrongs()


@pytest.fixture
def cutting_proxy(transactional_db: None) -> Iterator[Proxy]:
    """Before the tests' own PostgreSQL; every fourth COMMIT is cut in the middle."""
    with proxy(connection.settings_dict["HOST"]) as one:
        yield one


def decide_through_cuts(cutting_proxy: Proxy, count: int) -> Crowds:
    """So many in each dataset."""
    crowds = Crowds.before("cuts", count)
    with database_at(str(cutting_proxy.folder)):
        with crowds.at_work():
            cutting_proxy.every = 4
            servers.wait_for(
                lambda: crowds.acknowledged + crowds.refused >= count * len(KINDS) or bool(crowds.errors), seconds=60,
                what="all decisions",
            )  # fmt: skip
        cutting_proxy.every = 0
    return crowds


def test_a_commit_that_is_cut_in_the_middle_decides_once(cutting_proxy: Proxy) -> None:
    crowds = decide_through_cuts(cutting_proxy, 70)
    assert crowds.wrongs() == []
    assert crowds.refused == 0
    assert (Decision.objects.count(), crowds.acknowledged) == (210, 210)
    assert cutting_proxy.replies_lost >= 20
    assert cutting_proxy.commits_lost >= 20
    assert sum(crowd.replayed for crowd in crowds.each) == cutting_proxy.replies_lost
    assert crowds.differences() == []


def test_the_check_finds_decisions_that_nobody_was_told_of(cutting_proxy: Proxy, monkeypatch) -> None:
    """Without the memory of requests, whoever asks again is told that the claim is lost."""
    monkeypatch.setattr(decisions, "replayed", lambda *_: None)
    crowds = decide_through_cuts(cutting_proxy, 15)
    assert any("nobody was told so" in wrong for wrong in crowds.wrongs()), crowds.wrongs()
    assert crowds.refused == cutting_proxy.replies_lost
