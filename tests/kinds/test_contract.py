"""What every task kind must keep, whatever its labels are."""

import json
import random
from typing import Any

import pytest

from ground.errors import InvalidInput, InvalidValue
from kinds import TASK_KINDS, ClassSpec, Extent, LabelTask, LabelValue, TaskKind, TaskSettings
from kinds.elements import Elements
from kinds.matching import compare, same
from kinds.summary import summarise

CLASSES = (ClassSpec("a"), ClassSpec("b"), ClassSpec("c", retired=True))
EXTENTS = {"text": Extent(length=100), "image": Extent(width=200, height=100)}
SPANS = [{"start": 0, "end": 20, "label": "a", "id": "x"}, {"start": 10, "end": 40, "label": "b", "id": "y"}]
# A value of each kind of the product, as people give it, and another that is not the same.
SAMPLES: dict[str, tuple[Any, Any]] = {
    "classification": ({"labels": ["a"]}, {"labels": ["b"]}),
    "spans": (
        {"spans": SPANS, "relations": [{"from": "x", "to": "y", "label": "of"}]},
        {"spans": SPANS, "relations": []},
    ),
    "regions": (
        {
            "regions": [
                {"label": "a", "box": [10, 10, 30, 20]},
                {"label": "b", "rotated_box": [60, 50, 30, 20, 30]},
                {"label": "a", "polygon": [[[100, 10], [150, 10], [120, 60]], [[120, 20], [125, 20], [122, 25]]]},
            ]
        },
        {"regions": [{"label": "a", "box": [10, 10, 30, 20]}]},
    ),
}
SETTINGS = {"spans": {"relations": ["of"]}}


def of_the_product() -> list[str]:
    return sorted(name for name, kind in TASK_KINDS.items() if type(kind).__module__.startswith("kinds."))


@pytest.fixture(params=of_the_product())
def kind(request: pytest.FixtureRequest) -> TaskKind:
    return TASK_KINDS[request.param]


@pytest.fixture
def task(kind: TaskKind) -> LabelTask:
    settings = kind.settings(SETTINGS.get(kind.name, {}))
    return LabelTask(min(kind.item_kinds or {"text"}), kind.name, settings, CLASSES)


@pytest.fixture
def extent(task: LabelTask) -> Extent:
    return EXTENTS[task.item_kind]


@pytest.fixture
def value(kind: TaskKind, task: LabelTask, extent: Extent) -> LabelValue:
    return kind.parse(SAMPLES[kind.name][0], task, extent).value


def test_every_kind_of_the_product_has_a_sample_here() -> None:
    assert of_the_product() == sorted(SAMPLES)


def test_every_part_of_the_protocol_is_there(kind: TaskKind) -> None:
    parts = {*TaskKind.__annotations__, *(name for name in vars(TaskKind) if not name.startswith("_"))}
    assert {"name", "unit", "variants", "parse", "overlaps", "damage"} <= parts
    assert [name for name in sorted(parts) if not hasattr(kind, name)] == []
    assert TASK_KINDS[kind.name] is kind
    assert kind.title
    assert kind.unit in ("item", "element")
    assert kind.classes_needed in (0, 1, 2)
    assert kind.item_kinds is None or kind.item_kinds
    assert all(isinstance(kind.settings(variant.settings), TaskSettings) for variant in kind.variants)
    assert kind.editor.template == f"review/editors/{kind.name}.html"
    assert kind.editor.script == f"review/editors/{kind.name}.js"


def test_every_setting_has_a_default_and_unknown_ones_are_refused(kind: TaskKind) -> None:
    settings = kind.settings({})
    assert kind.settings(json.loads(settings.model_dump_json())) == settings
    with pytest.raises(InvalidInput, match=r"Unknown task setting: no such\."):
        kind.settings({"no such": 1})


def test_a_value_comes_back_from_its_bytes(kind: TaskKind, task: LabelTask, extent: Extent, value: LabelValue) -> None:
    told = kind.dump(value)
    again = kind.parse(json.loads(told), task, extent, mend=True)
    assert (again.value, again.notes) == (value, ())
    assert kind.dump(json.loads(told)) == kind.dump(again.value) == told


@pytest.mark.parametrize("raw", [None, 1, "a", [], {}, {"x": 1}, float("nan")])
@pytest.mark.parametrize("mend", [False, True])
def test_what_is_no_value_is_refused(kind: TaskKind, task: LabelTask, extent: Extent, raw: Any, mend: bool) -> None:
    with pytest.raises(InvalidValue):
        kind.parse(raw, task, extent, mend=mend)


def test_a_retired_class_is_refused(kind: TaskKind, task: LabelTask, extent: Extent) -> None:
    raw = json.loads(json.dumps(SAMPLES[kind.name][1]).replace('"b"', '"c"').replace('"a"', '"c"'))
    for mend in (False, True):
        with pytest.raises(InvalidValue, match="deactivated"):
            kind.parse(raw, task, extent, mend=mend)


def test_a_value_is_elements_in_columns(kind: TaskKind, value: LabelValue) -> None:
    elements = kind.elements(value)
    assert isinstance(elements, Elements)
    columns = [column for column in (elements.classes, elements.keys, elements.details) if column is not None]
    assert all(len(column) == len(elements) > 0 for column in columns)
    ids = [*elements.ids, *(link.id for link in elements.links)]
    assert len(set(ids)) == len(ids)
    assert summarise(elements, None).size == len(elements)


def test_a_value_is_itself_and_not_another(kind: TaskKind, task: LabelTask, extent: Extent, value: LabelValue) -> None:
    other = kind.parse(SAMPLES[kind.name][1], task, extent).value
    found = compare(kind, value, value, task)
    assert (found.right, found.similarity, found.edits) == (True, 1.0, ())
    assert same(kind, value, value, task)
    assert not same(kind, value, other, task)
    assert not same(kind, other, value, task)
    assert 0 <= compare(kind, value, other, task).similarity < 1


def test_confidences_are_probabilities(kind: TaskKind, value: LabelValue) -> None:
    size = len(kind.elements(value))
    for part in (0.0, 0.5, 1.0):
        for missed in (None, 0.0, 0.25, 1.0):
            assert 0 <= kind.item_confidence(value, [part] * size, missed) <= part
    assert kind.item_confidence(value, [1.0] * size, None) == 1
    assert kind.item_confidence(value, [1.0] * size, 0.25) == 0.75


def test_a_damage_is_wrong_and_could_have_been_given(
    kind: TaskKind, task: LabelTask, extent: Extent, value: LabelValue
) -> None:
    for seed in range(20):
        damage = kind.damage(value, task, extent, random.Random(seed), likely=["b"])
        assert damage is not None
        assert kind.parse(damage.value, task, extent).value == damage.value
        assert not same(kind, value, damage.value, task)
        ids = {*kind.elements(value).ids, *kind.elements(damage.value).ids}
        assert damage.element in ids
        assert kind.damage(value, task, extent, random.Random(seed), likely=["b"]) == damage


def test_a_value_is_renamed(kind: TaskKind, extent: Extent, value: LabelValue) -> None:
    names = {"a": "A new name", "b": "a"}
    again = kind.renamed(value, names)
    before, after = kind.elements(value), kind.elements(again)
    assert list(after.classes) == [names.get(name, name) for name in before.classes]
    assert kind.renamed(again, {new: old for old, new in names.items()}) == value
    one = kind.elements(kind.renamed(value, {"a": "b"})).classes
    assert "a" not in one
    assert len(one) == len(before.classes) or len(set(one)) == len(one)


def test_a_value_at_a_glance_names_and_counts_its_classes(kind: TaskKind, extent: Extent, value: LabelValue) -> None:
    outline = kind.outline(value, extent)
    classes = kind.elements(value).classes
    assert outline.counts == {name: list(classes).count(name) for name in set(classes)}
    assert all(name in outline.text for name in classes)
    assert all(0 <= part <= 1 for _, points in outline.shapes for point in points for part in point)
