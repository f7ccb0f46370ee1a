"""Small cuts of real sets, as files that people upload (tests/samples/ORIGIN.md says where they come from)."""

import io
import json
import zipfile
from pathlib import Path

from django.conf import settings
from PIL import Image

SAMPLES = Path(settings.BASE_DIR) / "tests" / "samples"


def zipped(folder: Path, *, more: dict[str, bytes] | None = None) -> bytes:
    """All files of a folder as an archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.name not in {"LICENSE", "NOTICE"}:
                archive.write(path, path.relative_to(folder).as_posix())
        for name, data in (more or {}).items():
            archive.writestr(name, data)
    return stream.getvalue()


def tasks_with_images(file: Path) -> bytes:
    """Tasks of Label Studio with images of the sizes that they tell, as their export names them."""
    members = {file.name: file.read_bytes()}
    for task in json.loads(members[file.name]):
        result = task["annotations"][0]["result"][0]
        stream = io.BytesIO()
        Image.new("RGB", (result["original_width"], result["original_height"])).save(stream, "PNG")
        members[task["data"]["image"].split("-", 1)[1]] = stream.getvalue()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()
