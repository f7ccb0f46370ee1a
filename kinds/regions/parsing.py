"""A value of regions in normal form, from what people, files and labelers give."""

from collections.abc import Sequence
from dataclasses import dataclass

from ground.errors import InvalidValue
from kinds.attributes import read_attributes
from kinds.base import LabelValue, Parsed
from kinds.extent import Extent
from kinds.ids import without_gaps
from kinds.reading import Reading, Source, checked_parts, parts_of, shown
from kinds.regions.plain import plain_boxes
from kinds.regions.reading import read_shape
from kinds.regions.settings import SHAPES, RegionsSettings
from kinds.regions.shapes import Shape
from kinds.task import LabelTask

_SHAPE = 'A label must look like {"regions": [{"label": "name", "box": [x, y, width, height]}]}.'
_PARTS = ("id", "label", "attributes", "occluded", *SHAPES)


@dataclass(slots=True)
class _Region:
    name: str
    given_id: str
    label: str
    attributes: dict[str, str]
    occluded: bool
    shape: Shape
    part: float | None


def parse_regions(
    raw: object, task: LabelTask, extent: Extent, *, mend: bool, parts: Sequence[float | None] | None
) -> Parsed:
    """The value in normal form. Raises InvalidValue."""
    if not isinstance(raw, dict) or not isinstance(raw.get("regions"), list):
        raise InvalidValue(_SHAPE, field="value")
    unknown = sorted(shown(key) for key in raw if key != "regions")
    if unknown:
        raise InvalidValue(f"Unknown field of a label: {unknown[0]}.", field="value")
    checked_parts(parts, len(raw["regions"]))
    plain = plain_boxes(raw["regions"], task, extent, mend=mend, parts=parts)
    return plain or parse_each(raw["regions"], task, extent, mend=mend, parts=parts)


def parse_each(
    rows: list[object], task: LabelTask, extent: Extent, *, mend: bool, parts: Sequence[float | None] | None
) -> Parsed:
    """The value in normal form, each region parsed individually. Raises InvalidValue."""
    reading = Reading(task, mend=mend)
    read = reading.each(rows, "Region", lambda source: _region(source, extent, parts))
    regions = _without_doubles(read, reading)
    ids = without_gaps(_ids(regions, reading), {region.given_id for region in regions})
    told = [_told(region, name) for region, name in zip(regions, ids, strict=True)]
    return Parsed({"regions": told}, parts_of([region.part for region in regions]), reading.notes)


def _told(region: _Region, name: str) -> LabelValue:
    kind, raw = region.shape
    about = {"id": name, "label": region.label, "attributes": region.attributes, "occluded": region.occluded}
    return about | {kind: raw}


def _region(source: Source, extent: Extent, given: Sequence[float | None] | None) -> _Region:
    source.only(_PARTS)
    label = source.label()
    settings: RegionsSettings = source.reading.task.settings
    shape = read_shape(source, extent)
    attributes = read_attributes(source, label, settings.attributes)
    return _Region(source.name, source.id, label, attributes, _occluded(source), shape, source.part(given))


def _occluded(source: Source) -> bool:
    raw = source.row.get("occluded", False)
    if source.reading.mend and (raw is None or (isinstance(raw, int) and raw in (0, 1))):
        return bool(raw)
    if not isinstance(raw, bool):
        source.reading.wrong(f"{source.name}: occluded is neither true nor false.", "It counts as false.")
        return False
    return raw


def _without_doubles(regions: Sequence[_Region], reading: Reading) -> list[_Region]:
    """The regions without duplicates (same class and shape): the more confident one stays. Raises InvalidValue if
    values are not mended."""
    kept: dict[str, _Region] = {}
    gone: dict[int, _Region] = {}
    for at in sorted(range(len(regions)), key=lambda at: -1.0 if (part := regions[at].part) is None else -1.0 - part):
        region = regions[at]
        stays = kept.setdefault(repr((region.label, region.shape)), region)
        if stays is not region:
            gone[at] = stays
    for at, stays in sorted(gone.items()):
        reading.wrong(f"{regions[at].name}: it is the same as {stays.name}.")
    return [region for at, region in enumerate(regions) if at not in gone]


def _ids(regions: Sequence[_Region], reading: Reading) -> list[str]:
    """The given ids, each once; "" for the others."""
    found: dict[str, None] = {}
    ids = []
    for region in regions:
        if region.given_id in found:
            reading.wrong(f"{region.name}: another region has its id.", "It got another.")
            ids.append("")
        else:
            ids.append(region.given_id)
        if region.given_id:
            found[region.given_id] = None
    return ids
