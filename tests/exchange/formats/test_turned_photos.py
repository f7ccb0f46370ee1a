"""Photos that ask to be turned: people see them upright, and that is where regions must lie, or it is said that nobody
knows."""

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageOps

from exchange.formats.images.upright import header, turned
from kinds.regions.shapes import corners, outline, shape_of
from tests.exchange.formats.region_files import HEIGHT, ORIENTATION, WIDTH, only, packed, photo, read, regions

LEFT, TOP, RIGHT, BOTTOM = 16, 32, 64, 48
SWAPPED = (5, 6, 7, 8)


def marked(orientation: int) -> bytes:
    """A photo with a white rectangle on it, as it is stored."""
    image = Image.new("L", (WIDTH, HEIGHT), 0)
    ImageDraw.Draw(image).rectangle((LEFT, TOP, RIGHT - 1, BOTTOM - 1), fill=255)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=100, exif=exif)
    return stream.getvalue()


def seen(data: bytes) -> list[float]:
    """Where the rectangle lies in the upright image."""
    with Image.open(io.BytesIO(data)) as image:
        box = ImageOps.exif_transpose(image).point(lambda part: 255 * (part > 128)).getbbox()
    assert box is not None
    return [box[0], box[1], box[2] - box[0], box[3] - box[1]]


def voc(width: int, height: int) -> str:
    size = f"<size><width>{width}</width><height>{height}</height></size>"
    corners = f"<xmin>{LEFT}</xmin><ymin>{TOP}</ymin><xmax>{RIGHT}</xmax><ymax>{BOTTOM}</ymax>"
    thing = f"<object><name>car</name><bndbox>{corners}</bndbox></object>"
    return f"<annotation><filename>a.jpg</filename>{size}{thing}</annotation>"


def cvat(width: int, height: int) -> str:
    box = f'<box label="car" xtl="{LEFT}" ytl="{TOP}" xbr="{RIGHT}" ybr="{BOTTOM}"/>'
    return f'<annotations><image name="a.jpg" width="{width}" height="{height}">{box}</image></annotations>'


def labelme(width: int, height: int) -> Any:
    shape = {"label": "car", "points": [[LEFT, TOP], [RIGHT, BOTTOM]], "shape_type": "rectangle"}
    return {"shapes": [shape], "imageWidth": width, "imageHeight": height}


def coco(width: int, height: int) -> Any:
    box = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [LEFT, TOP, RIGHT - LEFT, BOTTOM - TOP]}
    image = {"id": 1, "file_name": "a.jpg", "width": width, "height": height}
    return {"images": [image], "categories": [{"id": 1, "name": "car"}], "annotations": [box]}


def label_studio(width: int, height: int) -> Any:
    value = {
        "x": 100 * LEFT / width,
        "y": 100 * TOP / height,
        "width": 100 * (RIGHT - LEFT) / width,
        "height": 100 * (BOTTOM - TOP) / height,
        "rectanglelabels": ["car"],
    }
    size = {"original_width": width, "original_height": height}
    result = [{"id": "1", "type": "rectanglelabels", "value": value, **size}]
    return [{"data": {"image": "a.jpg"}, "annotations": [{"result": result}]}]


FILES: dict[str, tuple[str, Any]] = {
    "voc_from_zero": ("a.xml", voc),
    "cvat": ("annotations.xml", cvat),
    "labelme": ("a.json", labelme),
    "coco": ("instances.json", coco),
    "label_studio_images": ("tasks.json", label_studio),
}


@pytest.mark.parametrize("format", FILES)
@pytest.mark.parametrize("orientation", SWAPPED)
def test_places_in_the_stored_image_are_turned_with_it(format: str, orientation: int, tmp_path: Path) -> None:
    name, told = FILES[format]
    data = marked(orientation)
    record = only(format, packed(tmp_path, {"a.jpg": data, name: told(WIDTH, HEIGHT)}))
    (region,) = regions(record.label)
    assert region["box"] == pytest.approx(seen(data))
    assert "they were rotated with it" in record.notes[0]


@pytest.mark.parametrize("format", FILES)
def test_places_in_the_upright_image_stay(format: str, tmp_path: Path) -> None:
    name, told = FILES[format]
    record = only(format, packed(tmp_path, {"a.jpg": photo(6, (HEIGHT, WIDTH)), name: told(WIDTH, HEIGHT)}))
    assert regions(record.label)[0]["box"] == pytest.approx([LEFT, TOP, RIGHT - LEFT, BOTTOM - TOP])
    assert record.notes == ()


@pytest.mark.parametrize("format", FILES)
def test_where_sides_do_not_say_which_is_meant_the_note_says_what_was_taken(format: str, tmp_path: Path) -> None:
    name, told = FILES[format]
    record = only(format, packed(tmp_path, {"a.jpg": photo(3), name: told(WIDTH, HEIGHT)}))
    assert regions(record.label)[0]["box"] == pytest.approx([LEFT, TOP, RIGHT - LEFT, BOTTOM - TOP])
    assert record.notes == (
        "The image has an EXIF rotation. Coordinates were read as those of the image as displayed.",
    )


@pytest.mark.parametrize("format", [name for name in FILES if name != "label_studio_images"])
def test_places_in_an_image_of_another_size_are_refused(format: str, tmp_path: Path) -> None:
    name, told = FILES[format]
    records, wrong = read(format, packed(tmp_path, {"a.jpg": photo(size=(100, 80)), name: told(WIDTH, HEIGHT)}))
    assert records == {}
    assert wrong == ["a.jpg: its labels are for an image of 200 × 160 pixels, but it has 100 × 80."]


@pytest.mark.parametrize(("format", "name", "line"), [("yolo", "a.txt", "0 .5 .5 .1 .1"), ("dota", "a.txt", "")])
def test_formats_that_tell_no_size_take_the_upright_image(format: str, name: str, line: str, tmp_path: Path) -> None:
    line = line or "10 10 60 10 60 40 10 40 car 0"
    files = {"a.jpg": photo(6), "classes.txt": "car\n", name: line}
    record = only(format, packed(tmp_path, files))
    assert "image as displayed" in record.notes[0]


@pytest.mark.parametrize("orientation", SWAPPED)
def test_turned_boxes_and_polygons_go_the_same_way(orientation: int) -> None:
    box = [60, 50, 40, 20, 30]
    points = corners(*map(float, box))
    polygon = {"polygon": [[list(point) for point in points]]}
    one, other = turned([{"rotated_box": box}, polygon], header(marked(orientation)))
    told, wanted = outline(shape_of(one)), outline(shape_of(other))
    assert sorted((round(x, 6), round(y, 6)) for x, y in told) == sorted((round(x, 6), round(y, 6)) for x, y in wanted)
