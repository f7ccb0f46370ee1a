import io
import zipfile
from dataclasses import replace
from functools import partial
from pathlib import Path

import joblib
import numpy as np
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression

from ground.errors import InvalidInput, PermanentLabelerError
from kinds import LabelTask
from labeling.labelers.base import Example, Failure, LabelerItem, PreparedLabeler, Suggestion, TrainedModel
from labeling.labelers.classifier.kind import ClassifierKind
from labeling.labelers.classifier.model import PreparedClassifier
from labeling.labelers.classifier.packing import dump_model
from tests.labeling.labelers.conftest import TEXTS, make_examples, make_task, picture

KIND = ClassifierKind()


def prepared(trained: TrainedModel, task: LabelTask, folder: Path) -> PreparedLabeler:
    path = folder / "model"
    path.write_bytes(trained.payload)
    return KIND.prepare(config={}, task=task, secret="", model=path)


def train(examples: list[Example], task: LabelTask) -> TrainedModel:
    return KIND.train(config={}, task=task, examples=examples)


def test_learns_texts_and_says_how_sure_it_is(tmp_path: Path, task: LabelTask) -> None:
    trained = train(make_examples(150), task)
    assert trained.trained_on == 150
    labeler = prepared(trained, task, tmp_path)
    answers = labeler.label([LabelerItem(1, "refund my money"), LabelerItem(2, "when are you open")])
    assert [answer.value for answer in answers if isinstance(answer, Suggestion)] == [
        {"labels": ["refund"]},
        {"labels": ["hours"]},
    ]
    (sure,) = labeler.label([LabelerItem(1, "please refund the payment")])
    (unsure,) = labeler.label([LabelerItem(2, "qqqq")])
    assert isinstance(sure, Suggestion)
    assert isinstance(unsure, Suggestion)
    assert (sure.confidence or 0) > (unsure.confidence or 0)
    assert (sure.margin or 0) > (unsure.margin or 0)
    assert sure.alternatives[0][0] == "refund"
    # A class without a chance to speak of may be missing.
    assert sum(share for _, share in sure.alternatives) == pytest.approx(1, abs=2e-3)


@pytest.mark.parametrize(("temperature", "told"), [(0.01, 2), (100.0, 3)])
def test_only_classes_with_a_chance_are_told_beside_the_first_two(
    tmp_path: Path, task: LabelTask, temperature: float, told: int
) -> None:
    labeler = prepared(train(make_examples(150), task), task, tmp_path)
    assert isinstance(labeler, PreparedClassifier)
    answers = replace(labeler, calibration=replace(labeler.calibration, temperature=temperature))
    (answer,) = answers.label([LabelerItem(1, "please refund the payment")])
    assert isinstance(answer, Suggestion)
    assert len(answer.alternatives) == told


def test_what_it_knew_of_a_merged_class_is_added_to_the_other(tmp_path: Path, task: LabelTask) -> None:
    trained = train(make_examples(150), task)
    before = prepared(trained, task, tmp_path)
    merged = replace(
        task,
        classes=tuple(
            replace(spec, retired=True, merged_into="card") if spec.name == "refund" else spec for spec in task.classes
        ),
    )
    after = prepared(trained, merged, tmp_path)
    items = [LabelerItem(1, "please refund the payment"), LabelerItem(2, "when are you open"), LabelerItem(3, "card")]
    for said, now in zip(before.label(items), after.label(items), strict=True):
        assert isinstance(said, Suggestion)
        assert isinstance(now, Suggestion)
        shares = dict(said.alternatives)
        assert now.value == ({"labels": ["hours"]} if said.value == {"labels": ["hours"]} else {"labels": ["card"]})
        assert dict(now.alternatives)["card"] == pytest.approx(
            shares.get("card", 0) + shares.get("refund", 0), abs=2e-3
        )


def test_reports_figures_of_held_out_examples(task: LabelTask) -> None:
    metrics = train(make_examples(150), task).metrics
    assert metrics["n"] == 150
    assert 0.8 < metrics["accuracy"] <= 1
    assert 0 <= metrics["ece"] < 0.3
    assert set(metrics["per_class"]) == set(TEXTS)
    assert metrics["per_class"]["card"].keys() == {"n", "precision", "recall", "f1"}
    assert metrics["per_class"]["card"]["n"] == 50
    assert {"macro_f1", "c", "folds", "calibration", "unreadable"} <= metrics.keys()


def test_learns_the_same_from_the_same(task: LabelTask) -> None:
    one, other = train(make_examples(40), task), train(make_examples(40), task)
    assert one.metrics == other.metrics
    assert _arrays(one.payload) == _arrays(other.payload)


def _arrays(payload: bytes) -> list[bytes]:
    """The archive names its arrays by where they lay in memory, so only what they hold can be compared."""
    with zipfile.ZipFile(io.BytesIO(payload)) as archive:
        return sorted(archive.read(name) for name in archive.namelist() if name.endswith(".npy"))


def test_a_class_with_a_single_example_does_no_harm(tmp_path: Path) -> None:
    task = make_task(names=(*TEXTS, "rare"))
    examples = [*make_examples(30), Example(LabelerItem(99, "something else entirely"), {"labels": ["rare"]})]
    trained = train(examples, task)
    assert trained.metrics["per_class"]["rare"]["n"] == 1
    (answer,) = prepared(trained, task, tmp_path).label([LabelerItem(1, "something else entirely")])
    assert isinstance(answer, Suggestion)
    assert "rare" in dict(answer.alternatives)


def test_ten_examples_of_two_classes_are_enough(tmp_path: Path) -> None:
    task = make_task(names=("refund", "card"))
    lone = [Example(LabelerItem(n, f"card number {n}"), {"labels": ["card"]}) for n in range(9)]
    trained = train([*lone, Example(LabelerItem(9, "refund"), {"labels": ["refund"]})], task)
    (answer,) = prepared(trained, task, tmp_path).label([LabelerItem(1, "card number 3")])
    assert isinstance(answer, Suggestion)
    assert answer.value == {"labels": ["card"]}
    assert answer.confidence is not None
    # Ten examples cannot support more.
    assert answer.confidence == pytest.approx(1 - 1 / 12, abs=1e-5)


@pytest.mark.parametrize(
    ("examples", "says"),
    [
        (make_examples(9), "at least 10 reviewed items; there are 9. Review 1 more"),
        ([Example(LabelerItem(n, "x"), {"labels": ["card"]}) for n in range(20)], "at least 2 classes; there are 1"),
        ([Example(LabelerItem(n, "x"), {"labels": ["gone"]}) for n in range(20)], "there are 0"),
    ],
)
def test_too_little_to_learn_from_is_refused_with_the_remedy(
    examples: list[Example], says: str, task: LabelTask
) -> None:
    with pytest.raises(InvalidInput, match=says):
        train(examples, task)


def test_several_labels_at_once(tmp_path: Path) -> None:
    task = make_task(multi_label=True)
    single = make_examples(120)
    double = [
        Example(LabelerItem(200 + n, f"refund my money, my card is broken {n}"), {"labels": ["refund", "card"]})
        for n in range(30)
    ]
    none = [Example(LabelerItem(300 + n, f"lorem ipsum dolor {n}"), {"labels": []}) for n in range(30)]
    trained = train([*single, *double, *none], task)
    answers = prepared(trained, task, tmp_path).label(
        [LabelerItem(1, "refund my money, my card is broken 99"), LabelerItem(2, "lorem ipsum dolor 99")]
    )
    values = [answer.value for answer in answers if isinstance(answer, Suggestion)]
    assert values == [{"labels": ["refund", "card"]}, {"labels": []}]
    assert trained.metrics["accuracy"] > 0.8


def test_where_every_example_has_a_label_every_item_gets_one(tmp_path: Path) -> None:
    task = make_task(multi_label=True)
    trained = train(make_examples(60), task)
    (answer,) = prepared(trained, task, tmp_path).label([LabelerItem(1, "")])
    assert isinstance(answer, Suggestion)
    assert answer.value is not None
    assert len(answer.value["labels"]) == 1


def test_learns_images_and_reports_those_it_cannot_read(tmp_path: Path) -> None:
    task = make_task(item_kind="image", names=("disc", "bars"))
    examples = []
    for number in range(24):
        shape = ("disc", "bars")[number % 2]
        examples.append(Example(LabelerItem(number, image=partial(picture, shape, number * 3)), {"labels": [shape]}))
    broken = LabelerItem(98, image=lambda: b"not an image")
    trained = train([*examples, Example(broken, {"labels": ["disc"]})], task)
    assert trained.metrics["unreadable"] == 1
    assert trained.metrics["accuracy"] == 1
    fresh = LabelerItem(99, image=lambda: picture("bars", shade=100))
    unreadable, bars, missing = prepared(trained, task, tmp_path).label([broken, fresh, LabelerItem(97)])
    assert isinstance(bars, Suggestion)
    assert bars.value == {"labels": ["bars"]}
    assert isinstance(unreadable, Failure)
    assert unreadable.kind == "unreadable"
    assert isinstance(missing, Failure)
    assert "no image" in missing.detail


def test_without_a_model_it_says_what_to_do(task: LabelTask) -> None:
    with pytest.raises(PermanentLabelerError, match="review at least 10 items, then train"):
        KIND.prepare(config={}, task=task, secret="", model=None)


def test_a_model_for_another_kind_of_dataset_is_refused(tmp_path: Path, task: LabelTask) -> None:
    trained = train(make_examples(30), task)
    with pytest.raises(PermanentLabelerError, match="another kind of dataset"):
        prepared(trained, make_task(multi_label=True), tmp_path)


def test_a_model_whose_classes_are_retired_is_refused(tmp_path: Path, task: LabelTask) -> None:
    trained = train(make_examples(30), task)
    specs = tuple(replace(spec, retired=spec.name != "card") for spec in task.classes)
    with pytest.raises(PermanentLabelerError, match="deactivated"):
        prepared(trained, replace(task, classes=specs), tmp_path)


class _Trap:
    """Unpickling it would leave a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.path,)


def test_a_pickle_is_refused_and_not_run(tmp_path: Path, task: LabelTask) -> None:
    model, trap = tmp_path / "model", tmp_path / "trap"
    joblib.dump(_Trap(trap), model)
    with pytest.raises(PermanentLabelerError, match="not a model file"):
        KIND.prepare(config={}, task=task, secret="", model=model)
    assert not trap.exists()


@pytest.mark.parametrize(
    "payload",
    [
        skops.io.dumps(LogisticRegression()),
        skops.io.dumps({"format": 1, "call": np.save}),
        skops.io.dumps({"format": 99}),
        skops.io.dumps([1]),
        dump_model({"item_kind": "text", "multi_label": False, "classes": ["card"]}),
        dump_model(
            {
                "item_kind": "text",
                "multi_label": False,
                "classes": ["card", "refund"],
                "weights": np.zeros((3, 9)),
                "bias": np.zeros(9),
            }
        ),
        b"",
        b"PK\x03\x04 broken",
    ],
    ids=["estimator", "function", "version", "list", "parts", "shapes", "empty", "zip"],
)
def test_any_other_file_is_refused(payload: bytes, tmp_path: Path, task: LabelTask) -> None:
    path = tmp_path / "model"
    path.write_bytes(payload)
    with pytest.raises(PermanentLabelerError, match="Train the labeler again"):
        KIND.prepare(config={}, task=task, secret="", model=path)


def test_a_missing_file_is_named(tmp_path: Path, task: LabelTask) -> None:
    with pytest.raises(PermanentLabelerError, match="missing"):
        KIND.prepare(config={}, task=task, secret="", model=tmp_path / "none")


@pytest.mark.parametrize("config", [{"max_examples": 5}, {"seed": -1}, {"seed": 1.5}, {"max_examples": "many"}])
def test_settings_out_of_range_are_refused(config: dict[str, object], task: LabelTask) -> None:
    with pytest.raises(InvalidInput):
        KIND.check_config(config, task)


def test_learns_from_no_more_than_the_setting_allows(task: LabelTask) -> None:
    trained = KIND.train(config={"max_examples": 20}, task=task, examples=make_examples(100))
    assert trained.trained_on == 20
