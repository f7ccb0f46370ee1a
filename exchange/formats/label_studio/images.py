"""Label Studio JSON of images: a zip with the exported tasks and the images that they name."""

import re
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from exchange.formats.annotated import AnnotatedImages, Annotations, Picture, Pictures, Told, classes_of
from exchange.formats.archives import Archive, Unreadable, opened
from exchange.formats.json_stream import JsonEnds, parts
from exchange.formats.label_studio.shapes import region_of
from exchange.formats.label_studio.tasks import Results, data_of, is_task, spoken_of
from exchange.formats.records import RawSaid, Record
from exchange.formats.spool import Spool
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
            return next((value for name, value in parts(file) if not name), None)
    except (JsonEnds, Unreadable):
        return None


@dataclass
class _Tasks:
    spool: Spool
    wrong: list[tuple[str, str]] = field(default_factory=list)

    def classes(self) -> Iterable[str]:
        for key in self.spool.held():
            with suppress(Unreadable):
                spoken = spoken_of(self.spool.of(key)[0], partial(region_of, size=(100, 100)))
                label, prediction = spoken.said(_value)
                yield from classes_of([Record(0, label=label, prediction=prediction)])

    def of(self, picture: Picture) -> Told:
        tasks = self.spool.of(picture.member)
        if not tasks:
            return Told()
        read = partial(region_of, size=picture.size)
        spoken = spoken_of(tasks[0], read)
        label, prediction = spoken.said(_value)
        notes = (f"{len(tasks)} tasks name it: the first was taken.", *spoken.notes) if len(tasks) > 1 else spoken.notes
        return Told(label, prediction, metadata=tasks[0]["metadata"], notes=notes)

    def left(self) -> Iterator[tuple[str, str]]:
        yield from self.wrong


def _value(results: Results) -> RawSaid:
    return RawSaid({"regions": list(results.elements.values())})


@contextmanager
def _read(archive: Archive, pictures: Pictures) -> Iterator[_Tasks]:
    with ExitStack() as stack:
        tasks = _Tasks(stack.enter_context(Spool()))
        for member in _tables(archive):
            try:
                with archive.stream(member) as file:
                    for number, (name, task) in enumerate(parts(file), start=1):
                        if not name:
                            _keep(tasks, pictures, task, f"{member.filename}, task {number:,}")
            except (JsonEnds, Unreadable) as error:
                tasks.wrong.append((f"{member.filename} cannot be read to its end: {error}.", "Export it again."))
        yield tasks


def _keep(tasks: _Tasks, pictures: Pictures, task: object, where: str) -> None:
    remedy = "Put the image into the zip, or take the task out."
    try:
        data = data_of(task)
        named = [value for value in data.values() if isinstance(value, str)]
        member = next(filter(None, (_member(pictures, value) for value in named)), None)
        if member is None:
            tasks.wrong.append((f"{where}: there is no such image, {str(named[:1])[:200]}.", remedy))
            return
        assert isinstance(task, dict)  # noqa: S101 - it has data
        metadata = {
            key: value for key, value in data.items() if not (isinstance(value, str) and _member(pictures, value))
        }
        kept = {name: task[name] for name in ("annotations", "predictions") if name in task} | {"metadata": metadata}
        check_value(metadata)
        tasks.spool.add(member, kept)
    except ValueError as error:
        tasks.wrong.append((f"{where} cannot be read: {error}.", "Mend the task and import it again."))


def _member(pictures: Pictures, called: str) -> str | None:
    """The image that is meant: a path, an address, or a query that names a local file."""
    name = called.split("?d=")[-1].split("?")[0]
    tail = name.rsplit("/", 1)[-1]
    return pictures.find(name) or pictures.find(_PREFIX.sub("", tail))
