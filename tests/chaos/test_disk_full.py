"""A disk that is full: uploads, imports and exports say so, leave nothing half, and go on once there is room."""

import io
import json
import os
import resource
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from datasets import renditions
from datasets.media import image_files
from datasets.models import Rendition
from exchange import exporting, importing
from exchange.importing import uploads
from exchange.models import Import
from operating.verifying import item_differences
from review.models import Decision
from tests.api.program import Program
from tests.each_kind import cast_of, value_of, zipped
from tests.filling import Said, fill
from tests.loops import work_imports
from tests.people import Cast, make_cast
from work.models import State

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]
# No file may grow beyond this: every write past it fails, as on a disk without room.
ROOM = 100_000
Settings = Any


@pytest.fixture
def home(tmp_path: Path, settings: Settings) -> Path:
    settings.COUNTERSIGN_HOME, settings.MEDIA_ROOT = tmp_path, tmp_path / "media"
    return tmp_path


@contextmanager
def full_disk() -> Iterator[None]:
    """For this process; the database and other tests have theirs. Python ignores the signal that comes with it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def left(home: Path, *folders: str) -> list[str]:
    """Files in these folders of the home."""
    return sorted(str(path) for folder in folders for path in (home / folder).rglob("*") if path.is_file())


def big_rows() -> bytes:
    return b"text\n" + b"".join(b"row %d of a file that finds no room\n" % number for number in range(10_000))


def upload(cast: Cast, expect: int) -> Any:
    files = {"file": ("rows.csv", big_rows())}
    return Program.of(cast.manager).call(
        "POST", "datasets/letters/imports/", {"format": "csv"}, files=files, expect=expect
    )


def test_an_upload_that_finds_no_room_is_refused_whole(home: Path) -> None:
    cast = make_cast()
    with full_disk():
        answer = upload(cast, 507)
        page = cast.client(cast.manager).post("/datasets/letters/imports/", {"file": named(big_rows())})
    assert (answer["code"], answer["field"]) == ("storage_failed", "file")
    assert (page.status_code, b"cannot keep the file" in page.content) == (507, True)
    assert left(home, "uploads") == []
    assert not Import.objects.exists()
    upload(cast, 202)
    work_imports()
    assert Import.objects.get().accepted == 10_000


def named(data: bytes) -> io.BytesIO:
    file = io.BytesIO(data)
    file.name = "rows.csv"
    return file


def test_the_check_finds_half_an_upload(home: Path, monkeypatch) -> None:
    """The negative control: written without care for what is left."""

    def carelessly(chunks: Iterable[bytes]) -> tuple[str, int]:
        path = uploads.path_of("half")
        path.parent.mkdir(parents=True, exist_ok=True)
        return "half", uploads._written(path, chunks)

    monkeypatch.setattr(uploads, "keep", carelessly)
    cast = make_cast()
    with full_disk():
        upload(cast, 500)
    assert left(home, "uploads") == [str(home / "uploads" / "half")]


def archive_of_images(count: int) -> bytes:
    """Each larger than there is room for."""
    return zipped({f"{number}.png": noise(220, 220) for number in range(count)})


def noise(wide: int, high: int) -> bytes:
    """An image that cannot be written smaller."""
    stream = io.BytesIO()
    Image.frombytes("RGB", (wide, high), os.urandom(wide * high * 3)).save(stream, "PNG", compress_level=0)
    return stream.getvalue()


def import_without_room(cast: Cast) -> Import:
    job = importing.create_import(
        dataset=cast.dataset, actor=cast.manager, file_name="images.zip", chunks=[archive_of_images(3)], format="images"
    )
    with full_disk():
        work_imports()
    job.refresh_from_db()
    return job


def test_an_import_of_images_that_finds_no_room_fails_and_is_resumed(home: Path) -> None:
    cast = make_cast(item_kind="image")
    job = import_without_room(cast)
    assert (job.state, job.accepted) == (State.FAILED, 0)
    assert "could not be read or kept: File too large" in job.error
    assert left(home, "media") == []
    importing.resume_import(job=job, actor=cast.manager)
    work_imports()
    job.refresh_from_db()
    assert (job.state, job.accepted, len(left(home, "media"))) == (State.DONE, 3, 3)


def test_the_check_finds_half_an_image(home: Path, monkeypatch) -> None:
    """The negative control: written under its name at once."""

    def carelessly(data: bytes) -> str:
        path = image_files.path_of("a" * 64)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return "a" * 64

    monkeypatch.setattr(image_files, "store", carelessly)
    import_without_room(make_cast(item_kind="image"))
    assert len(left(home, "media")) == 1


def export_without_room(cast: Cast) -> Any:
    fill(cast.dataset, [Said(f"text {number} " + "x" * 1_000, ["card"], 0.99) for number in range(300)])
    export = exporting.start_export(dataset=cast.dataset, actor=cast.manager, format="jsonl", include={})
    with full_disk():
        assert exporting.work_one_export()
    export.refresh_from_db()
    return export


def test_an_export_that_finds_no_room_fails_and_leaves_no_file(home: Path) -> None:
    cast = make_cast()
    export = export_without_room(cast)
    assert (export.state, export.path) == (State.FAILED, "")
    assert "File too large" in export.error
    assert left(home, "exports") == []
    again = exporting.start_export(dataset=cast.dataset, actor=cast.manager, format="jsonl", include={})
    assert exporting.work_one_export()
    again.refresh_from_db()
    assert again.state == State.DONE
    assert exporting.export_path(again).stat().st_size == again.size > ROOM


def test_the_check_finds_half_an_export(home: Path, monkeypatch) -> None:
    """The negative control: nobody clears away the draft."""
    cast = make_cast()
    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", lambda self, missing_ok=False: None)
        export_without_room(cast)
    assert len(left(home, "exports")) == 1


def export_of_spans_without_room(cast: Cast, format: str) -> Any:
    value = value_of("spans", "card") | {"relations": []}
    value["spans"][0] |= {"id": "1", "attributes": {}}
    texts = [f"card {os.urandom(600).hex()}" for _ in range(400)]
    fill(cast.dataset, [Said(text, value=value, parts=[0.99], confidence=0.99) for text in texts])
    export = exporting.start_export(dataset=cast.dataset, actor=cast.manager, format=format)
    with full_disk():
        assert exporting.work_one_export()
    export.refresh_from_db()
    return export


@pytest.mark.parametrize("format", ["brat", "spacy", "doccano"])
def test_an_archive_that_finds_no_room_fails_and_leaves_no_file(home: Path, format: str) -> None:
    """Some members are kept beside it until its end: there is no room for these either."""
    cast = cast_of("spans")
    export = export_of_spans_without_room(cast, format)
    assert (export.state, export.path) == (State.FAILED, "")
    assert "File too large" in export.error
    assert left(home, "exports") == []
    again = exporting.start_export(dataset=cast.dataset, actor=cast.manager, format=format)
    assert exporting.work_one_export()
    again.refresh_from_db()
    assert (again.state, again.rows) == (State.DONE, 400)


def test_a_rendition_that_finds_no_room_fails_and_is_made_later(home: Path) -> None:
    cast = cast_of("regions")
    importing.create_import(
        dataset=cast.dataset, actor=cast.manager, file_name="large.zip",
        chunks=[zipped({"large.png": noise(2_600, 1_700)})], format="images", then_run=False,
    )  # fmt: skip
    work_imports()
    stored = left(home, "media")
    with full_disk():
        assert renditions.work_one_rendition()
    count, why = renditions.failed()
    assert (count, "could not be read or kept: File too large" in why) == (1, True)
    assert left(home, "media") == stored
    renditions.retry_failed()
    assert renditions.work_one_rendition()
    assert Rendition.objects.get().state == State.DONE
    assert len(left(home, "media")) == len(stored) + 1


def test_an_import_of_labels_that_finds_no_room_is_resumed_with_each_label_once(home: Path) -> None:
    """The table beside the images is kept on disk while they are read."""
    cast = cast_of("regions")
    rows = [{"file": f"{number}.png", "label": value_of("regions", "refund")} for number in range(3)]
    files = {f"{number}.png": noise(220, 220) for number in range(3)}
    table = "".join(json.dumps(row) + "\n" for row in rows).encode()
    job = importing.create_import(
        dataset=cast.dataset, actor=cast.manager, file_name="images.zip",
        chunks=[zipped(files | {"labels.jsonl": table})], format="images", then_run=False,
    )  # fmt: skip
    with full_disk():
        work_imports()
    job.refresh_from_db()
    assert (job.state, job.accepted, left(home, "media")) == (State.FAILED, 0, [])
    assert not Decision.objects.exists()
    importing.resume_import(job=job, actor=cast.manager)
    work_imports()
    job.refresh_from_db()
    assert (job.state, job.accepted, Decision.objects.count()) == (State.DONE, 3, 3)
    assert list(item_differences(cast.dataset)) == []
