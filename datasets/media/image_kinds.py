"""The image format of a file by its first bytes, regardless of its name."""

MEDIA_TYPES = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "TIFF": "image/tiff",
    "AVIF": "image/avif",
    "BMP": "image/bmp",
    "HEIF": "image/heic",
}
# Formats that browsers do not support and that are converted.
NOT_FOR_BROWSERS = frozenset({"image/tiff", "image/heic"})
NAMES = "PNG, JPEG, WebP, GIF, TIFF, AVIF, HEIC or BMP"

_BEGINNINGS = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"BM": "BMP",
}
# Brands of the ISO base media file format at the start of AVIF and HEIC files: ISO/IEC 23008-12 and the AV1 Image
# File Format.
_BRANDS = {b"avif": "AVIF", b"avis": "AVIF"} | dict.fromkeys(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), "HEIF"
)
_LOOKED_AT = 64


def image_kind(data: bytes) -> str | None:
    """The format, by Pillow's name; None for unsupported files."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        length = min(int.from_bytes(data[:4], "big"), _LOOKED_AT)
        brands = [data[8:12], *(data[at : at + 4] for at in range(16, length - 3, 4))]
        found = [_BRANDS[brand] for brand in brands if brand in _BRANDS]
        return "AVIF" if "AVIF" in found else next(iter(found), None)
    return next((kind for beginning, kind in _BEGINNINGS.items() if data.startswith(beginning)), None)
