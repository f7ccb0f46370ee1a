"""COCO: a zip with images and JSON files of annotations, which are indexed on disk by image before images are read."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from exchange.formats.annotated import AnnotatedImages, Annotations, Picture, Pictures, Told
from exchange.formats.archives import Archive, Unreadable, opened
from exchange.formats.coco.shapes import regions_of
from exchange.formats.json_stream import JsonEnds, parts
from exchange.formats.records import RawSaid
from exchange.formats.regions import told
from exchange.formats.spool import Spool
from ground.errors import InvalidInput

_SPLIT = re.compile(r"(?:^|[_/])(train|val|valid|validation|test)(?:\d*)(?=[_./]|$)")
_SPLITS = {"val": "validation", "valid": "validation"}
# What is said of a whole image, or of it pixel by pixel, is read by no one here.
_OTHER_KINDS = ("captions_", "labels_", "panoptic_", "stuff_", "image_info_", "person_keypoints_")


class CocoReader(AnnotatedImages):
    """Every JSON file of annotations is read, and lists of results, whose scores make them predictions. An image that a
    file lists without annotations is known to have none."""

    name = "coco"
    title = "COCO JSON with images (zip)"
    tables = (".json",)

    def recognises(self, path: Path) -> bool:
        """Whether a JSON file in it holds categories and annotations."""
        try:
            with opened(path, tables=self.tables) as archive:
                return any(_is_coco(archive, one) for one in _files(archive))
        except InvalidInput:
            return False

    def _annotations(self, archive: Archive, pictures: Pictures) -> AbstractContextManager[Annotations]:
        return _indexed(archive, pictures)


def _files(archive: Archive) -> list[Any]:
    files = [one for one in archive.files if one.filename.lower().endswith(".json")]
    chosen = [one for one in files if not one.filename.rsplit("/", 1)[-1].startswith(_OTHER_KINDS)]
    return chosen or files


def _is_coco(archive: Archive, member: Any) -> bool:
    """Whether its first parts are COCO's: they are looked through until two of its names were met."""
    met: set[str] = set()
    try:
        with archive.stream(member) as file:
            for name, value in parts(file):
                if name == "images" and not (isinstance(value, dict) and "file_name" in value):
                    return False
                met |= {name} & {"images", "annotations", "categories"}
                if len(met) > 1:
                    return True
    except (JsonEnds, Unreadable):
        return False
    return False


@dataclass
class _Index:
    """`spool`: annotations by the file's number and the image's id there; `listed`: under which of these an image of
    the archive is known."""

    spool: Spool
    listed: dict[str, tuple[int, Any]] = field(default_factory=dict)
    categories: dict[tuple[int, Any], str] = field(default_factory=dict)
    used: dict[tuple[int, Any], None] = field(default_factory=dict)
    splits: dict[int, str | None] = field(default_factory=dict)
    wrong: list[tuple[str, str]] = field(default_factory=list)
    results: list[int] = field(default_factory=list)
    scored: set[int] = field(default_factory=set)
    known: set[tuple[int, Any]] = field(default_factory=set)

    def classes(self) -> Iterable[str]:
        """Categories that annotations use, in the files' order."""
        used = {self.category(file, id) for file, id in self.used}
        return [name for name in dict.fromkeys(self.categories.values()) if name in used]

    def category(self, file: int, id: object) -> str | None:
        """The name; a list of results uses those of the other files."""
        if file in self.results:
            return next((name for (_, one), name in self.categories.items() if one == id), None)
        return self.categories.get((file, id)) if _plain(id) else None

    def of(self, picture: Picture) -> Told:
        """The image's annotations. Raises Unreadable."""
        key = self.listed.get(picture.member)
        if key is None:
            return Told()
        file, id = key
        split = self.splits.get(file)
        regions, notes = self._regions(file, id)
        label: RawSaid | None = None
        prediction: RawSaid | None = None
        if regions or file not in self.scored:
            one = told(regions)
            label, prediction = one.label, one.prediction
        for results in self.results:
            guessed, more = self._regions(results, id)
            if guessed:
                prediction, notes = RawSaid({"regions": guessed}), [*notes, *more]
                # The file that lists the image for its results need not annotate it.
                label = label if regions else None
        return Told(label, prediction, split, notes=tuple(notes))

    def _regions(self, file: int, id: Any) -> tuple[list[dict[str, Any]], list[str]]:
        regions: list[dict[str, Any]] = []
        notes: list[str] = []
        for raw in self.spool.of((file, id)):
            name = self.category(file, raw.get("category_id"))
            if name is None:
                raise Unreadable(f"an annotation has the category {raw.get('category_id')!r}, which is not declared")
            found, note = regions_of(raw, name)
            regions += found
            notes += [note] if note else []
        return regions, notes

    def left(self) -> Iterator[tuple[str, str]]:
        """Images that are not in the archive, annotations of images that no file lists, files that break off."""
        yield from self.wrong
        lost = [key for key in self.spool.held() if key not in self.known and key[0] not in self.results]
        if lost:
            yield (
                f"Annotations name {len(lost):,} images that no file lists, the first with id {lost[0][1]!r}.",
                "List them under images, with their file_name.",
            )


@contextmanager
def _indexed(archive: Archive, pictures: Pictures) -> Iterator[_Index]:
    with ExitStack() as stack:
        index = _Index(stack.enter_context(Spool()))
        for number, member in enumerate(_files(archive)):
            split = _SPLIT.search(member.filename.rsplit(".", 1)[0])
            index.splits[number] = _SPLITS.get(split.group(1), split.group(1)) if split else None
            try:
                with archive.stream(member) as file:
                    for name, value in parts(file):
                        _keep(index, pictures, number, name, value)
            except (JsonEnds, Unreadable) as error:
                index.wrong.append((f"{member.filename} cannot be read to its end: {error}.", "Write it again."))
        yield index


def _keep(index: _Index, pictures: Pictures, file: int, name: str, value: Any) -> None:
    if not isinstance(value, dict):
        return
    if name == "images":
        _image(index, pictures, file, value)
    elif name == "categories":
        if isinstance(value.get("name"), str) and _plain(value.get("id")):
            index.categories[file, value["id"]] = value["name"]
    elif name == "annotations" or (not name and "image_id" in value):
        id, category = value.get("image_id"), value.get("category_id")
        if not name and file not in index.results:
            index.results.append(file)
        if not _plain(id):
            index.wrong.append((f"An annotation names no image: {str(value)[:100]}.", "Give it an image_id."))
            return
        if "score" in value:
            index.scored.add(file)
        if _plain(category):
            index.used[file, category] = None
        index.spool.add((file, id), {key: value[key] for key in _TAKEN & value.keys()})


_TAKEN = frozenset({"id", "category_id", "bbox", "segmentation", "iscrowd", "score", "attributes"})


def _image(index: _Index, pictures: Pictures, file: int, value: Mapping[str, Any]) -> None:
    called, id = value.get("file_name"), value.get("id")
    if not isinstance(called, str) or not _plain(id):
        index.wrong.append((f"An image has no id or no file_name: {str(value)[:100]}.", "Give it both."))
        return
    key = file, id
    index.known.add(key)
    member = pictures.find(called)
    if member is None:
        index.wrong.append((f"{called[:200]!r}: there is no such image.", "Put the image into the zip."))
    else:
        index.listed.setdefault(member, key)


def _plain(id: object) -> bool:
    return isinstance(id, int | str)
