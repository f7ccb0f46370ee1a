"""A model's endpoint with every fault at once: each item gets one label or one failure that a person looks at, and
asking stays cheap."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from datasets.models import Item, Waiting
from ground.network import outbound
from kinds import NOWHERE
from labeling.labelers.base import Suggestion
from labeling.labelers.checking import checked
from labeling.labelers.llm import client as llm_client
from labeling.labelers.llm import labeler as llm_labeler
from labeling.models import Outcome, PreLabel, Run
from labeling.runs import asking, planning, working
from labeling.runs.saving import Answered
from tests.chaos import storm
from tests.chaos.faulty_model import HUGE, PASSING, FaultyModel, faults_of, faulty_model
from tests.each_kind import KINDS, cast_of, name_of

pytestmark = [pytest.mark.slow, pytest.mark.chaos, pytest.mark.django_db(transaction=True)]
ITEMS = 300
MOST_CALLS = 1.3


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits of seconds in the place of minutes."""
    client = partial(outbound.outbound_client, read_seconds=1.0, total_seconds=2.0)
    monkeypatch.setattr(llm_labeler, "outbound_client", client)
    monkeypatch.setattr(llm_client, "READ_SECONDS", 1.0)
    monkeypatch.setattr(llm_client, "_LONGEST_PAUSE", 0.1)


def run_over(model: FaultyModel, monkeypatch: pytest.MonkeyPatch, *, items: int = ITEMS) -> Run:
    """A run over all items, worked to its end in this process."""
    monkeypatch.setenv("OUTBOUND_ALLOW", model.pair)
    run = storm.planned(cast_of(model.task_kind), model, items=items, concurrency=8)
    planning.plan_run(run.pk)
    while working.work_batches(run.pk):
        pass
    run.refresh_from_db()
    return run


def wrongs(run: Run, model: FaultyModel, *, items: int = ITEMS) -> list[str]:
    """Everything that is not as it should be after such a run."""
    found = storm.wrongs(run, items=items)
    failed = set(PreLabel.objects.filter(run=run, outcome=Outcome.FAILED).values_list("item__external_id", flat=True))
    ending = ".png" if model.task_kind == "regions" else ""
    lasting = {f"i{number}{ending}" for number, fault in model.faults.items() if fault not in PASSING}
    if failed != lasting:
        found.append(f"failed: {sorted(failed ^ lasting)} too many or too few")
    lanes = Item.objects.filter(external_id__in=lasting).values_list("status", "lane").distinct()
    if list(lanes) != [("waiting", "failed")] or Waiting.objects.filter(lane="failed").count() != len(lasting):
        found.append(f"failures stand as {list(lanes)}")
    answers = (
        PreLabel.objects.filter(run=run).exclude(outcome=Outcome.FAILED).values_list("value", flat=True).distinct()
    )
    if [name_of(value) for value in answers] != ["card"]:
        found.append(f"of one card in each item it is said {list(answers)}")
    if model.calls > MOST_CALLS * items:
        found.append(f"{model.calls} calls for {items} items")
    # Half of it may lie in the buffers between the two.
    if model.taken > HUGE / 2 * list(model.faults.values()).count("huge"):
        found.append(f"{model.taken} bytes of a huge answer were taken")
    return found


@pytest.mark.parametrize("task_kind", KINDS)
def test_every_item_has_a_label_or_a_failure_that_somebody_looks_at(monkeypatch, task_kind: str) -> None:
    # Two items of each fault, spread over all batches.
    faults = 2 * faults_of(task_kind)
    script = {7 + ITEMS // (len(faults) + 1) * place: fault for place, fault in enumerate(faults)}
    with faulty_model(script, task_kind) as model:
        run = run_over(model, monkeypatch)
    assert run.status == "done"
    assert wrongs(run, model) == []
    assert set(model.asked) == set(range(ITEMS))


def naive(name: str) -> Callable[[pytest.MonkeyPatch], None]:
    """One protection taken out."""
    return {
        "as often as it takes": lambda patched: patched.setattr(llm_client, "TRIES", 30),
        "as much as it sends": lambda patched: patched.setattr(outbound._BoundedStream, "__iter__", whole),
        "as if it were true": lambda patched: patched.setattr(asking, "_ask", believing),
    }[name]


def whole(self: Any) -> Any:
    yield from self._stream


def believing(bench: Any, rows: Any, *, last_attempt: bool) -> Any:
    """Whatever could not be read was a card."""
    items = asking._as_seen(rows, bench.task)
    answers = bench.labeler.label(items)
    good = next(answer for answer in answers if isinstance(answer, Suggestion))
    said = [checked(answer if isinstance(answer, Suggestion) else good, bench.task, NOWHERE) for answer in answers]
    return Answered.of(items, said)


@pytest.mark.parametrize(
    ("protection", "faults", "says"),
    [
        ("as often as it takes", {3: "broken", 9: "broken"}, "calls for"),
        ("as much as it sends", {3: "huge"}, "bytes of a huge answer"),
        ("as if it were true", {3: "no_json", 9: "wrong_label"}, "too many or too few"),
    ],
)
def test_the_check_finds_a_naive_client(monkeypatch, protection: str, faults: dict[int, str], says: str) -> None:
    naive(protection)(monkeypatch)
    with faulty_model(faults) as model:
        run = run_over(model, monkeypatch, items=40)
    assert any(says in wrong for wrong in wrongs(run, model, items=40)), wrongs(run, model, items=40)


def test_a_wrong_key_pauses_the_run_after_one_call(monkeypatch) -> None:
    with faulty_model(dict.fromkeys(range(ITEMS), "unauthorized")) as model:
        run = run_over(model, monkeypatch)
    assert (run.status, "API key" in run.status_reason) == ("paused", True)
    assert model.calls == 1
    assert not PreLabel.objects.exists()


def test_the_check_finds_a_wrong_key_that_every_thread_tries(monkeypatch) -> None:
    """The negative control: nobody goes ahead."""
    monkeypatch.setattr(
        "labeling.labelers.llm.client.Endpoint.has_answered", property(lambda *_: True, lambda *_: None), raising=False
    )
    with faulty_model(dict.fromkeys(range(ITEMS), "unauthorized")) as model:
        run = run_over(model, monkeypatch)
    assert run.status == "paused"
    assert model.calls > 3
