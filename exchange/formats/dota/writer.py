"""DOTA: a zip of text files, one for each image, and the images where they are wanted."""

from collections.abc import Mapping, Sequence
from typing import Any

from exchange.formats.member_names import MemberNames, ending_of
from exchange.formats.regions import becomes, no_attributes, no_occluded
from exchange.formats.spans import counted
from exchange.formats.writing import About, ExportItem, Target
from kinds.regions.polygons import least_box
from kinds.regions.shapes import outline, shape_of


class Dota:
    """Rotated boxes; an upright box is one that is not turned."""

    name = "dota"
    title = "DOTA (zip)"
    extension = "zip"
    media_type = "application/zip"
    carries: frozenset[str] | None = frozenset({"regions"})

    def open(self, target: Target, about: About) -> "DotaWriter":
        """A writer on the target."""
        return DotaWriter(target, about)

    def losses(self, item: ExportItem, about: About) -> Sequence[str]:
        """All but four corners, class and whether it is difficult."""
        value = item.value
        if value is None:
            return []
        lost = [
            *becomes(value, "polygon", "the least rotated box around it"),
            *no_attributes(value, but=("difficult",)),
            *no_occluded(value),
        ]
        blanks = {region["label"] for region in value["regions"] if _word(region["label"]) != region["label"]}
        lost += [f"The class {name!r} is written {_word(name)!r}." for name in sorted(blanks)]
        odd = sum(region["attributes"].get("difficult", "1") not in {"0", "1"} for region in value["regions"])
        return [*lost, f"{counted(odd, 'attribute')} difficult written as 1."] if odd else lost


class DotaWriter:
    """Writes an image and its objects."""

    def __init__(self, target: Target, about: About) -> None:
        self._target, self._about = target, about
        self._names = MemberNames()

    def write(self, item: ExportItem) -> None:
        """Append one image."""
        stem = self._names.stem(item)
        if self._about.files and item.read is not None:
            self._target.write_member(f"images/{stem}{ending_of(item)}", item.read())
        if item.value is not None:
            lines = [_line(region) for region in item.value["regions"]]
            self._target.write_member(f"labelTxt/{stem}.txt", "".join(lines).encode())

    def close(self) -> None:
        """Nothing is held back."""


def _word(name: str) -> str:
    return "-".join(name.split())


def _line(region: Mapping[str, Any]) -> str:
    shape = shape_of(dict(region))
    points = least_box(outline(shape)) if shape[0] == "polygon" else outline(shape)
    numbers = " ".join(f"{part:.10g}" for point in points for part in point)
    return f"{numbers} {_word(region['label'])} {int(region['attributes'].get('difficult', '0') != '0')}\n"
