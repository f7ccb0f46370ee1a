from itertools import permutations
from math import cos, radians
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.formats.regions import four_corners
from kinds.regions.shapes import corners
from tests.exchange.formats.region_files import meant, only, packed, read, regions

HEAD = "imagesource:GoogleEarth\ngsd:0.146\n"
SHIP = "110 60 110 100 90 100 90 60 car 0"


def files(lines: str, **more: Any) -> dict[str, Any]:
    return {"train/images/a.jpg": None, "train/labelTxt/a.txt": lines} | more


def test_four_corners_are_a_rotated_box_where_they_are_those_of_one(tmp_path: Path) -> None:
    record = only("dota", packed(tmp_path, files(f"{HEAD}{SHIP}\n10.0 10.0 50.0 10.0 60.0 40.0 10.0 40.0 bus 1\n")))
    turned, other = regions(record.label)
    assert meant(record.label).value["regions"][0]["rotated_box"] == [100, 80, 40, 20, 90]
    assert "attributes" not in turned
    assert other["polygon"] == [[[10, 10], [50, 10], [60, 40], [10, 40]]]
    assert other["attributes"] == {"difficult": "1"}
    assert record.split == "train"


@pytest.mark.parametrize("lines", ["31 20 65 40 55 57 20 37 car 0", "20 37 55 57 65 40 31 20 car 0"])
def test_corners_may_be_whole_pixels_and_go_either_way_round(lines: str, tmp_path: Path) -> None:
    (region,) = regions(only("dota", packed(tmp_path, files(lines))).label)
    x, y, width, height, angle = region["rotated_box"]
    assert (x, y) == (42.75, 38.5)
    assert sorted((width, height)) == pytest.approx([19.9, 39.9], abs=0.5)
    assert angle % 90 == pytest.approx(30, abs=1)


def test_a_head_alone_says_that_there_is_nothing_however_it_is_written(tmp_path: Path) -> None:
    more = {"train/images/b.jpg": None, "train/images/c.jpg": None, "train/labelTxt/c.txt": "imageSource:x\nGSD:null\n"}
    records, wrong = read("dota", packed(tmp_path, files(HEAD, **more)))
    assert wrong == []
    assert regions(records["train/a.jpg"].label) == regions(records["train/c.jpg"].label) == []
    assert records["train/b.jpg"].label is None


# In smaller ones a pixel is more than a few degrees.
sizes = st.floats(30, 400)


@given(st.floats(0, 900), st.floats(0, 900), sizes, sizes, st.floats(0, 360), st.booleans(), st.integers(0, 3))
def test_a_box_whose_corners_are_rounded_to_pixels_is_still_that_box(
    x: float, y: float, width: float, height: float, degrees: float, back: bool, first: int
) -> None:
    told = [(float(round(a)), float(round(b))) for a, b in corners(x, y, width, height, degrees)]
    told = told[first:] + told[:first]
    found = four_corners(told[::-1] if back else told)
    cx, cy, one, other, angle = found["rotated_box"]
    assert (cx, cy) == pytest.approx((x, y), abs=1)
    assert sorted((one, other)) == pytest.approx(sorted((width, height)), abs=2)
    # The same axes, whichever is named first.
    assert abs(cos(radians(2 * (angle - degrees)))) == pytest.approx(1, abs=0.01)


def test_corners_that_are_no_box_are_a_polygon_in_any_order() -> None:
    kite = [(0.0, 0.0), (40.0, 0.0), (50.0, 40.0), (0.0, 20.0)]
    for points in permutations(kite):
        assert four_corners(points) == {"polygon": [[list(point) for point in points]]}
