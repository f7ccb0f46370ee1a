"""The extent of an item, from its item kind: the bounds for places in it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """Each field is None or empty where it does not apply or is unknown.
    `length`: of the text, in Unicode code points. `width`, `height`: of the upright image, in pixels. `seconds`,
    `channels`: of audio. `frames`, `fps`: of video. `pages`: widths and heights. `parts`: names of turns, answers or
    columns."""

    length: int | None = None
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    channels: int | None = None
    frames: int | None = None
    fps: float | None = None
    pages: tuple[tuple[int, int], ...] = ()
    parts: tuple[str, ...] = ()


NOWHERE = Extent()
