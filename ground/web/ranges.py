"""Sending files whole or in part, for range requests of audio and video players (RFC 9110, section 14)."""

import re
from collections.abc import Iterator
from pathlib import Path

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

_BLOCK = 1 << 16
_ASKED = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def file_response(request: HttpRequest, path: Path, *, media_type: str) -> HttpResponseBase:
    """The file, or the requested range. Several ranges at once are not supported: the whole file is sent. Raises
    FileNotFoundError."""
    size = path.stat().st_size
    asked = _ASKED.fullmatch(request.headers.get("Range", ""))
    part = _part(asked, size) if asked and asked.group() != "bytes=-" else range(size)
    if part is None:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    response = StreamingHttpResponse(_blocks(path, part), content_type=media_type)
    response["Content-Length"] = str(len(part))
    response["Accept-Ranges"] = "bytes"
    if asked and len(part) < size:
        response.status_code = 206
        response["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    return response


def _part(asked: re.Match[str], size: int) -> range | None:
    """The requested range of bytes; None if it is outside the file."""
    first, last = asked.groups()
    if not first:
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(int(last) + 1, size) if last else size
    return range(start, stop) if start < stop else None


def _blocks(path: Path, part: range) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(part.start)
        left = len(part)
        while left and (block := file.read(min(_BLOCK, left))):
            left -= len(block)
            yield block
