"""Two and three reviews an item, people who differ and change their minds, and a manager who changes everything, over
each kind of label: what was acknowledged is there, nobody was asked twice, every item stands where its answers put it,
and what is compared with the machine is what the answers say."""

import itertools
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from accounts.models import Role, User
from datasets.models import Dataset, Item, Membership, Resettlement
from labeling.models import Recall, Reroute
from operating import sweeping
from review.deciding import settling
from tests import servers
from tests.chaos.crowd import people
from tests.chaos.storm import children
from tests.chaos.strife import Strife
from tests.each_kind import KINDS, cast_of, import_items, machine, seeing_model
from tests.labeling.labelers.fake_endpoint import Endpoint
from tests.loops import claim_one, label, run_to_end
from work.models import State

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """One that sees a card in every image."""
    with seeing_model() as running:
        monkeypatch.setenv("OUTBOUND_ALLOW", running.pair)
        yield running


def quarrelsome(
    task_kind: str, model: Endpoint | None, *, reviews: int, items: int = 60, count: int = 4, workers: bool = False
) -> tuple[Strife, list[User]]:
    """A queue, its reviewers, and a manager and an admin who settle their disputes."""
    cast = cast_of(task_kind)
    Dataset.objects.update(reviews_per_item=reviews)
    cast.dataset.refresh_from_db()
    import_items(cast.dataset, cast.manager, items)
    run_to_end(machine(cast.dataset, cast.manager, model=model, confidence=0.5), cast.manager)
    boss = User.objects.create_user("boss")
    Membership.objects.create(dataset=cast.dataset, user=boss, role=Role.MANAGER)
    return Strife(cast.dataset, boss, model, workers), [*people(cast.dataset, count), cast.manager, cast.admin]


@pytest.mark.parametrize("task_kind", KINDS)
def test_a_short_one(task_kind: str, model: Endpoint) -> None:
    strife, everybody = quarrelsome(task_kind, model, reviews=2)
    strife.rage(everybody, seconds=4)
    assert strife.wrongs() == []
    assert len(strife.acknowledged) > 20, strife.acts
    compared(strife)


def test_the_check_finds_answers_that_the_machine_knows_nothing_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: an item that waits for another answer does not know of the one that it has."""
    put = settling.put

    def forgetful(**settings: Any) -> None:
        put(**settings)
        Item.objects.filter(pk=settings["item"].pk, status="waiting").update(answers=0)

    monkeypatch.setattr(settling, "put", forgetful)
    strife, everybody = quarrelsome("classification", None, reviews=3)
    label(strife.dataset, everybody[0], claim_one(strife.dataset, everybody[0]), "card")
    assert any("it counts 0 answers" in one for one in strife.wrongs())


@pytest.mark.chaos
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("task_kind", "reviews"), [("classification", 3), ("spans", 2), ("regions", 3)])
def test_a_long_one_with_kills(
    task_kind: str, reviews: int, model: Endpoint, shared_media: Path, celery_worker_process: Any
) -> None:
    strife, everybody = quarrelsome(task_kind, model, reviews=reviews, items=400, count=6, workers=True)
    workers = [celery_worker_process("filesystem://", processes=2) for _ in range(2)]
    deeds = itertools.cycle([kill_a_process, kill_a_worker, cut_a_connection])
    next_deed = time.monotonic() + 5

    def meanwhile() -> None:
        nonlocal next_deed
        sweeping.sweep_safely()
        if time.monotonic() > next_deed:
            next(deeds)(workers, celery_worker_process)
            next_deed = time.monotonic() + 5

    strife.rage(everybody, seconds=45, meanwhile=meanwhile)
    servers.wait_for(nothing_left, seconds=120, what="the end of all jobs")
    for worker in workers:
        servers.end(worker, seconds=0.5)
    assert strife.wrongs() == []
    assert len(strife.acknowledged) > 300, strife.acts
    compared(strife)


def compared(strife: Strife) -> None:
    """The machine is right of some and wrong of others, and everything that is counted of them is as it should be."""
    strife.settle_some()
    assert strife.wrongs() == []
    rights = Item.objects.filter(dataset=strife.dataset, matched__isnull=False).values_list("matched", flat=True)
    assert set(rights) == {True, False}, (strife.acts, Counter(rights))


def nothing_left() -> bool:
    """Whether all passes are over."""
    sweeping.sweep_safely()
    threading.Event().wait(0.5)
    over = [State.DONE]
    return not any(model.objects.exclude(state__in=over).exists() for model in (Reroute, Recall, Resettlement))


def kill_a_process(workers: list[Any], _: Any) -> None:
    """One of a worker's pool."""
    for pid in children(workers[0])[:1]:
        os.kill(pid, signal.SIGKILL)


def kill_a_worker(workers: list[Any], start: Any) -> None:
    """A whole one; another is started in its place."""
    worker = workers.pop()
    worker.send(signal.SIGKILL)
    workers.insert(0, start("filesystem://", processes=2))


def cut_a_connection(_: list[Any], __: Any) -> None:
    """Somebody's, in the middle of what they do."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1"
        )
