"""Image features: colours and edge directions on two grids, with Pillow and numpy only."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from labeling.labelers.image_opening import open_image

Row = NDArray[np.float32]

_SIDE = 96
_GRIDS = (4, 8)
# Colours weigh less than shapes: things of one class often come in many colours.
_COLOUR_WEIGHT = np.float32(0.3)
_DIRECTIONS = 9
_HUES, _SATURATIONS, _VALUES = 8, 3, 3


def _cells(pixels: NDArray[np.int64], weights: NDArray[np.float32], *, bins: int, grid: int) -> Row:
    """Histogram of `pixels` (side x side bin numbers) in each of grid x grid cells, (grid * grid * bins)."""
    step = np.arange(_SIDE) * grid // _SIDE
    cell = step[:, None] * grid + step[None, :]
    counts = np.bincount((cell * bins + pixels).ravel(), weights=weights.ravel(), minlength=grid * grid * bins)
    return counts.astype(np.float32)


def _unit(histogram: Row) -> Row:
    """Square roots of shares, so that rows compare as distributions and no bin dominates."""
    total = float(histogram.sum())
    return np.sqrt(histogram / total).astype(np.float32) if total > 0 else histogram


def image_row(data: bytes) -> Row:
    """One image's features, (columns,) float32. Raises ValueError if it cannot be read."""
    image = open_image(data, side=_SIDE * 2).resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)
    hsv = np.asarray(image.convert("HSV"), dtype=np.int64)
    hue, saturation, value = hsv[..., 0], hsv[..., 1], hsv[..., 2]
    colour = ((hue * _HUES // 256) * _SATURATIONS + saturation * _SATURATIONS // 256) * _VALUES + value * _VALUES // 256
    ones = np.ones(colour.shape, dtype=np.float32)
    colours = np.bincount(colour.ravel(), minlength=_HUES * _SATURATIONS * _VALUES).astype(np.float32)
    grey = np.asarray(image.convert("L"), dtype=np.float32)
    down, right = np.gradient(grey)
    strength = np.hypot(down, right).astype(np.float32)
    angle = np.mod(np.arctan2(down, right), np.pi)
    direction = np.minimum((angle / np.pi * _DIRECTIONS).astype(np.int64), _DIRECTIONS - 1)
    lightness = (grey * 4 / 256).astype(np.int64)
    return np.concatenate(
        [
            _unit(colours) * _COLOUR_WEIGHT,
            _unit(_cells(lightness, ones, bins=4, grid=4)) * _COLOUR_WEIGHT,
            *(_unit(_cells(direction, strength, bins=_DIRECTIONS, grid=grid)) for grid in _GRIDS),
        ]
    )
