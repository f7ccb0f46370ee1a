"""Preview of an annotated file: its classes, and its first items with their labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from datasets.item_kinds import ITEM_KINDS
from datasets.making import label_task
from datasets.models import Dataset
from exchange.formats import FileReader, RowError
from exchange.formats.archives import Unreadable
from exchange.formats.images.upright import header
from exchange.formats.records import RawSaid, Record
from exchange.importing.new_classes import lacking
from ground.errors import CountersignError
from kinds import NOWHERE, TASK_KINDS, ClassSpec, Extent, LabelTask, Outline
from kinds.named import named, naming

FIRST = 10
LONGEST = 300


@dataclass(frozen=True, slots=True)
class Shown:
    """One entry. `label`, `prediction`: in a few words; `drawn`: outlines of regions in 0 to 1 of the image, as SVG;
    `height`: of the drawing, which is 120 wide; `wrong`: the error, in which case the rest is empty."""

    number: int
    name: str = ""
    text: str = ""
    label: str | None = None
    prediction: str | None = None
    drawn: Sequence[str] = ()
    height: int = 90
    notes: str = ""
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """`lacking`: classes of the file that the dataset lacks."""

    lacking: Sequence[str]
    first: Sequence[Shown]


def look_at(dataset: Dataset, reader: FileReader, path: Path) -> Look:
    """The preview. Raises InvalidInput if the file cannot be read."""
    task = label_task(dataset)
    missing = lacking(dataset, reader, path, {})
    whole = replace(task, classes=(*task.classes, *map(ClassSpec, missing)))
    return Look(missing, [_shown(entry, whole) for entry in reader.preview(path, FIRST)])


def _shown(entry: object, task: LabelTask) -> Shown:
    if isinstance(entry, RowError):
        where = f"{entry.field}: " if entry.field else ""
        return Shown(entry.number, wrong=f"{where}{entry.reason} {entry.remedy}")
    assert isinstance(entry, Record)  # noqa: S101 - annotated readers give nothing else
    try:
        extent = _extent(entry, task)
        label, prediction = (_outline(said, task, extent) for said in (entry.label, entry.prediction))
    except (CountersignError, Unreadable) as error:
        return Shown(entry.number, name=entry.external_id, wrong=getattr(error, "message", str(error)))
    best = label or prediction
    return Shown(
        entry.number,
        entry.external_id,
        entry.text[:LONGEST],
        None if label is None else label.text,
        None if prediction is None else prediction.text,
        [" ".join(f"{x * 100:.1f},{y * 100:.1f}" for x, y in points) for _, points in best.shapes] if best else [],
        round(120 * extent.height / extent.width) if extent.width and extent.height else 90,
        " ".join(entry.notes),
    )


def _extent(entry: Record, task: LabelTask) -> Extent:
    facts = {}
    if entry.image is not None:
        facts["width"], facts["height"] = header(entry.image).upright
    return ITEM_KINDS[task.item_kind].extent(text=entry.text, facts=facts) if facts or entry.text else NOWHERE


def _outline(said: RawSaid | None, task: LabelTask, extent: Extent) -> Outline | None:
    if said is None:
        return None
    kind = TASK_KINDS[task.task_kind]
    if named(kind) is not None and not isinstance(said.value, Mapping):
        return kind.outline(naming(task).from_names(said.value, task), extent)
    return kind.outline(kind.parse(said.value, task, extent, mend=True, parts=said.parts).value, extent)
