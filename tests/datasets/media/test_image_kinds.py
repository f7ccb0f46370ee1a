"""An image is what its bytes say; what browsers do not show is converted for them."""

import io
from pathlib import Path

import pytest
from PIL import Image

from datasets.media import image_files, pictures
from datasets.media.image_kinds import MEDIA_TYPES, image_kind
from ground.errors import InvalidInput

HEIC = Path(__file__).parents[2] / "samples/heic/red-corner.heic"
SIZE = (64, 48)
UPRIGHT = {1: SIZE, 3: SIZE, 6: SIZE[::-1]}


def red_corner(format: str, orientation: int = 1) -> bytes:
    if format == "HEIF":
        return HEIC.read_bytes()
    image = Image.new("RGB", SIZE, "white")
    image.paste((255, 0, 0), (0, 0, SIZE[0] // 2, SIZE[1] // 2))
    exif = Image.Exif()
    exif[0x0112] = orientation
    target = io.BytesIO()
    image.save(target, format, **({} if format in {"BMP", "GIF"} else {"exif": exif}))
    return target.getvalue()


@pytest.mark.parametrize("format", MEDIA_TYPES)
def test_each_kind_is_told_by_its_bytes_and_shown(format: str) -> None:
    data = red_corner(format)
    assert image_kind(data) == format
    facts = image_files.judge(data)
    assert (facts.media_type, facts.width, facts.height) == (MEDIA_TYPES[format], *SIZE)
    shown, media_type = image_files.shown(data, facts.media_type)
    assert media_type in {"image/png", "image/jpeg", "image/webp", "image/gif", "image/avif", "image/bmp"}
    with Image.open(io.BytesIO(shown)) as image:
        seen = image.convert("RGB")
    red, white = seen.getpixel((4, 4)), seen.getpixel((60, 4))
    assert isinstance(red, tuple)
    assert isinstance(white, tuple)
    assert red[0] > 240 > 40 > red[1]
    assert min(white) > 240


@pytest.mark.parametrize("format", ["TIFF", "AVIF", "WEBP"])
@pytest.mark.parametrize("orientation", UPRIGHT)
def test_each_is_turned_as_it_asks(format: str, orientation: int) -> None:
    data = red_corner(format, orientation)
    image, media_type = pictures.upright(data)
    assert image.size == pictures.header(data).upright == UPRIGHT[orientation]
    corner = {1: (4, 4), 3: (60, 44), 6: (44, 4)}[orientation]
    assert image.getpixel(corner)[1] < 40
    shown, _ = image_files.shown(data, media_type)
    with Image.open(io.BytesIO(shown)) as seen:
        assert seen.size == (image.size if format != "AVIF" else seen.size)


def test_without_the_extra_a_heic_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_there(name: str) -> object:
        raise ImportError(name)

    pictures._allow_heic.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(pictures, "_pillow", lambda: Image)
        patch.setattr(pictures, "import_module", none_there)
        with pytest.raises(InvalidInput, match=r"countersign\[heic\].* Convert the image to JPEG"):
            image_files.judge(HEIC.read_bytes())
    assert image_files.judge(HEIC.read_bytes()).media_type == "image/heic"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", None),
        (b"RIFF....WAVEfmt ", None),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", None),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1heicavif", "AVIF"),
        (b"\0\0\0\x18ftypmsf1\0\0\0\0msf1heic", "HEIF"),
    ],
)
def test_others_are_none(data: bytes, kind: str | None) -> None:
    assert image_kind(data) == kind
