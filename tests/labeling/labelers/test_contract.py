"""What every labeler kind must do. A kind of your own: add it to `READY` and run this file."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ground.errors import InvalidInput, LabelerError, PermanentLabelerError
from kinds import NOWHERE, TASK_KINDS, LabelTask
from labeling.labelers import LABELER_KINDS
from labeling.labelers.base import Failure, LabelerItem, PreparedLabeler, Suggestion
from tests.labeling.labelers.conftest import make_examples
from tests.labeling.labelers.fake_endpoint import endpoint, said

ITEMS = [
    LabelerItem(1, "please refund my payment", metadata={"channel": "mail"}),
    LabelerItem(2, "my card is broken"),
    LabelerItem(3, "zzz ööö 漢字 \n\t 🙂"),
    LabelerItem(4, ""),
]
RULES = {"rules": [{"label": "refund", "keywords": ["refund"]}, {"label": "card", "pattern": "card"}]}

Ready = Callable[..., PreparedLabeler]


@pytest.fixture
def ready(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ready]:
    """Prepares the kind that the test is run for, with all that it needs."""
    with endpoint(lambda asked: said("card", 0.7)) as server:
        monkeypatch.setenv("OUTBOUND_ALLOW", server.pair)
        configs: dict[str, dict[str, Any]] = {
            "rules": RULES,
            "classifier": {},
            "llm": {"base_url": server.base_url, "model": "tiny"},
        }

        def prepare(task: LabelTask, now: LabelTask | None = None) -> PreparedLabeler:
            kind = LABELER_KINDS[request.param]
            config = kind.check_config(configs[request.param], task)
            model = None
            if kind.trainable:
                model = tmp_path / "model"
                model.write_bytes(kind.train(config=config, task=task, examples=make_examples(30)).payload)
            return kind.prepare(config=config, task=now or task, secret="sk-canary", model=model)

        yield prepare


each_kind = pytest.mark.parametrize("name", LABELER_KINDS)
each_runnable = pytest.mark.parametrize("ready", [name for name in LABELER_KINDS if name != "imported"], indirect=True)


@each_kind
def test_is_registered_under_its_name(name: str) -> None:
    kind = LABELER_KINDS[name]
    assert kind.name == name
    assert kind.title
    assert 1 <= kind.chunk <= 1_000
    assert isinstance(kind.trainable, bool)
    assert isinstance(kind.needs_secret, bool)


@each_kind
def test_refuses_an_unknown_setting_by_name(name: str, task: LabelTask) -> None:
    with pytest.raises(InvalidInput) as caught:
        LABELER_KINDS[name].check_config({"no_such_setting": 1}, task)
    assert "no_such_setting" in caught.value.message


@each_runnable
def test_gives_one_answer_for_each_item(ready: Ready, task: LabelTask) -> None:
    answers = ready(task).label(ITEMS)
    assert len(answers) == len(ITEMS)
    for answer in answers:
        assert isinstance(answer, Suggestion | Failure)


@each_runnable
def test_gives_nothing_for_no_items(ready: Ready, task: LabelTask) -> None:
    assert ready(task).label([]) == []


@each_runnable
def test_says_nothing_but_values_in_normal_form_with_probabilities(ready: Ready, task: LabelTask) -> None:
    kind = TASK_KINDS[task.task_kind]
    for answer in ready(task).label(ITEMS):
        if isinstance(answer, Failure) or answer.value is None:
            continue
        assert kind.parse(answer.value, task, NOWHERE).value == answer.value
        assert answer.confidence is not None
        assert 0 <= answer.confidence <= 1
        assert answer.margin is None or 0 <= answer.margin <= 1
        assert len(answer.alternatives) <= 10
        assert all(name in task.names and 0 <= share <= 1 for name, share in answer.alternatives)
        shares = [share for _, share in answer.alternatives]
        assert all(math.isfinite(share) for share in shares)


@each_runnable
def test_answers_the_same_again(ready: Ready, task: LabelTask) -> None:
    prepared = ready(task)
    values = [getattr(answer, "value", None) for answer in prepared.label(ITEMS)]
    assert values == [getattr(answer, "value", None) for answer in prepared.label(ITEMS)]


@each_runnable
def test_never_gives_a_class_that_was_retired_since(ready: Ready, task: LabelTask) -> None:
    specs = tuple(replace(spec, retired=spec.name == "card") for spec in task.classes)
    try:
        answers = ready(task, now=replace(task, classes=specs)).label(ITEMS)
    except LabelerError:
        return
    for answer in answers:
        assert isinstance(answer, Failure) or answer.value is None or "card" not in answer.value["labels"]


@each_kind
def test_a_kind_that_learns_can_be_taught_and_no_other(name: str) -> None:
    kind = LABELER_KINDS[name]
    assert kind.trainable == hasattr(kind, "train")


def test_too_few_examples_teach_nothing(task: LabelTask) -> None:
    with pytest.raises(InvalidInput):
        LABELER_KINDS["classifier"].train(config={}, task=task, examples=make_examples(3))


def test_imported_predictions_cannot_be_run(task: LabelTask) -> None:
    with pytest.raises(PermanentLabelerError, match="file"):
        LABELER_KINDS["imported"].prepare(config={}, task=task, secret="", model=None)
