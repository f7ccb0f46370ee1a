"""Whatever stands in a file, its reader gives items and reports, or refuses the file as a whole."""

import contextlib
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.formats import FILE_FORMATS, FILE_READERS, Record, RowError
from ground.errors import InvalidInput, InvalidValue
from ground.json_values import check_value
from kinds import Extent
from tests.exchange.formats.carrying import SPANS
from tests.exchange.formats.span_files import KIND, item, kept, span, value, written

FORMATS = sorted(name for name, reader in FILE_READERS.items() if "spans" in reader.annotates)
TEXT = "Ann Lee works for\nAcme, in 東京."
LABEL = value(
    TEXT,
    span(0, 7, id="a", attributes={"sure": "yes"}),
    span(18, 22, "LOC", id="b"),
    relations=[{"from": "a", "to": "b", "label": "knows"}],
)
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 30) | st.floats(allow_nan=False) | st.sampled_from(["", "a", "PER"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "start"]), inner, max_size=2),
    max_leaves=6,
)


def survives(name: str, path: Path) -> None:
    reader = FILE_READERS[name]
    reader.recognises(path)
    with contextlib.suppress(InvalidInput):
        reader.columns(path)
    try:
        entries = list(reader.rows(path))
        assert list(reader.rows(path, start=1)) == entries[1:]
    except InvalidInput:
        return
    for entry in entries:
        if isinstance(entry, RowError):
            assert entry.reason
            assert entry.remedy
            continue
        assert isinstance(entry, Record)
        check_value([entry.text, entry.metadata, *entry.notes])
        for said in (entry.label, entry.prediction):
            if said is not None and isinstance(said.value, dict):
                with contextlib.suppress(InvalidValue):
                    KIND.parse(said.value, SPANS, Extent(length=len(entry.text)), mend=True, parts=said.parts)


def changed(data: bytes, at: int, instead: bytes) -> bytes:
    place = at % (len(data) + 1)
    return data[:place] + instead + data[place + len(instead) :]


@pytest.mark.parametrize("name", FORMATS)
@MANY
@given(at=st.integers(0, 5_000), instead=st.binary(max_size=12), cut=st.integers(0, 400))
def test_bytes_that_are_damaged(name: str, tmp_path: Path, at: int, instead: bytes, cut: int) -> None:
    data = written(name, item(TEXT, LABEL), item("Second", value("Second", span(0, 6))))
    survives(name, kept(tmp_path, "a", changed(data, at, instead)))
    survives(name, kept(tmp_path, "a", data[: len(data) - min(cut, len(data))]))


@MANY
@given(
    at=st.integers(0, 400), instead=st.binary(max_size=12) | st.sampled_from([b"T1", b"\t", b" ", b";", b"R2", b"99"])
)
def test_annotations_of_brat_that_are_damaged(tmp_path: Path, at: int, instead: bytes) -> None:
    path = kept(tmp_path, "a.zip", written("brat", item(TEXT, LABEL)))
    with zipfile.ZipFile(path) as archive:
        members = {one: archive.read(one) for one in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in members.items():
            archive.writestr(member, changed(data, at, instead) if member.endswith(".ann") else data)
    survives("brat", path)


ODD: Any = object()
ANN = {"text": "Ann Lee", "answer": "accept"}
ENDS = {"start": ODD, "end": 3, "label": ODD}
JOINED = {"head": ODD, "child": 0, "label": ODD, "head_span": ENDS, "child_span": ODD}
REGION = {"type": "labels", "id": ODD, "meta": ODD, "score": ODD, "value": {"start": ODD, "end": 2, "labels": ["PER"]}}
WORDS = {"type": "hypertextlabels", "id": "a", "value": {"globalOffsets": ODD, "hypertextlabels": ODD, "text": ODD}}
JOIN = {"type": "relation", "from_id": ODD, "to_id": "a", "labels": ODD, "direction": ODD}
CHOICE = {"type": "choices", "id": ODD, "from_name": ODD, "score": ODD, "value": {"choices": ODD}}
CHOSEN = {"type": "choices", "id": ODD, "from_name": "mood", "score": ODD, "value": {"choices": ["good"]}}
GUESS = {"score": ODD, "result": [REGION, CHOICE]}
SHAPES: list[tuple[str, Any]] = [
    ("doccano", ANN | {"entities": ODD}),
    ("doccano", ANN | {"label": [ODD, [ODD, 3, ODD]]}),
    (
        "doccano",
        ANN | {"id": ODD, "entities": [{"id": ODD, "start_offset": ODD}], "relations": [ODD, {"from_id": ODD}]},
    ),
    ("prodigy", ANN | {"spans": ODD, "tokens": ODD, "meta": ODD}),
    ("prodigy", ANN | {"spans": [ODD, ENDS], "relations": [ODD, JOINED], "tokens": [ODD, {"id": 0, "start": ODD}]}),
    ("prodigy", ANN | {"answer": ODD, "predicted": ODD}),
    ("prodigy", ANN | {"spans": [], "predicted": {"spans": [ODD], "score": ODD, "relations": ODD}}),
    ("label_studio", [ODD, {"data": ODD}, {"id": ODD, "data": {"text": "Ann", "x": ODD}}]),
    ("label_studio", [{"data": {"text": "Ann"}, "annotations": ODD, "predictions": [ODD]}]),
    ("label_studio", [{"data": {"text": "Ann"}, "annotations": [{"result": [ODD]}], "predictions": [{"result": ODD}]}]),
    ("label_studio", [{"data": {"a": "Ann", "b": ODD}, "annotations": [{"result": [REGION, WORDS, JOIN, CHOICE]}]}]),
    ("label_studio", [{"text": "Ann", "annotation_id": ODD, "ner": ODD}]),
    ("label_studio", [{"text": "Ann", "annotation_id": 1, "ner": [REGION["value"], ODD], "mood": {"choices": ODD}}]),
    ("label_studio", {"data": {"text": "Ann"}, "annotations": [{"result": [CHOICE]}], "predictions": [GUESS]}),
    ("label_studio", {"data": ODD, "annotations": [ODD]}),
    ("label_studio_choices", [{"data": {"text": "Ann", "x": ODD}, "annotations": [{"result": [CHOSEN, REGION, ODD]}]}]),
    ("label_studio_choices", [{"data": {"text": "Ann"}, "annotations": [{"result": [CHOSEN, CHOICE, WORDS, JOIN]}]}]),
    ("label_studio_choices", [{"data": {"text": "Ann"}, "annotations": ODD, "predictions": [GUESS, ODD]}]),
]


def put(template: Any, odd: object) -> Any:
    if template is ODD:
        return odd
    if isinstance(template, dict):
        return {key: put(inner, odd) for key, inner in template.items()}
    return [put(inner, odd) for inner in template] if isinstance(template, list) else template


@pytest.mark.parametrize(("name", "template"), SHAPES, ids=[f"{name}-{at}" for at, (name, _) in enumerate(SHAPES)])
@MANY
@given(odd=JSON)
def test_json_of_other_shapes(name: str, template: Any, tmp_path: Path, odd: object) -> None:
    survives(name, kept(tmp_path, "a.json", json.dumps(put(template, odd))))


def test_all_formats_of_spans_are_tried() -> None:
    assert FORMATS == ["brat", "conll", "doccano", "label_studio", "prodigy", "spacy"]
    assert FILE_FORMATS.keys() >= set(FORMATS)
