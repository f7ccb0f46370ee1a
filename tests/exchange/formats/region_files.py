"""Archives of images with what is said of them, and what their readers make of it."""

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from exchange.formats import FILE_READERS, RawSaid, Record, RowError
from kinds import TASK_KINDS, ClassSpec, Extent, LabelTask, Parsed

WIDTH, HEIGHT = 200, 160
KIND = TASK_KINDS["regions"]
ORIENTATION = 0x0112


def photo(orientation: int = 1, size: tuple[int, int] = (WIDTH, HEIGHT)) -> bytes:
    """An image of a size, which asks to be turned."""
    stream = io.BytesIO()
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    Image.new("RGB", size, (90, 120, 150)).save(stream, "JPEG", exif=exif)
    return stream.getvalue()


def packed(folder: Path, files: Mapping[str, Any]) -> Path:
    """An archive; what is neither text nor bytes is written as JSON, and an image as a usual one where it is None."""
    path = folder / "set.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            told = photo() if data is None else data if isinstance(data, str | bytes) else json.dumps(data)
            archive.writestr(name, told)
    return path


def read(format: str, path: Path) -> tuple[dict[str, Record], list[str]]:
    """The records by name, and what was wrong; the same from any place on."""
    entries = list(FILE_READERS[format].rows(path))
    for start in (1, len(entries)):
        assert list(FILE_READERS[format].rows(path, start=start)) == entries[start:]
    found = {one.external_id: one for one in entries if isinstance(one, Record)}
    return found, [one.reason for one in entries if isinstance(one, RowError)]


def only(format: str, path: Path) -> Record:
    """The one record, of which nothing is wrong."""
    records, wrong = read(format, path)
    assert wrong == []
    (record,) = records.values()
    return record


def regions(said: RawSaid | None) -> list[dict[str, Any]]:
    """What a reader says, as it says it."""
    assert said is not None
    assert isinstance(said.value, Mapping)
    rows = said.value["regions"]
    assert isinstance(rows, list)
    return rows


def task(*names: str, **settings: Any) -> LabelTask:
    """A task with these classes."""
    return LabelTask("image", "regions", KIND.settings(settings), tuple(map(ClassSpec, names or ("car", "bus"))))


def meant(said: RawSaid | None, of: LabelTask | None = None, extent: Extent | None = None) -> Parsed:
    """What an import makes of it."""
    assert said is not None
    size = extent or Extent(width=WIDTH, height=HEIGHT)
    return KIND.parse(said.value, of or task(), size, mend=True, parts=said.parts)
