"""Small cuts of real sets, as files that people upload (tests/samples/ORIGIN.md says where they come from)."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

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
    """Tasks of Label Studio with images of the sizes that they tell, as its export names them."""
    tasks = json.loads(file.read_text())
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, task in enumerate(tasks):
            name = image_of(task)
            task["data"]["image"] = f"/data/upload/1/0a1b2c3d-{name}"
            result = task["annotations"][0]["result"][0]
            image = io.BytesIO()
            # Each of another colour: equal bytes are one item.
            size = result["original_width"], result["original_height"]
            Image.new("RGB", size, (number, 9, 9)).save(image, "PNG")
            archive.writestr(name, image.getvalue())
        archive.writestr(file.name, json.dumps(tasks))
    return stream.getvalue()


def image_of(task: dict[str, Any]) -> str:
    """The name of a task's image, without what its export puts before it."""
    name = str(task["data"]["image"]).rpartition("/")[2].rpartition("-")[2]
    return name if "." in name else f"{name}.png"
