"""Fair work: a run, hung or slow, delays nobody else's import, run, export or trial; and whose turn it is."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from celery import current_app
from django.conf import settings
from django.db import connection, transaction

from accounts.models import User
from datasets.making import NewClass, create_dataset
from datasets.models import Dataset
from exchange import exporting, importing
from exchange.models import Import
from labeling.models import Batch, Labeler, PreLabel, Run
from labeling.runs import planning, turns, working
from labeling.setup.defining import create_labeler
from labeling.setup.trying import try_labeler
from operating import sweeping
from operating.management.programs import WORKERS
from supervision.children import Child
from tests import servers
from tests.labeling.runs.slow_model import model
from tests.loops import import_rows, rules, texts
from tests.people import CLASSES, Cast, make_cast
from work import doorbell, leasing
from work.models import State

SOON = 10.0  # seconds; taking turns it takes a fraction of one, and without turns two minutes were not enough


def dataset_of(cast: Cast, name: str, items: int = 0) -> Dataset:
    """Another dataset of the cast, with so many texts."""
    classes = [*map(NewClass, CLASSES)]
    dataset = create_dataset(name=name, slug=name, item_kind="text", creator=cast.admin, classes=classes)
    if items:
        import_rows(dataset, cast.admin, texts(items))
    return dataset


def start(labeler: Labeler, actor: User) -> Run:
    run = planning.start_run(labeler=labeler, actor=actor)
    planning.ring(run)
    return run


def planned(labeler: Labeler, actor: User) -> Run:
    run = planning.start_run(labeler=labeler, actor=actor)
    assert planning.plan_run(run.pk)
    return run


@pytest.fixture
def workers(celery_worker_process, broker: str) -> Callable[[], list[Child]]:
    """Starts the workers that the product starts, on each broker in turn."""

    def begin() -> list[Child]:
        return [celery_worker_process(broker, queues=queues, processes=1) for queues in WORKERS.values()]

    return begin


def await_done(rows: list[Any], child: Child) -> None:
    """All of these jobs and runs are done soon."""

    def done() -> bool:
        for row in rows:
            row.refresh_from_db()
        return all((row.status if isinstance(row, Run) else row.state) == "done" for row in rows)

    servers.wait_for(done, seconds=SOON, what=", ".join(map(str, rows)), child=child)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_another_datasets_model_that_hangs_or_is_slow(workers) -> None:
    cast = make_cast()
    alpha, slow, beta = (
        dataset_of(cast, "alpha", 100),
        dataset_of(cast, "slow", 10_000),
        dataset_of(cast, "beta", 1_000),
    )
    by_rules = rules(beta, cast.admin)
    with model(600) as hung, model(2) as patient:
        _, jobs, _, network = workers()
        in_vain = start(hung.labeler(alpha, cast.admin), cast.admin)
        for _ in range(3):
            try_labeler(labeler=alpha.labelers.get(), actor=cast.admin)
        doorbell.ring("work.trial")
        at_it = start(patient.labeler(slow, cast.admin), cast.admin)
        servers.wait_for(lambda: hung.asked > 1 and patient.asked > 4, what="both models", child=network)
        job = importing.create_import(
            dataset=beta, actor=cast.admin, file_name="five.csv", format="csv", then_run=False,
            chunks=[b"id,text\n" + b"".join(b"n%d,my card %d\n" % (n, n) for n in range(5))],
        )  # fmt: skip
        run = start(by_rules, cast.admin)
        export = exporting.start_export(dataset=beta, actor=cast.admin, format="csv", include={})
        trial = try_labeler(labeler=by_rules, actor=cast.admin)
        doorbell.ring("work.trial")
        await_done([job, run, export, trial], jobs)
        assert (job.accepted, run.total) == (5, 1_000 + 5 * (run.total > 1_000))
        for one in (in_vain, at_it):
            one.refresh_from_db()
            assert one.status == "running"
        # The slow one goes on all the while.
        labelled = PreLabel.objects.filter(run=at_it, outcome="labelled")
        servers.wait_for(labelled.exists, seconds=3 * SOON, what="the slow model's first answers", child=network)
        for one in (in_vain, at_it):
            planning.cancel_run(run=one, actor=cast.admin)
        # What is left is the call of a trial, which nobody has cancelled.
        servers.wait_for(lambda: hung.hung_up + 1 >= hung.asked, what="hanging up", child=network)
        assert not Batch.objects.filter(state=State.RUNNING).exists()


@pytest.mark.django_db(transaction=True)
def test_of_each_bell_one_waits_however_often_it_is_rung(broker: str, cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(40))
    labeler = rules(cast.dataset, cast.manager)
    for _ in range(3):
        run = start(labeler, cast.manager)
        planning.plan_run(run.pk)
    importing.create_import(
        dataset=cast.dataset, actor=cast.manager, file_name="a.csv", format="csv", chunks=[b"text\na\n"]
    )
    for _ in range(20):
        sweeping.sweep()
        doorbell.ring(planning.WORK_BATCHES)
    assert waiting_bells()[planning.WORK_BATCHES] == waiting_bells()["work.import"] == 1
    assert max(waiting_bells().values()) == 1
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: doorbell._send(planning.ASK_BATCHES), range(40)))
    assert waiting_bells()[planning.ASK_BATCHES] == 1


def waiting_bells() -> dict[str, int]:
    """Messages that the broker holds, by bell."""
    with current_app.connection_for_write() as link:
        channel: Any = link.default_channel
        return {bell: channel._size(bell) for bells in settings.QUEUES.values() for bell in bells}


def test_a_bell_that_was_heard_can_be_rung_again(broker: str) -> None:
    with current_app.connection_for_write() as link:
        channel: Any = link.default_channel
        for _ in range(2):
            doorbell._send("work.trial")
            assert channel._get("work.trial")["headers"]["task"] == "work.trial"
            assert channel._size("work.trial") == 0


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_cancelling_ends_the_calls_in_flight(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(40))
    with model(600) as hung:
        run = planned(hung.labeler(cast.dataset, cast.manager), cast.manager)
        with ThreadPoolExecutor(1) as pool:
            work = pool.submit(in_a_thread, lambda: working.work_batches(run.pk))
            servers.wait_for(lambda: hung.asked > 0, what="a call")
            planning.cancel_run(run=run, actor=cast.manager)
            # Far below the time that an answer may take.
            assert work.result(timeout=3 * SOON)
        assert hung.hung_up == hung.asked
    assert set(Batch.objects.filter(run=run).values_list("state", flat=True)) == {State.CANCELLED}
    assert not PreLabel.objects.filter(run=run).exists()


def unreachable(dataset: Dataset, actor: User, name: str = "model") -> Labeler:
    """One of few items a batch, that nobody asks."""
    config = {"base_url": "http://127.0.0.1:9/v1", "model": "tiny"}
    return create_labeler(dataset=dataset, actor=actor, name=name, kind="llm", config=config)


def in_a_thread(work: Callable[[], Any]) -> Any:
    try:
        return work()
    finally:
        connection.close()


def test_datasets_take_turns(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(60))
    beta, gamma = dataset_of(cast, "beta", 60), dataset_of(cast, "gamma", 60)
    for dataset in (cast.dataset, cast.dataset, beta, gamma):
        planned(rules(dataset, cast.admin, name=f"rules {Run.objects.count()}"), cast.admin)
    served = []
    for _ in range(9):
        batch = turns.claim_next(network=False)
        assert batch is not None
        served.append(batch.run.dataset.slug)
        leasing.put_down(batch)
    assert served == ["letters", "beta", "gamma"] * 3


def test_whoever_holds_the_fewest_is_next(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(600))
    beta = dataset_of(cast, "beta", 600)
    planned(rules(cast.dataset, cast.admin), cast.admin)
    planned(rules(beta, cast.admin), cast.admin)
    kinds = turns.kinds(network=False)
    assert "rules" in kinds
    assert "llm" in turns.kinds(network=True)
    held = [turns.claim_next(network=False) for _ in range(2)]
    assert {batch.run.dataset.slug for batch in held if batch} == {"letters", "beta"}
    assert turns.claim_next(network=True) is None


def test_a_model_that_hangs_has_few_workers_and_every_run_may_have_one(cast: Cast) -> None:
    datasets = [cast.dataset, *(dataset_of(cast, f"d{number}") for number in range(20))]
    for dataset in datasets:
        import_rows(dataset, cast.admin, texts(200))
        planned(unreachable(dataset, cast.admin), cast.admin)
    first = Run.objects.earliest("id")
    Run.objects.exclude(pk=first.pk).update(status="paused")
    alone = [turns.claim_next(network=True) for _ in range(turns.MOST_OF_A_DATASET + 1)]
    assert [batch is not None for batch in alone] == [True] * turns.MOST_OF_A_DATASET + [False]
    Run.objects.update(status="running")
    taken: list[str] = []
    while batch := turns.claim_next(network=True):
        taken.append(batch.run.dataset.slug)
    assert set(taken) == {dataset.slug for dataset in datasets[1:]}
    assert len(taken) + len(alone) - 1 <= settings.NETWORK_THREADS - settings.TRIAL_THREADS


def test_a_second_model_of_the_same_dataset_is_not_held_up_by_the_first(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(400))
    one, other = (planned(unreachable(cast.dataset, cast.admin, name), cast.admin) for name in ("hangs", "works"))
    Run.objects.filter(pk=other.pk).update(status="paused")
    while turns.claim_next(network=True):
        pass
    Run.objects.filter(pk=other.pk).update(status="running")
    batch = turns.claim_next(network=True)
    assert batch is not None
    assert (batch.run_id, Batch.objects.filter(run=one, state=State.RUNNING).count()) == (other.pk, 4)


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_hold_one_batch_and_none_waits_for_another(cast: Cast) -> None:
    import_rows(cast.dataset, cast.manager, texts(200))
    run = planned(unreachable(cast.dataset, cast.manager), cast.manager)
    oldest = Batch.objects.filter(run=run).earliest("id")
    with ThreadPoolExecutor(8) as pool, transaction.atomic():
        # Somebody is just claiming the oldest: nobody stands behind them.
        Batch.objects.select_for_update().get(pk=oldest.pk)
        held = list(pool.map(lambda _: in_a_thread(lambda: turns.claim_of(run.pk)), range(8), timeout=SOON))
    numbers = [batch.pk for batch in held if batch is not None]
    assert len(set(numbers)) == len(numbers) > 0
    assert oldest.pk not in numbers


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_hold_one_job(cast: Cast) -> None:
    for number in range(5):
        importing.create_import(
            dataset=cast.dataset, actor=cast.manager, file_name=f"{number}.csv", format="csv", chunks=[b"text\na\n"]
        )
    with ThreadPoolExecutor(8) as pool:
        held = [row for row in pool.map(lambda _: in_a_thread(lambda: leasing.claim(Import)), range(16)) if row]
    assert len(held) == len({row.pk for row in held}) == 5


@pytest.mark.django_db(transaction=True)
def test_a_worker_passes_by_what_another_is_just_taking(cast: Cast) -> None:
    rows = [
        importing.create_import(
            dataset=cast.dataset, actor=cast.manager, file_name=f"{number}.csv", format="csv", chunks=[b"text\na\n"]
        )
        for number in range(2)
    ]
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        assert leasing.claim(Import) == rows[0]
        assert pool.submit(in_a_thread, lambda: leasing.claim(Import)).result(timeout=SOON) == rows[1]


def test_the_check_finds_a_model_that_takes_every_worker(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: without bounds a run that hangs holds as many workers as it has batches."""
    start_of_bounds = turns._IN_TURN.index("WHERE NOT %(network)s")
    end_of_bounds = turns._IN_TURN.index("ORDER BY of_dataset")
    monkeypatch.setattr(turns, "_IN_TURN", turns._IN_TURN[:start_of_bounds] + turns._IN_TURN[end_of_bounds:])
    import_rows(cast.dataset, cast.manager, texts(200))
    run = planned(unreachable(cast.dataset, cast.admin), cast.admin)
    while turns.claim_next(network=True):
        pass
    assert Batch.objects.filter(run=run, state=State.RUNNING).count() > turns.MOST_OF_A_DATASET
