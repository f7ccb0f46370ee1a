"""Files of every format of spans, taken through the import and out again."""

import json
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from datasets.making import NewClass, create_dataset, label_task
from datasets.models import Dataset, Item
from exchange import exporting, importing
from exchange.exporting.jobs import export_path
from exchange.formats import FILE_FORMATS, FILE_READERS
from exchange.models import Import, ImportIssue
from kinds.matching import compare
from labeling.models import PreLabel
from tests.exchange.formats.carrying import SPANS
from tests.exchange.formats.samples import SAMPLES
from tests.exchange.formats.span_files import ABOUT, KIND, item, span, value, written
from tests.loops import work_imports
from tests.people import Cast, members_of

pytestmark = pytest.mark.django_db

FORMATS = sorted(name for name, reader in FILE_READERS.items() if "spans" in reader.annotates)
TEXT = "Ann Lee works for Acme, in 東京 👩🏽‍🚀."
LABEL = value(TEXT, span(0, 7), span(18, 22, "a name, of two"), span(27, 29, "LOC"))
# The same text with the same three spans, as each program writes them: by hand, and by nobody's code.
PLACES = [(0, 3, "PER"), (13, 17, "ORG"), (21, 23, "LOC")]
TOLD = "Ann works at Acme in 東京"
BY_HAND: dict[str, bytes] = {
    "conll": "-DOCSTART- -X- O O\n\nAnn NNP B-NP B-PER\nworks VBZ O O\nat IN O O\nAcme NNP B-NP B-ORG\nin IN O O\n"
    "東京 NNP B-NP B-LOC\n".encode(),
    "doccano": '{"id": 1, "text": "Ann works at Acme in 東京", "Comments": [],'
    ' "label": [[21, 23, "LOC"], [0, 3, "PER"], [13, 17, "ORG"]]}\n'.encode(),
    "prodigy": b'{"text": "Ann works at Acme in \\u6771\\u4eac", "spans": [{"start": 0, "end": 3, "label": "PER"},'
    b' {"start": 13, "end": 17, "label": "ORG"}, {"start": 21, "end": 23, "label": "LOC"}], "answer": "accept"}\n',
    "label_studio": b'[{"id": 1, "data": {"text": "Ann works at Acme in \\u6771\\u4eac"}, "annotations": [{"result": ['
    b'{"type": "labels", "value": {"start": 21, "end": 23, "labels": ["LOC"]}},'
    b'{"type": "labels", "value": {"start": 0, "end": 3, "labels": ["PER"]}},'
    b'{"type": "labels", "value": {"start": 13, "end": 17, "labels": ["ORG"]}}]}]}]',
}


def brat_by_hand() -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("letter.txt", TOLD)
        archive.writestr("letter.ann", "T1\tORG 13 17\tAcme\nT2\tPER 0 3\tAnn\nT3\tLOC 21 23\t東京\n")
    return stream.getvalue()


def dataset_of(cast: Cast, slug: str, **settings: Any) -> Dataset:
    dataset = create_dataset(
        name=slug,
        slug=slug,
        item_kind="text",
        task_kind="spans",
        task_settings=settings,
        creator=cast.admin,
        classes=[NewClass("PER")],
        accept_uncalibrated=True,
    )
    members_of(dataset, cast)
    return dataset


def taken(dataset: Dataset, cast: Cast, name: str, data: bytes, said_by: str = "label") -> Import:
    """Without naming the format: the file tells it."""
    job = importing.create_import(
        dataset=dataset,
        actor=cast.manager,
        file_name=f"items.{FILE_FORMATS[name].extension}",
        chunks=[data],
        mapping={"annotations": said_by, "new_classes": True},
        then_run=False,
    )
    assert job.format == name
    work_imports()
    job.refresh_from_db()
    return job


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", FORMATS)
def test_a_file_becomes_labels_and_goes_out_again(name: str, cast: Cast) -> None:
    # Classes of brat are words.
    label = value(TEXT, span(0, 7), span(27, 29, "LOC")) if name == "brat" else LABEL
    made = [item(TEXT, label), item("Nobody here", value("Nobody here"), id=8, external_id="letter-8")]
    assert not any(FILE_FORMATS[name].losses(one, ABOUT) for one in made)
    dataset = dataset_of(cast, "spans")
    job = taken(dataset, cast, name, written(name, *made))
    assert (job.state, job.accepted, job.rejected, job.noted) == ("done", 2, 0, 0)
    assert made[0].value is not None
    assert set(label_task(dataset).names) == {"PER", *(one["label"] for one in made[0].value["spans"])}
    items = Item.objects.filter(dataset=dataset).order_by("pk")
    assert [(one.status, one.text) for one in items] == [("reviewed", one.text) for one in made]
    for found, one in zip(items, made, strict=True):
        assert one.value is not None
        assert found.human_value is not None
        assert compare(KIND, found.human_value, one.value, SPANS).right
    export = exporting.start_export(dataset=dataset, actor=cast.manager, format=name)
    assert exporting.work_one_export()
    export.refresh_from_db()
    again = dataset_of(cast, "again")
    job = taken(again, cast, name, Path(export_path(export)).read_bytes(), "prediction")
    assert (job.accepted, job.rejected) == (2, 0)
    said = PreLabel.objects.filter(item__dataset=again).order_by("item")
    for guess, one in zip(said, made, strict=True):
        assert one.value is not None
        assert compare(KIND, guess.value, one.value, SPANS).right


@pytest.mark.parametrize("name", ["conll", "doccano", "prodigy", "label_studio", "brat"])
def test_one_truth_is_read_alike_from_all_formats(name: str, cast: Cast) -> None:
    data = BY_HAND[name] if name in BY_HAND else brat_by_hand()
    job = taken(dataset_of(cast, "spans"), cast, name, data)
    assert (job.state, job.accepted, job.rejected, job.noted) == ("done", 1, 0, 0)
    found = Item.objects.get()
    assert (found.text, found.status) == (TOLD, "reviewed")
    assert found.human_value is not None
    assert [(one["start"], one["end"], one["label"]) for one in found.human_value["spans"]] == PLACES


def test_what_is_rejected_in_prodigy_is_a_prediction_and_what_was_left_out_is_noted(cast: Cast) -> None:
    dataset = dataset_of(cast, "spans", relations=["Pos-Reg", "Reg", "Neg-Reg", "Binds", "No-rel"])
    lines = (SAMPLES / "prodigy" / "relations.jsonl").read_bytes().splitlines(keepends=True)
    job = taken(dataset, cast, "prodigy", lines[0].replace(b'"accept"', b'"reject"') + lines[1])
    assert (job.accepted, job.rejected, job.noted) == (2, 0, 1)
    first, second = Item.objects.order_by("pk")
    assert (first.status, second.status) == ("waiting", "reviewed")
    assert PreLabel.objects.get().item_id == first.pk
    assert "rejected" in ImportIssue.objects.get(kind="noted").reason


def test_relations_that_the_task_does_not_ask_for_are_left_out_with_a_note(cast: Cast) -> None:
    dataset = dataset_of(cast, "spans", relations=["Reg"])
    data = (SAMPLES / "prodigy" / "relations.jsonl").read_bytes()
    job = taken(dataset, cast, "prodigy", data)
    told = [{one["label"] for one in json.loads(line)["relations"]} for line in data.splitlines()]
    assert (job.state, job.accepted, job.rejected) == ("done", len(told), 0)
    noted = {one.row: one.reason for one in job.issues.filter(kind="noted")}
    assert noted.keys() == {number for number, names in enumerate(told, start=1) if names - {"Reg"}}
    assert noted
    assert all("the task has no relation " in reason for reason in noted.values())
    kept = [one.human_value["relations"] for one in Item.objects.order_by("pk") if one.human_value]
    assert [{one["label"] for one in relations} for relations in kept] == [names & {"Reg"} for names in told]


def test_a_file_whose_class_is_called_like_a_relation_is_not_taken(cast: Cast) -> None:
    dataset = dataset_of(cast, "spans", relations=["ORG"])
    job = taken(dataset, cast, "conll", BY_HAND["conll"])
    assert (job.state, job.accepted) == ("failed", 0)
    assert "'ORG' has the name of a relation of the task" in job.error
    assert set(label_task(dataset).names) == {"PER"}


def test_losses_are_told_of_the_items_that_have_them() -> None:
    nested = item(TEXT, value(TEXT, span(0, 7), span(4, 7)))
    lost = {name: list(FILE_FORMATS[name].losses(nested, ABOUT)) for name in FORMATS}
    assert [name for name in FORMATS if lost[name]] == ["conll"]
    assert lost["conll"] == ["Span 2, 'Lee' (id 2): it overlaps with another, and is left out."]
