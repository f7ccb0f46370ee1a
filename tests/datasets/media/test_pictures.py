"""What import accepts every later step can open; a person and a machine are given the same pixels."""

import base64
import io
import random
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image, ImageOps
from playwright.sync_api import Page

from datasets.media import headers, image_files, pictures
from ground.errors import InvalidInput
from labeling.labelers.base import LabelerItem
from labeling.labelers.classifier.model import _image_rows
from labeling.labelers.image_opening import open_image, small_jpeg

RED, GREEN, BLUE = (250, 5, 5), (5, 250, 5), (5, 5, 250)
TURNS = range(1, 9)


def drawn(size: tuple[int, int] = (48, 32)) -> Image.Image:
    """Another colour in each corner but one, so that every turn looks different."""
    image = Image.new("RGB", size, "white")
    half = (size[0] // 2, size[1] // 2)
    image.paste(RED, (0, 0, *half))
    image.paste(GREEN, (half[0], 0, size[0], half[1]))
    image.paste(BLUE, (0, half[1], half[0], size[1]))
    return image


def file_of(image: Image.Image, format: str, **options: Any) -> bytes:
    target = io.BytesIO()
    image.save(target, format, **options)
    return target.getvalue()


def exif_of(*entries: tuple[int, int, int, bytes]) -> bytes:
    """A block of EXIF with these (tag, type, count, four bytes), however wrong they are."""
    rows = b"".join(struct.pack("<HHL", tag, kind, count) + value for tag, kind, count, value in entries)
    return b"Exif\x00\x00II*\x00\x08\x00\x00\x00" + struct.pack("<H", len(entries)) + rows + b"\x00\x00\x00\x00"


def turned_exif(number: int) -> bytes:
    return exif_of((0x0112, 3, 1, struct.pack("<HH", number, 0)))


# The right turn, behind entries that make Pillow's own way of turning fall over.
BROKEN = exif_of(
    (0x0100, 2, 4, b"wide"),
    (0x011A, 10, 1, struct.pack("<L", 9)),
    (0x0112, 3, 1, struct.pack("<HH", 6, 0)),
    (0x0128, 2, 9, b"\xff\xff\xff\xff"),
    (0x0213, 12, 7, b"\x00\x00\x00\xf0"),
)


def png_piece(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def grey16(values: Any, *, width: int = 16) -> bytes:
    """A PNG of 16-bit grey."""
    rows = [values[start : start + width] for start in range(0, len(values), width)]
    pixels = b"".join(b"\x00" + struct.pack(f">{width}H", *row) for row in rows)
    header = struct.pack(">IIBBBBB", width, len(rows), 16, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_piece(b"IHDR", header)
        + png_piece(b"IDAT", zlib.compress(pixels))
        + png_piece(b"IEND", b"")
    )


def with_comment(png: bytes, size: int) -> bytes:
    """The PNG with a compressed comment of so many bytes."""
    return png[:33] + png_piece(b"zTXt", b"Comment\x00\x00" + zlib.compress(b"a" * size)) + png[33:]


def several_pictures() -> bytes:
    """Two pictures in one JPEG file, as phones and drones write them (MPO)."""
    return file_of(drawn(), "MPO", save_all=True, append_images=[drawn().rotate(180)], quality=95)


def corners(image: Image.Image) -> list[tuple[int, ...]]:
    """The colours a little inside the four corners, rounded: compression bends them."""
    width, height = image.size
    x, y = max(1, width // 6), max(1, height // 6)
    places = [(x, y), (width - 1 - x, y), (x, height - 1 - y), (width - 1 - x, height - 1 - y)]
    return [tuple(round(part / 51) for part in image.convert("RGB").getpixel(place)) for place in places]


def every_step(data: bytes) -> Image.Image:
    """All that is done with an image after its import; the thumbnail. Raises what a step raises."""
    small = image_files.thumbnail(data, 256)
    open_image(data, side=192)
    small_jpeg(data, side=64)
    item = LabelerItem(1, image=lambda: data)
    _, readable, reasons = _image_rows([item])
    assert readable == [0], reasons
    image_files.shown(data, image_files.judge(data).media_type)
    return Image.open(io.BytesIO(small))


CASES = {
    "plain": file_of(drawn(), "PNG"),
    "broken-exif.jpg": file_of(drawn(), "JPEG", quality=95, exif=BROKEN),
    "broken-exif.png": file_of(drawn(), "PNG", exif=BROKEN),
    "broken-exif.webp": file_of(drawn(), "WEBP", lossless=True, exif=BROKEN),
    "several.jpg": several_pictures(),
    "comment.png": with_comment(file_of(drawn(), "PNG"), 3_000_000),
    "grey16.png": grey16([value * 256 for value in range(256)]),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_judged_good_can_be_opened_by_every_later_step(name: str) -> None:
    data = CASES[name]
    facts = image_files.judge(data)
    assert every_step(data).size == (facts.width, facts.height)


def test_a_jpeg_of_several_pictures_is_a_jpeg() -> None:
    data = several_pictures()
    with Image.open(io.BytesIO(data)) as seen:
        assert seen.format == "MPO"
    assert image_files.judge(data) == image_files.ImageFacts("image/jpeg", 48, 32)
    assert corners(open_image(data, side=48)) == corners(drawn())


def test_the_turn_counts_and_the_rest_of_a_broken_exif_does_not() -> None:
    for name in ("broken-exif.jpg", "broken-exif.png", "broken-exif.webp"):
        facts = image_files.judge(CASES[name])
        assert (facts.width, facts.height) == (32, 48), name


@pytest.mark.parametrize("exif", [b"", b"Exif\x00\x00", b"II*\x00", turned_exif(0), turned_exif(9), b"MM\x00*\xff" * 9])
def test_exif_without_a_turn_asks_for_none(exif: bytes) -> None:
    assert headers.orientation(exif) == 1


def test_grey_of_sixteen_bits_is_scaled_and_not_clipped() -> None:
    dark = [value * 64 for value in range(256)]
    image = open_image(grey16(dark), side=16)
    assert image.getextrema() == ((0, 64),) * 3
    _, lightest = every_step(grey16(dark)).convert("L").getextrema()
    assert lightest < 80  # type: ignore[operator]


def test_grey_that_floats_is_scaled_by_its_own_range() -> None:
    image = Image.new("F", (2, 1))
    image.putpixel((1, 0), 7.5)
    assert pictures._eight_bits(image).getextrema() == ((0, 255),) * 3


@pytest.fixture
def shown_by_chromium(browser_page: Page) -> Any:
    """What the browser makes of image bytes: its pixels, as it draws them."""
    browser_page.goto("about:blank")

    def draw(data: bytes, media_type: str) -> Image.Image:
        png = browser_page.evaluate(
            """async (source) => {
              const image = new Image();
              image.src = source;
              await image.decode();
              const canvas = document.createElement("canvas");
              canvas.width = image.naturalWidth;
              canvas.height = image.naturalHeight;
              canvas.getContext("2d").drawImage(image, 0, 0);
              return canvas.toDataURL("image/png");
            }""",
            f"data:{media_type};base64,{base64.b64encode(data).decode()}",
        )
        return Image.open(io.BytesIO(base64.b64decode(png.partition(",")[2])))

    return draw


@pytest.mark.django_db(transaction=True)
def test_person_and_machine_see_the_same_pixels(shown_by_chromium: Any) -> None:
    files = dict(CASES)
    for turn in TURNS:
        for format in ("JPEG", "PNG", "WEBP"):
            options = {"quality": 95} if format == "JPEG" else {"lossless": True} if format == "WEBP" else {}
            files[f"{turn}.{format}"] = file_of(drawn(), format, exif=turned_exif(turn), **options)
    for name, data in files.items():
        person = shown_by_chromium(*image_files.shown(data, image_files.judge(data).media_type))
        machine = open_image(data, side=1_000)
        assert person.size == machine.size, name
        assert corners(person) == corners(machine), name


def seeds() -> list[bytes]:
    grey = Image.effect_noise((40, 30), 60)
    alpha = drawn().convert("RGBA")
    alpha.putalpha(100)
    return [
        CASES["broken-exif.jpg"],
        CASES["broken-exif.png"],
        CASES["broken-exif.webp"],
        CASES["several.jpg"],
        CASES["grey16.png"],
        with_comment(file_of(drawn(), "PNG"), 2_000),
        file_of(grey, "JPEG", progressive=True),
        file_of(drawn().convert("CMYK"), "JPEG"),
        file_of(alpha, "PNG"),
        file_of(drawn().convert("P"), "PNG", transparency=b"\x00\x80\xff"),
        file_of(grey, "WEBP", quality=50),
        file_of(drawn(), "GIF", save_all=True, append_images=[drawn().rotate(90)]),
    ]


def mutants(count: int, seed: int) -> Iterator[bytes]:
    """Files with some bytes changed, cut out, doubled or cut off, most of them near the front."""
    chance = random.Random(seed)
    files = seeds()
    for number in range(count):
        data = bytearray(files[number % len(files)])
        for _ in range(chance.randint(1, 6)):
            at = min(int(chance.expovariate(6 / len(data))), len(data) - 1)
            match chance.randrange(5):
                case 0 | 1:
                    data[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
                case 2:
                    del data[at : at + chance.randint(1, 8)]
                case 3:
                    data[at:at] = data[at : at + chance.randint(1, 40)]
                case 4:
                    del data[len(data) - chance.randint(1, 60) :]
            if len(data) < 20:
                break
        if data.startswith(b"\x89PNG") and chance.random() < 0.8:
            data = bytearray(mended(bytes(data)))
        yield bytes(data)


def mended(png: bytes) -> bytes:
    """The PNG with right checksums, so that what was changed is looked at."""
    out = png[:8]
    for name, piece in pictures._png_pieces(png):
        out += png_piece(name, piece[8:-4]) if name else piece
    return out


def check_mutants(count: int, seed: int) -> None:
    taken = refused = 0
    for number, data in enumerate(mutants(count, seed)):
        try:
            facts = image_files.judge(data)
        except InvalidInput:
            refused += 1
            continue
        taken += 1
        assert max(every_step(data).size) <= max(facts.width, facts.height, 256), number
    assert taken > count // 10
    assert refused > count // 10


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_mutated_files_are_refused_or_opened_by_every_step() -> None:
    check_mutants(3_000, seed=11)


@pytest.mark.chaos
@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("seed", range(4))
def test_many_mutated_files_are_refused_or_opened_by_every_step(seed: int) -> None:
    check_mutants(20_000, seed=100 + seed)


def test_the_check_finds_what_pillows_own_way_of_turning_falls_over() -> None:
    """The negative control: turned by Pillow itself, the same files are judged good and fall over later."""

    def by_pillow(data: bytes) -> None:
        with Image.open(io.BytesIO(data)) as image:
            ImageOps.exif_transpose(image)

    data = file_of(drawn(), "JPEG", exif=exif_of((0x0112, 3, 1, struct.pack("<HH", 6, 0)), (0x0100, 2, 4, b"wide")))
    assert every_step(data).size == (32, 48)
    with pytest.raises(Exception, match=r"."):
        by_pillow(data)
