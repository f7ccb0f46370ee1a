"""Label Studio JSON of images: a zip with the exported tasks and the images that they name."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote

from exchange.formats.annotated import AnnotatedImages, Annotations, classes_of
from exchange.formats.archives import Archive, Unreadable, opened
from exchange.formats.complaints import Complaints
from exchange.formats.json_stream import JsonEnds, parts
from exchange.formats.label_studio.packing import packed, said_of
from exchange.formats.label_studio.shapes import region_of
from exchange.formats.label_studio.tasks import Results, data_of, is_task, spoken_of
from exchange.formats.pictures import Picture, Pictures, Size, split_of
from exchange.formats.records import RawSaid, Record
from exchange.formats.spool import Spool
from exchange.formats.told import Told
from ground.errors import InvalidInput
from ground.json_values import check_value

# Label Studio puts eight digits before the name of a file that was uploaded.
_PREFIX = re.compile(r"^[0-9a-f]{8}-")


class LabelStudioImagesReader(AnnotatedImages):
    """A task belongs to the image whose path, or name alone, it names, with or without the digits that Label Studio
    puts before it. Places are percents of the image; a rectangle is turned about its top left corner."""

    name = "label_studio_images"
    title = "Label Studio JSON with images (zip)"
    tables = (".json",)

    def recognises(self, path: Path) -> bool:
        """Whether a JSON file in it begins with a task."""
        try:
            with opened(path, tables=self.tables) as archive:
                return any(is_task(_first(archive, one)) for one in _tables(archive))
        except InvalidInput:
            return False

    def _annotations(self, archive: Archive, pictures: Pictures) -> AbstractContextManager[Annotations]:
        return _read(archive, pictures)


def _tables(archive: Archive) -> list[Any]:
    return [one for one in archive.files if one.filename.lower().endswith(".json")]


def _first(archive: Archive, member: Any) -> object:
    try:
        with archive.stream(member) as file:
            return next(_tasks(file), None)
    except (JsonEnds, Unreadable):
        return None


def _tasks(file: IO[bytes]) -> Iterator[Any]:
    """The tasks of an array, or the only one, as it is given without one. Raises JsonEnds."""
    alone: dict[str, Any] = {}
    for name, value in parts(file):
        if not name:
            yield value
        elif name in _SAID:
            alone.setdefault(name, []).append(value)
            if len(alone[name]) > _MOST_ALONE:
                # The file is another one.
                return
        elif name == "data":
            alone[name] = value
    if "data" in alone:
        yield alone


_SAID = ("annotations", "predictions", "completions")
_MOST_ALONE = 1_000


@dataclass
class _Tasks:
    spool: Spool
    wrong: Complaints = field(default_factory=Complaints)

    def classes(self) -> Iterable[str]:
        for key in self.spool.held():
            kept, metadata = self.spool.of(key)[0]
            with suppress(Unreadable):
                told = _told(kept, metadata, (100, 100))
                yield from classes_of([Record(0, label=told.label, prediction=told.prediction)])

    def of(self, picture: Picture) -> Told:
        tasks = self.spool.of(picture.member)
        if not tasks:
            return Told()
        kept, metadata = tasks[0]
        told = _told(kept, metadata, picture.size)
        told.split = split_of(picture.member)
        if len(tasks) > 1:
            told.notes = (f"{len(tasks)} tasks name it: the first was used.", *told.notes)
        return told

    def left(self) -> Iterator[tuple[str, str]]:
        yield from self.wrong


def _told(kept: Any, metadata: dict[str, Any], size: Size) -> Told:
    """What a task says of its image. Places are percents of what Label Studio showed: of the upright image, unless it
    declares the sides of the one that is stored."""
    if isinstance(kept, tuple):
        label, prediction, sure, declared = kept
        seen, told_of = _seen(declared, size)
        said = None if label is None else said_of(label, seen, sure=False)
        guess = None if prediction is None else said_of(prediction, seen, sure=True)
        if guess is not None:
            guess = replace(guess, confidence=sure)
        return Told(said, guess, metadata=metadata, declared=told_of)
    seen, told_of = _seen(_declared(kept), size)
    spoken = spoken_of(kept, partial(region_of, size=seen))
    said, guess = spoken.said(_value)
    if spoken.label is not None:
        # People may take over a guess with its score.
        rows = spoken.label.elements.values()
        said = RawSaid({"regions": [{key: row[key] for key in row if key != "score"} for row in rows]})
    return Told(said, guess, metadata=metadata, notes=spoken.notes, declared=told_of)


def _seen(declared: Any, size: Size) -> tuple[Size, Size | None]:
    """The sides that percents are of, and those that are declared, if they are the image's one way or the other."""
    swapped = size[1], size[0]
    if declared == swapped != size:
        return swapped, swapped
    return size, size if declared == size else None


def _declared(task: Mapping[str, Any]) -> Any:
    for name in ("annotations", "predictions"):
        for one in task.get(name, ()):
            for result in one.get("result") or () if isinstance(one, dict) else ():
                if isinstance(result, dict) and "original_width" in result:
                    return result["original_width"], result.get("original_height")
    return None


def _value(results: Results) -> RawSaid:
    return RawSaid({"regions": list(results.elements.values())})


@contextmanager
def _read(archive: Archive, pictures: Pictures) -> Iterator[_Tasks]:
    with ExitStack() as stack:
        tasks = _Tasks(stack.enter_context(Spool()))
        for member in _tables(archive):
            try:
                with archive.stream(member) as file:
                    for number, task in enumerate(_tasks(file), start=1):
                        _keep(tasks, pictures, task, f"{member.filename}, task {number:,}")
            except (JsonEnds, Unreadable) as error:
                tasks.wrong.whole(f"{member.filename} cannot be read to its end: {error}.", "Export it again.")
        yield tasks


def _keep(tasks: _Tasks, pictures: Pictures, task: Any, where: str) -> None:
    try:
        data = data_of(task)
        named = {key: value for key in ("image", *data) if isinstance(value := data.get(key), str)}
        member = found = None
        for key, value in named.items():
            if (member := _member(pictures, value)) is not None:
                found = key
                break
        if member is None:
            tasks.wrong.add(*_lacks(pictures, where, list(named.values())))
            return
        metadata = {key: value for key, value in data.items() if key != found}
        if metadata:
            metadata = {key: one for key, one in metadata.items() if not (key in named and _member(pictures, one))}
            check_value(metadata)
        said = {name: rows for name in _SAID if isinstance(rows := task.get(name), list)}
        # What they were called up to version 1.0.
        if not said.get("annotations") and "completions" in said:
            said["annotations"] = said["completions"]
        tasks.spool.add(member, (packed(said) or said, metadata))
    except ValueError as error:
        tasks.wrong.add(f"{where} cannot be read: {error}.", "Fix the task and import it again.")


def _lacks(pictures: Pictures, where: str, named: list[str]) -> tuple[str, str]:
    """Why a task has no image, and what to do about it."""
    if not named:
        return f"{where}: it names no image.", "Add the image to the zip, or remove the task."
    name = _PREFIX.sub("", named[0].split("?d=")[-1].split("?")[0].rsplit("/", 1)[-1])
    reason, remedy = pictures.lacks(name)
    return f"{where}: {reason}", remedy


def _member(pictures: Pictures, called: str) -> str | None:
    """The image that is meant: a path, an address, or a query that names a local file."""
    name = called.split("?d=")[-1].split("?")[0]
    tail = name.rsplit("/", 1)[-1]
    found = pictures.find(name) or pictures.find(_PREFIX.sub("", tail))
    return found or (_member(pictures, unquote(called)) if "%" in called and unquote(called) != called else None)
