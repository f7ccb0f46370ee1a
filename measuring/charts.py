"""Geometry of the charts: from figures to SVG coordinates. Plain arithmetic; the templates draw."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 640, 260
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 12, 30


@dataclass(frozen=True, slots=True)
class Tick:
    """A tick of an axis: position and label."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Point:
    """One point with its tooltip."""

    x: float
    y: float
    title: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar with its tooltip."""

    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class Frame:
    """The plotting area: x and y from a data range to SVG units."""

    x_low: float
    x_high: float
    y_low: float = 0.0
    y_high: float = 1.0

    def x(self, value: float) -> float:
        """Horizontal position."""
        span = (self.x_high - self.x_low) or 1.0
        return round(LEFT + (value - self.x_low) / span * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        """Vertical position; SVG counts downwards."""
        span = (self.y_high - self.y_low) or 1.0
        return round(HEIGHT - BOTTOM - (value - self.y_low) / span * (HEIGHT - TOP - BOTTOM), 1)

    def path(self, values: Sequence[tuple[float, float | None]]) -> str:
        """A line through the values, interrupted at missing ones."""
        parts, pen_up = [], True
        for x, y in values:
            if y is None:
                pen_up = True
                continue
            parts.append(f"{'M' if pen_up else 'L'}{self.x(x)} {self.y(y)}")
            pen_up = False
        return " ".join(parts)

    def band(self, values: Sequence[tuple[float, float | None, float | None]]) -> str:
        """A closed area between low and high, for values that have both."""
        known = [(x, low, high) for x, low, high in values if low is not None and high is not None]
        if len(known) < 2:
            return ""
        upper = [f"{self.x(x)} {self.y(high)}" for x, _, high in known]
        lower = [f"{self.x(x)} {self.y(low)}" for x, low, _ in reversed(known)]
        return "M" + " L".join(upper + lower) + "Z"

    def percent_ticks(self) -> list[Tick]:
        """Five percentage ticks for the vertical axis."""
        steps = [self.y_low + (self.y_high - self.y_low) * part / 4 for part in range(5)]
        return [Tick(self.y(step), f"{step * 100:.0f}%") for step in steps]


def heat_level(share: float) -> int:
    """The shade, 0 to 6, for a share of a row; any share above zero is visible."""
    return 0 if share <= 0 else min(6, 1 + int(share * 6))
