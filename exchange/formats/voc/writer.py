"""Pascal VOC: a zip of XML files, one for each image, with lists of splits; and the images where they are wanted."""

from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

from exchange.formats.member_names import MemberNames, ending_of
from exchange.formats.regions import no_attributes, upright
from exchange.formats.spans import counted
from exchange.formats.writing import About, ExportItem, Target
from exchange.formats.xml_text import text, unwritable
from kinds.regions.shapes import bounds, shape_of

_OWN = ("truncated", "difficult", "pose")
_LISTS = {"validation": "val", "val": "val", "valid": "val", "test": "test", "train": "train"}


class Voc:
    """Whole pixels, counted from 1, and the last one belongs to the box."""

    name = "voc"
    title = "Pascal VOC (zip)"
    extension = "zip"
    media_type = "application/zip"
    carries: frozenset[str] | None = frozenset({"regions"})

    def open(self, target: Target, about: About) -> "VocWriter":
        """A writer on the target."""
        return VocWriter(target, about)

    def losses(self, item: ExportItem, about: About) -> Sequence[str]:
        """All shapes but boxes, parts of pixels, and all attributes but VOC's own."""
        value = item.value
        if value is None:
            return []
        lost = [*upright(value), *no_attributes(value, but=_OWN), *unwritable(value)]
        parts = sum(any(one != int(one) for one in bounds(shape_of(region))) for region in value["regions"])
        if parts:
            lost.append(f"{counted(parts, 'box', 'boxes')} written in whole pixels.")
        odd = sum(
            region["attributes"].get(name, "1") not in {"0", "1"} for region in value["regions"] for name in _OWN[:2]
        )
        return [*lost, f"{counted(odd, 'attribute')} truncated or difficult written as 1."] if odd else lost


class VocWriter:
    """Writes an image and its annotation."""

    def __init__(self, target: Target, about: About) -> None:
        self._target, self._about = target, about
        self._names = MemberNames()
        self._lists: dict[str, IO[bytes]] = {}

    def write(self, item: ExportItem) -> None:
        """Append one image."""
        stem = self._names.stem(item)
        image = f"{stem}{ending_of(item)}"
        if self._about.files and item.read is not None:
            self._target.write_member(f"JPEGImages/{image}", item.read())
        if item.value is not None:
            told = "".join(_lines(item, image, item.value["regions"]))
            self._target.write_member(f"Annotations/{stem}.xml", told.encode())
        part = _LISTS.get(item.split or "")
        if part:
            if part not in self._lists:
                self._lists[part] = self._target.later(f"ImageSets/Main/{part}.txt")
            self._lists[part].write(f"{stem}\n".encode())

    def close(self) -> None:
        """Nothing is held back but the lists, which are written with the archive."""


def _lines(item: ExportItem, image: str, regions: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield f"<annotation>\n  <folder>JPEGImages</folder>\n  <filename>{text(image)}</filename>\n"
    size = {"width": item.extent.width, "height": item.extent.height, "depth": 3}
    yield f"  <size>{''.join(f'<{name}>{number}</{name}>' for name, number in size.items())}</size>\n"
    yield "  <segmented>0</segmented>\n"
    for region in regions:
        left, top, right, bottom = map(round, bounds(shape_of(dict(region))))
        said = region["attributes"]
        yield f"  <object>\n    <name>{text(region['label'])}</name>\n"
        yield f"    <pose>{text(said.get('pose', 'Unspecified'))}</pose>\n"
        for name in _OWN[:2]:
            yield f"    <{name}>{int(said.get(name, '0') != '0')}</{name}>\n"
        yield f"    <occluded>{int(region['occluded'])}</occluded>\n"
        corners = {"xmin": left + 1, "ymin": top + 1, "xmax": max(right, left + 1), "ymax": max(bottom, top + 1)}
        yield f"    <bndbox>{''.join(f'<{name}>{one}</{name}>' for name, one in corners.items())}</bndbox>\n"
        yield "  </object>\n"
    yield "</annotation>\n"
