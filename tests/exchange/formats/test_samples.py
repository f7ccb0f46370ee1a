"""The sample data that the product ships: complete, readable, mapped by its names alone, and good to learn from."""

from pathlib import Path

import pytest
from django.conf import settings

from datasets.item_kinds import ITEM_KINDS
from datasets.media import image_files
from exchange.formats import FILE_READERS, ImageFile, Row
from exchange.formats.records import Record
from exchange.importing.guessing import guess_mapping
from exchange.importing.mapping import RowMapper, check_mapping
from kinds import ClassSpec, LabelTask
from kinds.classification.value import Classification
from labeling.labelers import LABELER_KINDS
from labeling.labelers.base import Example, LabelerItem

SAMPLES = Path(settings.BASE_DIR) / "samples"


def import_rows(name: str, format: str, item_kind: str) -> list[Record]:
    reader, path = FILE_READERS[format], SAMPLES / name
    columns = reader.columns(path)
    mapping = guess_mapping(columns)
    check_mapping(mapping, columns, stores=ITEM_KINDS[item_kind].stores, format=format)
    rows = []
    for entry in reader.rows(path):
        assert isinstance(entry, Row | ImageFile)
        row = RowMapper(mapping).image(entry) if isinstance(entry, ImageFile) else RowMapper(mapping).row(entry)
        assert isinstance(row, Record)
        rows.append(row)
    assert len({row.external_id for row in rows}) == len(rows)
    return rows


@pytest.mark.parametrize(
    ("name", "format", "item_kind", "count", "classes"),
    [
        ("banking77/labelled.csv", "csv", "text", 924, 77),
        ("banking77/unlabelled.csv", "csv", "text", 1_600, 0),
        ("clothing/labelled.zip", "images", "image", 100, 10),
        ("clothing/unlabelled.zip", "images", "image", 200, 0),
    ],
)
def test_each_file_is_complete(name: str, format: str, item_kind: str, count: int, classes: int) -> None:
    rows = import_rows(name, format, item_kind)
    assert len(rows) == count
    assert len({label for row in rows for label in (row.label.value if row.label else ())}) == classes
    for row in rows:
        if row.image is not None:
            assert image_files.judge(row.image).media_type == "image/jpeg"


def test_parts_do_not_overlap() -> None:
    one = {row.text for row in import_rows("banking77/labelled.csv", "csv", "text")}
    assert not one & {row.text for row in import_rows("banking77/unlabelled.csv", "csv", "text")}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "format", "item_kind", "accuracy"),
    [("banking77/labelled.csv", "csv", "text", 0.65), ("clothing/labelled.zip", "images", "image", 0.3)],
)
def test_a_classifier_learns_from_it(name: str, format: str, item_kind: str, accuracy: float) -> None:
    rows = import_rows(name, format, item_kind)
    names = sorted({label for row in rows for label in (row.label.value if row.label else ())})
    task = LabelTask(
        item_kind, "classification", Classification().settings({}), tuple(ClassSpec(label) for label in names)
    )
    examples = [
        Example(
            LabelerItem(row.number, row.text, image=(lambda row=row: row.image) if row.image else None),
            {"labels": [label]},
        )
        for row in rows
        for label in (row.label.value if row.label else ())
    ]
    trained = LABELER_KINDS["classifier"].train(config={}, task=task, examples=examples)
    assert trained.metrics["accuracy"] > accuracy
