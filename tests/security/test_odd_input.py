"""What only a database or a library would refuse is refused at the door, with a reason and never with a traceback."""

import base64
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from datasets.models import LabelClass
from exchange import importing
from exchange.formats.archives import ArchiveLimits
from exchange.formats.images.archive import ImageZipReader
from exchange.models import Import
from ground.errors import InvalidInput
from tests.api.program import Program
from tests.people import Cast

pytestmark = pytest.mark.django_db

DEEP = "[" * 60 + "]" * 60
LISTS = [
    "datasets/",
    "datasets/letters/items/",
    "datasets/letters/classes/",
    "datasets/letters/labelers/",
    "datasets/letters/decisions/",
    "datasets/letters/policy/versions/",
    "datasets/letters/members/",
]
POSITIONS = [
    "p=abc",
    "p=%00",
    "p=1.5",
    "p=-1",
    "r=1&p=1.5",
    "p=" + "9" * 40,
    "p=9p=9",
    "p=%D9%A3",
    "o=abc",
    "r=x",
    "p=",
]


@pytest.mark.parametrize("position", POSITIONS)
def test_a_cursor_that_is_not_ours_is_refused_by_name(cast: Cast, position: str) -> None:
    program = Program.of(cast.manager)
    cursor = base64.b64encode(position.encode()).decode()
    for path in LISTS:
        answer = program.response("GET", f"{path}?cursor={cursor}")
        assert (answer.status_code, answer.json()["field"]) == (400, "cursor"), (path, position)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (
            "labelers/",
            '{"name": "n", "kind": "rules", "config": {"rules": [{"labels": ["card"], "keywords": ["\\u0000"]}]}}',
        ),
        (
            "labelers/",
            '{"name": "n", "kind": "rules", "config": {"rules": [{"labels": ["card"], "pattern": "\\ud800"}]}}',
        ),
        ("labelers/", f'{{"name": "n", "kind": "llm", "config": {{"price_in_micros": {"9" * 400}}}}}'),
        ("labelers/", f'{{"name": "n", "kind": "llm", "config": {{"price_in_micros": {"9" * 5_000}}}}}'),
        ("exports/", '{"format": "jsonl", "include": {"splits": ["a\\u0000"]}}'),
        ("exports/", '{"format": "jsonl", "include": {"splits": ["\\ud800"]}}'),
        ("exports/", '{"format": "jsonl", "include": {"min_confidence": NaN}}'),
        ("exports/", '{"format": "jsonl", "include": {"min_confidence": 1e999}}'),
        ("exports/", f'{{"format": "jsonl", "include": {{"splits": {DEEP}}}}}'),
        ("exports/", "{" * 5_000),
        ("classes/", '{"name": "a\\u0000b"}'),
    ],
)
def test_json_that_cannot_be_stored_is_refused(cast: Cast, path: str, body: str) -> None:
    token = Program.of(cast.manager).token
    client = cast.client(cast.manager)
    answer = client.generic(
        "POST",
        f"/api/v1/datasets/letters/{path}",
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == 400, answer.content
    assert answer.json()["detail"]


@pytest.mark.parametrize("mapping", ['{"text": "a\\u0000"}', '{"separator": "\\ud800"}', DEEP, "[1"])
def test_the_mapping_of_an_upload_goes_by_the_same_gate(cast: Cast, mapping: str) -> None:
    answer = Program.of(cast.manager).response(
        "POST",
        "datasets/letters/imports/",
        {"format": "csv", "mapping": mapping},
        files={"file": ("a.csv", b"text\nx\n")},
    )
    assert answer.status_code == 400
    assert answer.json()["field"].startswith("mapping")


@pytest.mark.parametrize("keyword", ["\\u0000", "\\ud800"])
def test_the_form_of_rules_does_too(cast: Cast, keyword: str) -> None:
    rules = f'[{{"labels": ["card"], "keywords": ["{keyword}"]}}]'
    answer = cast.client(cast.manager).post(
        reverse("new-labeler", args=["letters", "rules"]), {"name": "n", "order": 1, "rules": rules}
    )
    assert answer.status_code == 422
    assert "Invalid value" in answer.content.decode()


@pytest.mark.parametrize("body", ['{"item": 1, "reason": "\\u0000"}', f'{{"item": {"9" * 30}}}', DEEP])
def test_the_review_page_does_too(cast: Cast, body: str) -> None:
    client = cast.client(cast.reviewer)
    answer = client.generic("POST", "/datasets/letters/review/decisions/", body, content_type="application/json")
    assert answer.status_code == 422
    assert "cannot be" in answer.json()["message"]


@pytest.mark.django_db(transaction=True)
def test_what_only_the_database_refuses_is_the_requests_fault(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second net: a check is missing, and a class is made that is there already."""

    def add_blindly(*, dataset: Any, **_: Any) -> Any:
        return LabelClass.objects.create(dataset=dataset, name="card")

    monkeypatch.setattr("datasets.api.datasets.add_class", add_blindly)
    answer = Program.of(cast.manager).response("POST", "datasets/letters/classes/", {"name": "card"})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    monkeypatch.setattr("datasets.views.classes.add_class", add_blindly)
    page = cast.client(cast.manager).post("/datasets/letters/settings/classes/", {"name": "card"})
    assert page.status_code == 409
    assert "at the same time" in page.content.decode()


def test_an_upload_that_is_gone_is_told(cast: Cast) -> None:
    job = importing.create_import(
        dataset=cast.dataset,
        actor=cast.manager,
        file_name="rows.csv",
        chunks=[b"text\nx\n"],
        format="csv",
        mapping=None,
    )
    importing.file_path(job).unlink()
    Import.objects.filter(pk=job.pk).update(state="paused")
    client = cast.client(cast.manager)
    shown = client.get(f"/datasets/letters/imports/{job.pk}/")
    assert shown.status_code == 422
    assert "Upload it again" in shown.content.decode()
    sent = client.post(f"/datasets/letters/imports/{job.pk}/confirm/", {"text": "text"})
    assert sent.status_code in {302, 422}


def archive(count: int) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as zipped:
        for number in range(count):
            zipped.writestr(f"{number}.png", b"")
    return data.getvalue()


def test_an_archive_of_very_many_members_is_refused_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "many.zip"
    path.write_bytes(archive(300))
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("its directory was read"))
    with pytest.raises(InvalidInput, match="lists 300 members; at most 200"):
        ImageZipReader(ArchiveLimits(listed=200)).columns(path)


def test_an_archive_that_lists_less_than_it_holds_is_read_no_further(tmp_path: Path) -> None:
    data = bytearray(archive(300))
    end = data.rfind(b"PK\x05\x06")
    data[end + 8 : end + 12] = (5).to_bytes(2, "little") * 2
    path = tmp_path / "liar.zip"
    path.write_bytes(data)
    with pytest.raises(InvalidInput, match="lists 300 members"):
        ImageZipReader(ArchiveLimits(members=10, listed=20)).columns(path)


@pytest.mark.parametrize("data", [b"", b"PK\x05\x06", b"PK\x05\x06" + b"\0" * 17, b"x" * 100, json.dumps({}).encode()])
def test_what_ends_like_no_archive_is_none(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "none.zip"
    path.write_bytes(data)
    with pytest.raises(InvalidInput, match="not a zip archive"):
        ImageZipReader().columns(path)
