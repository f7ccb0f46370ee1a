import hashlib
import io
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from datasets.media import image_files
from ground.errors import InvalidInput


def encoded(format: str, *, size: tuple[int, int] = (60, 40), mode: str = "RGB", **options: Any) -> bytes:
    target = io.BytesIO()
    image = Image.new(mode, size, 0)
    image.save(target, format, **options)
    return target.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    """A PNG whose header claims a size, with no pixels behind it."""

    def part(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", header) + part(b"IDAT", zlib.compress(b"")) + part(b"IEND", b"")


@pytest.mark.parametrize(
    ("format", "media_type"),
    [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp"), ("GIF", "image/gif")],
)
def test_judges_by_the_bytes(format: str, media_type: str) -> None:
    facts = image_files.judge(encoded(format))
    assert (facts.media_type, facts.width, facts.height) == (media_type, 60, 40)


def test_the_size_is_that_of_the_upright_image() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded("JPEG", exif=exif.tobytes())
    facts = image_files.judge(data)
    assert (facts.width, facts.height) == (40, 60)
    with Image.open(io.BytesIO(image_files.thumbnail(data, 30))) as small:
        assert small.size == (20, 30)
        assert not small.getexif()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html>hello</html>",
        b"%PDF-1.7",
        encoded("EPS"),
        encoded("ICO"),
    ],
    ids=["empty", "svg", "html", "pdf", "eps", "ico"],
)
def test_other_files_are_refused_with_the_remedy(data: bytes) -> None:
    with pytest.raises(InvalidInput, match="Convert it"):
        image_files.judge(data)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "AVIF", "BMP"])
def test_a_file_that_breaks_off_is_refused(format: str) -> None:
    noise = Image.effect_noise((200, 200), 80).convert("RGB")
    target = io.BytesIO()
    noise.save(target, format)
    whole = target.getvalue()
    with pytest.raises(InvalidInput, match=r"damaged or incomplete|not a PNG"):
        image_files.judge(whole[: len(whole) // 2])


@pytest.mark.parametrize("side", [6_400, 8_000, 12_000, 60_000])
def test_an_image_of_too_many_pixels_is_refused_undecoded(side: int) -> None:
    with pytest.raises(InvalidInput, match="too large") as caught:
        image_files.judge(png_that_claims(side, side))
    assert caught.value.code == "too_large"


def test_a_file_of_too_many_bytes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_files, "MAX_BYTES", 10)
    with pytest.raises(InvalidInput, match="at most 10"):
        image_files.judge(encoded("PNG"))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "CMYK", "I;16"])
def test_makes_a_small_webp_of_any_mode(mode: str) -> None:
    format = "JPEG" if mode == "CMYK" else "PNG"
    with Image.open(io.BytesIO(image_files.thumbnail(encoded(format, size=(900, 300), mode=mode), 90))) as small:
        assert small.format == "WEBP"
        assert small.size == (90, 30)


def test_stores_once_by_content(settings: Any) -> None:
    sha256 = image_files.store(b"bytes")
    assert sha256 == hashlib.sha256(b"bytes").hexdigest()
    path = image_files.path_of(sha256)
    assert path == Path(settings.MEDIA_ROOT) / sha256[:2] / sha256
    assert path.read_bytes() == b"bytes"
    before = path.stat().st_mtime_ns
    assert image_files.store(b"bytes") == sha256
    assert path.stat().st_mtime_ns == before
    assert [file.name for file in path.parent.iterdir()] == [sha256]


@pytest.mark.parametrize("name", ["", "../" + "a" * 61, "A" * 64, "a" * 63, "a" * 63 + "/"])
def test_no_path_for_anything_but_a_hash(name: str) -> None:
    with pytest.raises(InvalidInput):
        image_files.path_of(name)
