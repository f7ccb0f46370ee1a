"""What a format carries of spans and regions is read again exactly, and what it does not carry it tells before."""

from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.formats import FILE_FORMATS, FILE_READERS, Predicted
from kinds import ClassSpec, LabelTask, LabelValue
from tests.exchange.formats.carrying import (
    CLASSES,
    REGIONS,
    SPANS,
    about_of,
    item,
    records,
    regions,
    same,
    spans,
    texts,
    value_of,
    written,
)

OF_SPANS = ["conll", "brat", "doccano", "prodigy", "spacy", "label_studio"]
# What writes it, and what reads that.
OF_REGIONS = {
    "label_studio_images": "label_studio_images",
    "coco": "coco",
    "yolo": "yolo",
    "yolo_segment": "yolo",
    "yolo_obb": "yolo_obb",
    "voc": "voc",
    "cvat": "cvat",
    "labelme": "labelme",
    "dota": "dota",
}
EASY = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
NUMBERS = count()


def test_every_format_with_elements_is_tried() -> None:
    """And every one of them knows its own files again."""
    elements = {"spans", "regions"}
    with_elements = {name for name, one in FILE_FORMATS.items() if (one.carries or set()) & elements}
    assert with_elements == {*OF_SPANS, *OF_REGIONS}
    readers = {name for name, one in FILE_READERS.items() if one.annotates & elements}
    assert readers == {*OF_SPANS, *OF_REGIONS.values(), "voc_from_zero"}


def fresh(folder: Path) -> Path:
    path = folder / str(next(NUMBERS))
    path.mkdir()
    return path


@st.composite
def labelled_texts(draw: st.DrawFn) -> list[tuple[str, LabelValue]]:
    found = []
    for number in range(draw(st.integers(1, 4))):
        text = f"{draw(texts())} {number}"
        found.append((text, draw(spans(text))))
    return found


@pytest.mark.parametrize("name", OF_SPANS)
@EASY
@given(labelled=labelled_texts())
def test_spans_are_read_again(name: str, tmp_path: Path, labelled: list[tuple[str, LabelValue]]) -> None:
    items = [item(number, SPANS, value, text=text) for number, (text, value) in enumerate(labelled, start=1)]
    path = written(name, fresh(tmp_path), SPANS, items)
    found = records(name, path)
    assert len(found) == len(items)
    for record, one in zip(found, items, strict=True):
        lost = FILE_FORMATS[name].losses(one, about_of(SPANS))
        if lost:
            continue
        assert record.text == one.text
        told = value_of(record, SPANS)
        assert one.value is not None
        assert told is not None
        assert same(SPANS, one.value, told), (one.value, told)


SURE = st.none() | st.floats(0, 1)


@pytest.mark.parametrize("name", ["label_studio", "prodigy"])
@EASY
@given(labelled=labelled_texts(), data=st.data())
def test_predictions_of_spans_are_read_again(
    name: str, tmp_path: Path, labelled: list[tuple[str, LabelValue]], data: st.DataObject
) -> None:
    """With how sure they are: as a whole, and of each span."""
    items = []
    for number, (text, value) in enumerate(labelled, start=1):
        one = item(number, SPANS, data.draw(st.none() | st.just(value)), text=text)
        size = len(value["spans"])
        parts = data.draw(st.none() | st.lists(SURE, min_size=size, max_size=size))
        items.append(replace(one, prediction=data.draw(st.builds(Predicted, st.just(value), SURE, st.just(parts)))))
    for record, one in zip(records(name, written(name, fresh(tmp_path), SPANS, items)), items, strict=True):
        if FILE_FORMATS[name].losses(one, about_of(SPANS)):
            continue
        assert (record.text, record.external_id, record.notes) == (one.text, one.external_id, ())
        assert (record.label is None) == (one.value is None)
        assert one.prediction is not None
        assert record.prediction is not None
        assert record.prediction.confidence == one.prediction.confidence
        told = value_of(record, SPANS, prediction=True)
        assert told is not None
        assert same(SPANS, one.prediction.value, told)
        spans: Any = record.prediction.value["spans"]  # type: ignore[call-overload]
        scores = [row.get("score") for row in spans]
        assert scores == list(one.prediction.parts or [None] * len(scores))


@pytest.mark.parametrize(("name", "reader"), OF_REGIONS.items())
@EASY
@given(values=st.lists(regions(), min_size=1, max_size=3))
def test_regions_are_read_again(name: str, reader: str, tmp_path: Path, values: list[LabelValue]) -> None:
    items = [item(number, REGIONS, value) for number, value in enumerate(values, start=1)]
    path = written(name, fresh(tmp_path), REGIONS, items)
    found = {record.external_id: record for record in records(reader, path)}
    assert found.keys() == {one.external_id for one in items}
    for one in items:
        told = value_of(found[one.external_id], _task(name))
        assert one.value is not None
        assert told is not None
        if not FILE_FORMATS[name].losses(one, about_of(REGIONS)):
            assert same(REGIONS, one.value, told), (one.value, told)
        else:
            assert len(told["regions"]) <= len(one.value["regions"])


def _task(name: str) -> LabelTask:
    """DOTA's classes are single words: the dataset knows them by another name."""
    if name != "dota":
        return REGIONS
    return replace(REGIONS, classes=tuple(ClassSpec(one, aliases=("-".join(one.split()),)) for one in CLASSES))


@pytest.mark.parametrize("name", [*OF_SPANS, *OF_REGIONS])
def test_what_is_written_is_known_again_and_read_on_from_any_place(name: str, tmp_path: Path) -> None:
    of_spans = name in OF_SPANS
    value = (
        {"spans": [{"id": "1", "start": 0, "end": 3, "label": "PER", "attributes": {}}], "relations": []}
        if of_spans
        else {
            "regions": [
                {"id": "1", "label": "PER", "attributes": {}, "occluded": False, "rotated_box": [60, 40, 30, 20, 30]}
            ]
        }
    )
    task = SPANS if of_spans else REGIONS
    items = [item(n, task, value, text=f"Ada met {n}" if of_spans else "") for n in range(1, 6)]
    path = written(name, tmp_path, task, items)
    reader = name if of_spans else OF_REGIONS[name]
    assert FILE_READERS[reader].recognises(path)
    others = [
        other
        for other, one in FILE_READERS.items()
        if one.annotates
        and other != reader
        and path.suffix in one.extensions
        and one.annotates == FILE_READERS[reader].annotates
        and one.recognises(path)
    ]
    assert others == (["voc_from_zero"] if name == "voc" else [])
    whole = records(reader, path)
    assert [(one.number, one.text, one.external_id) for one in records(reader, path, start=2)] == [
        (one.number, one.text, one.external_id) for one in whole[2:]
    ]
    assert FILE_READERS[reader].columns(path) == []
    assert FILE_READERS[reader].classes(path) == ["PER"] if "yolo" not in name else True
    again = written(name, fresh(tmp_path), task, items)
    assert again.read_bytes() == path.read_bytes()
