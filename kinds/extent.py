"""How far an item reaches: what its item kind knows of it, and what places in it are checked against."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """Each field is None, or empty, where it means nothing for the item or is not known.

    `length`: of its text, in Unicode code points. `width`, `height`: of the upright image, in pixels. `seconds`,
    `channels`: of sound. `frames`, `fps`: of a video. `pages`: their widths and heights. `parts`: names of turns,
    answers or columns.
    """

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
