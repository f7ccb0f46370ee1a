"""What COCO files say of each image: annotations come in any order, and wait on disk until their image is read."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from exchange.formats.archives import Unreadable
from exchange.formats.coco.shapes import packed, regions_of
from exchange.formats.complaints import Complaints
from exchange.formats.pictures import Picture, Pictures, Size, sides
from exchange.formats.records import RawSaid
from exchange.formats.regions import Regions, parted
from exchange.formats.spool import Spool
from exchange.formats.told import Told

_SPLIT = re.compile(r"(?:^|[_/])(train|val|valid|validation|test)(?:\d*)(?=[_./]|$)")
_SPLITS = {"val": "validation", "valid": "validation"}


@dataclass
class Sheet:
    """One file. `results`: it is a list of what a model says; `scored`: some of it has scores; `plain`: some has none;
    `known`: ids of its images; `broken`: it cannot be read to its end, so that nobody knows what else it says of
    any image."""

    number: int
    name: str
    split: str | None
    results: bool = False
    scored: bool = False
    plain: bool = False
    broken: bool = False
    categories: dict[Any, str] = field(default_factory=dict)
    used: set[Any] = field(default_factory=set)
    known: set[Any] = field(default_factory=set)

    def key(self, id: Any) -> Any:
        """What the image's annotations are kept under. In the first file, mostly the only one, that is the image's id:
        there are very many."""
        return (self.number, id) if self.number else id


# A sheet's number, the image's id there, and its size by that sheet.
Listed = tuple[int, Any, Size | None]


@dataclass
class Index:
    """`listed`: where an image of the archive is listed first; `again`: where else."""

    spool: Spool
    sheets: list[Sheet] = field(default_factory=list)
    listed: dict[str, Listed] = field(default_factory=dict)
    again: dict[str, list[Listed]] = field(default_factory=dict)
    wrong: Complaints = field(default_factory=Complaints)
    _sizes: dict[Size, Size] = field(default_factory=dict)

    def open(self, name: str) -> Sheet:
        """The next file."""
        split = _SPLIT.search(name.rsplit(".", 1)[0])
        told = _SPLITS.get(split.group(1), split.group(1)) if split else None
        self.sheets.append(Sheet(len(self.sheets), name, told))
        return self.sheets[-1]

    def keep(self, pictures: Pictures, sheet: Sheet, name: str, value: Any) -> None:
        """One part of a file."""
        if name == "annotations" or not name:
            self._annotation(sheet, value, results=not name)
        elif name == "images":
            self._image(pictures, sheet, value)
        elif name == "categories" and isinstance(value, dict):
            if isinstance(value.get("name"), str) and _plain(value.get("id")):
                sheet.categories[value["id"]] = value["name"]
            else:
                self.wrong.add(f"{sheet.name}: a category has no id or no name: {_shown(value)}.", "Add both.")

    def _annotation(self, sheet: Sheet, value: Any, *, results: bool) -> None:
        if not isinstance(value, dict):
            self.wrong.add(f"{sheet.name}: {_shown(value)} is not an annotation.", "Take it out.")
            return
        id, category = value.get("image_id"), value.get("category_id")
        if not isinstance(id, int | str):
            if not results or "category_id" in value:
                self.wrong.add(f"An annotation names no image: {_shown(value)}.", "Give it an image_id.")
            return
        if results:
            sheet.results = True
        if "score" in value:
            sheet.scored = True
        else:
            sheet.plain = True
        if isinstance(category, int | str):
            sheet.used.add(category)
        self.spool.add((sheet.number, id) if sheet.number else id, packed(value))

    def _image(self, pictures: Pictures, sheet: Sheet, value: Any) -> None:
        about = value if isinstance(value, dict) else {}
        called, id = about.get("file_name"), about.get("id")
        if not isinstance(called, str) or not _plain(id):
            self.wrong.add(f"An image has no id or no file_name: {_shown(value)}.", "Add both.")
            return
        sheet.known.add(id)
        member = pictures.find(called, sheet.split)
        if member is None:
            self.wrong.add(*pictures.lacks(called))
            return
        told = sides(about.get("width"), about.get("height"))
        place = (sheet.number, id, None if told is None else self._sizes.setdefault(told, told))
        if self.listed.setdefault(member, place) is not place:
            self.again.setdefault(member, []).append(place)

    def classes(self) -> Iterable[str]:
        """Categories that annotations use, in the files' order."""
        used = {self.category(sheet, id) for sheet in self.sheets if not sheet.broken for id in sheet.used}
        names = dict.fromkeys(name for sheet in self.sheets for name in sheet.categories.values())
        return [name for name in names if name in used]

    def category(self, sheet: Sheet, id: object) -> str | None:
        """The name; a list of results uses those of the other files."""
        if not _plain(id):
            return None
        if not sheet.results:
            return sheet.categories.get(id)
        return next((one.categories[id] for one in self.sheets if id in one.categories), None)

    def of(self, picture: Picture) -> Told:
        """The image's annotations, of all files that list it. Raises Unreadable."""
        first = self.listed.get(picture.member)
        if first is None:
            return Told()
        places = [one for one in (first, *self.again.get(picture.member, ())) if not self.sheets[one[0]].broken]
        if not places:
            return Told()
        plain: Regions | None = None
        scored: Regions | None = None
        notes: list[str] = []
        for number, id, _ in places:
            sheet = self.sheets[number]
            some, guessed = parted(self._regions(sheet, id, notes))
            if some or sheet.plain or not sheet.scored:
                plain = [*(plain or ()), *some]
            if guessed or sheet.scored:
                scored = [*(scored or ()), *guessed]
        for sheet in self.sheets:
            if sheet.results and not sheet.broken:
                for id in dict.fromkeys(id for _, id, _ in places):
                    scored = [*(scored or ()), *self._regions(sheet, id, notes)]
        label = None if plain is None or (not plain and scored is not None) else RawSaid({"regions": plain})
        prediction = None if scored is None else RawSaid({"regions": scored})
        split = next((one for number, *_ in places if (one := self.sheets[number].split)), None)
        return Told(label, prediction, split, notes=tuple(notes), declared=places[0][2])

    def _regions(self, sheet: Sheet, id: Any, notes: list[str]) -> Regions:
        found: Regions = []
        categories = None if sheet.results else sheet.categories
        for raw in self.spool.of(sheet.key(id)):
            if type(raw) is tuple:
                category, x, y, width, height = raw
                name = self.category(sheet, category) if categories is None else categories.get(category)
                if name is not None:
                    found.append({"label": name, "box": [x, y, width, height]})
                    continue
            else:
                category = raw.get("category_id")
                name = self.category(sheet, category)
            if name is None:
                raise Unreadable(f"an annotation has the category {category!r}, which is not declared")
            regions, note = regions_of(raw, name)
            found += regions
            notes += [note] if note else []
        return found

    def left(self) -> Iterator[tuple[str, str]]:
        """Images that are not in the archive, annotations of images that no file lists, files that break off."""
        yield from self.wrong
        lost = [key for key in self.spool.held() if not self._is_known(key)]
        if lost:
            id = lost[0][1] if isinstance(lost[0], tuple) else lost[0]
            yield (
                f"Annotations name {len(lost):,} images that no file lists, the first with id {id!r}.",
                "List them under images, with their file_name.",
            )

    def _is_known(self, key: Any) -> bool:
        number, id = key if isinstance(key, tuple) else (0, key)
        sheet = self.sheets[number]
        return any(id in one.known for one in self.sheets) if sheet.results else id in sheet.known


def _plain(id: object) -> bool:
    return isinstance(id, int | str)


def _shown(value: Mapping[str, Any] | Any) -> str:
    return str(value)[:100]
