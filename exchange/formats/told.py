"""An archive's annotations of one image, and their places in the upright image."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from datasets.media.headers import Header
from exchange.formats.archives import Unreadable
from exchange.formats.images.upright import turned
from exchange.formats.pictures import Picture, Size
from exchange.formats.records import RawSaid


@dataclass(slots=True)
class Told:
    """What an archive says of one image. `notes`: what of it could not be taken; `declared`: the width and height that
    the archive says the image has, where places are in pixels."""

    label: RawSaid | None = None
    prediction: RawSaid | None = None
    split: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    declared: Size | None = None


def fitted(told: Told, picture: Picture) -> Told:
    """The same, with its places in the upright image, and a note where that is not sure. Raises Unreadable if places
    are those of another image."""
    if not any(_regions(said) for said in (told.label, told.prediction)):
        return told
    header = picture.header
    if told.declared is not None and told.declared != header.upright:
        return _turned(told, header)
    # Sides that the image has only when it is turned say that it was.
    if header.orientation == 1 or (told.declared is not None and told.declared != (header.width, header.height)):
        return told
    return replace(told, notes=(*told.notes, _AS_SEEN))


_AS_SEEN = "The image has an EXIF rotation. Coordinates were read as those of the image as displayed."


def _turned(told: Told, header: Header) -> Told:
    """What is said of an image that has another size than the archive declares. Raises Unreadable, unless its sides are
    only swapped, as those of a photo are that its EXIF has yet to rotate."""
    assert told.declared is not None  # noqa: S101 - or nobody asks
    (width, height), (across, down) = told.declared, header.upright
    if (width, height) != (down, across):
        raise Unreadable(
            f"its labels are for an image of {width:,} × {height:,} pixels, but it has {across:,} × {down:,}"
        )
    if header.orientation < 5:
        note = "The file swaps its width and height. The coordinates were kept as they are."
        return replace(told, notes=(*told.notes, note))
    sides = [
        said and replace(said, value={"regions": turned(_regions(said), header)})
        for said in (told.label, told.prediction)
    ]
    note = "The coordinates are those of the stored image: they were rotated with it, following its EXIF orientation."
    return replace(told, label=sides[0], prediction=sides[1], notes=(*told.notes, note))


def _regions(said: RawSaid | None) -> list[Any]:
    if said is None or not isinstance(said.value, Mapping):
        return []
    rows = said.value.get("regions")
    return rows if isinstance(rows, list) else []
