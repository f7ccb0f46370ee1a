"""Values of spans and regions, written and read again through a format's own doors."""

import io
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from PIL import Image

from exchange.formats import FILE_FORMATS, FILE_READERS, About, ExportItem, Record
from exchange.formats.writing import in_memory
from kinds import TASK_KINDS, ClassSpec, Extent, LabelTask, LabelValue
from kinds.matching import compare

CLASSES = ("PER", "LOC", "a name, of two")
ATTRIBUTES = {"sure": {"values": ["yes", "no"]}, "note": {}, "difficult": {}, "truncated": {}}
SPANS = LabelTask(
    "text",
    "spans",
    TASK_KINDS["spans"].settings(
        {"relations": ["knows", "part of"], "attributes": ATTRIBUTES, "count_attributes": True}
    ),
    tuple(map(ClassSpec, CLASSES)),
)
REGIONS = LabelTask(
    "image",
    "regions",
    TASK_KINDS["regions"].settings({"attributes": ATTRIBUTES, "count_attributes": True, "kept_iou": 0.98}),
    tuple(map(ClassSpec, CLASSES)),
)
WIDTH, HEIGHT = 120, 90
PICTURE = Extent(width=WIDTH, height=HEIGHT)


def picture(colour: int = 0) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (WIDTH, HEIGHT), (colour % 256, colour // 256 % 256, 0)).save(stream, "PNG")
    return stream.getvalue()


def about_of(task: LabelTask) -> About:
    return About("Set", task, "text" if task.task_kind == "spans" else "file", metadata=False, files=True)


def item(number: int, task: LabelTask, value: LabelValue | None, *, text: str = "", name: str = "") -> ExportItem:
    image = None if text else picture(number)
    return ExportItem(
        id=number,
        external_id=name or (f"{number}.png" if image else f"t{number}"),
        text=text,
        file=f"{number:064x}.png" if image else None,
        extent=PICTURE if image else Extent(length=len(text)),
        value=value,
        labels=None,
        prediction=None,
        source="human" if value is not None else None,
        confidence=None,
        labeler=None,
        model_version=None,
        reviewer=None,
        decided_at=None,
        policy_version=None,
        split=None,
        read=None if image is None else lambda: image,
    )


def written(format: str, folder: Path, task: LabelTask, items: list[ExportItem]) -> Path:
    path = folder / f"set.{FILE_FORMATS[format].extension}"
    path.write_bytes(in_memory(FILE_FORMATS[format], about_of(task), items))
    return path


def records(reader: str, path: Path, *, start: int = 0) -> list[Record]:
    found = list(FILE_READERS[reader].rows(path, start=start))
    assert all(isinstance(one, Record) for one in found), [one for one in found if not isinstance(one, Record)]
    return found  # type: ignore[return-value]


def value_of(record: Record, task: LabelTask, *, prediction: bool = False) -> LabelValue | None:
    said = record.prediction if prediction else record.label
    if said is None:
        return None
    extent = PICTURE if record.image is not None else Extent(length=len(record.text))
    return TASK_KINDS[task.task_kind].parse(said.value, task, extent, mend=True, parts=said.parts).value


def same(task: LabelTask, left: LabelValue, right: LabelValue) -> bool:
    return compare(TASK_KINDS[task.task_kind], left, right, task).right


WORDS = st.sampled_from(["Ada", "met", "Bob.", "in", "Paris", "😀", "é́", "don't", "#", "-DOCSTART-", "# text = x", "O"])
BLANKS = st.sampled_from([" ", " ", " ", "  ", "\n", "\t", "\u00a0"])


@st.composite
def texts(draw: st.DrawFn) -> str:
    words = draw(st.lists(WORDS, min_size=1, max_size=8))
    return "".join(word + draw(BLANKS) for word in words[:-1]) + words[-1]


@st.composite
def spans(draw: st.DrawFn, text: str) -> LabelValue:
    ends = st.integers(0, len(text) - 1)
    rows = []
    for number in range(draw(st.integers(0, 4))):
        start = draw(ends)
        rows.append(
            {
                "id": f"s{number}",
                "start": start,
                "end": draw(st.integers(start + 1, len(text))),
                "label": draw(st.sampled_from(CLASSES)),
                "attributes": draw(attributes()),
            }
        )
    joined = st.sampled_from([row["id"] for row in rows]) if rows else st.none()
    relations = [
        {"from": draw(joined), "to": draw(joined), "label": draw(st.sampled_from(["knows", "part of"]))}
        for _ in range(draw(st.integers(0, 2)) if rows else 0)
    ]
    parse = TASK_KINDS["spans"].parse
    return parse({"spans": rows, "relations": relations}, SPANS, Extent(length=len(text)), mend=True).value


def attributes() -> st.SearchStrategy[dict[str, str]]:
    told = st.fixed_dictionaries(
        {},
        optional={
            "sure": st.sampled_from(["yes", "no"]),
            "note": st.sampled_from(["x", "two words", "<&>\"'", "a\tb", "\x01"]),
            "difficult": st.sampled_from(["1", "very"]),
            "truncated": st.just("1"),
        },
    )
    return st.just({}) | told


@st.composite
def regions(draw: st.DrawFn) -> LabelValue:
    rows: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(0, 4))):
        row: dict[str, Any] = {"label": draw(st.sampled_from(CLASSES)), "attributes": draw(attributes())}
        row["occluded"] = draw(st.booleans())
        x, y = draw(st.integers(0, WIDTH - 20)), draw(st.integers(0, HEIGHT - 20))
        width, height = draw(st.integers(8, WIDTH - x)), draw(st.integers(8, HEIGHT - y))
        part = draw(st.sampled_from([0, 0, 0.25]))
        shape = draw(st.sampled_from(["box", "rotated_box", "polygon", "hole"]))
        if shape == "box":
            row["box"] = [x, y, width - part, height - part]
        elif shape == "rotated_box":
            turn = draw(st.integers(0, 359))
            row["rotated_box"] = [x + width / 2, y + height / 2, max(width / 2, 8), max(height / 3, 6), turn]
        else:
            ring = [[x, y], [x + width, y + part], [x + width, y + height], [x + width / 2, y + height / 2 + 1]]
            row["polygon"] = [ring]
            if shape == "hole":
                row["polygon"] = [
                    [[x, y], [x + width, y], [x + width, y + height], [x, y + height]],
                    [[x + 2, y + 2], [x + 6, y + 2], [x + 6, y + 6]],
                ]
        rows.append(row)
    return TASK_KINDS["regions"].parse({"regions": rows}, REGIONS, PICTURE, mend=True).value
