"""What a hostile file cannot do, coming in or going out."""

import csv
import io
import json
import zipfile

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from accounts.models import User
from datasets.making import NewClass, create_dataset
from datasets.models import Dataset, Item
from exchange import exporting, importing
from exchange.models import Import
from ground.errors import InvalidInput
from review.queue.sending import send_to_review
from tests.loops import claim_one, import_rows, label, work_imports
from tests.people import Cast

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
FORMULAS = ["=1+1", "+a", "-1+2", "@SUM(A1)", "\t=1", " =1", "|calc", "%x"]


def png() -> bytes:
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "navy").save(picture, "PNG")
    return picture.getvalue()


@pytest.fixture
def photos(cast: Cast) -> Dataset:
    classes = [NewClass("a"), NewClass("b")]
    return create_dataset(name="Photos", slug="photos", item_kind="image", creator=cast.admin, classes=classes)


def import_files(dataset: Dataset, actor: User, files: dict[str, bytes]) -> Import:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    job = importing.create_import(
        dataset=dataset, actor=actor, file_name="p.zip", chunks=[packed.getvalue()], format="images"
    )
    work_imports()
    job.refresh_from_db()
    return job


@pytest.mark.parametrize("name", ["x.svg", "x.png", "x.jpg", "folder/x.webp"])
@pytest.mark.parametrize("content", [SVG, HTML])
def test_what_a_browser_would_run_is_no_image(cast: Cast, photos: Dataset, name: str, content: bytes) -> None:
    job = import_files(photos, cast.admin, {name: content, "good.png": png()})
    assert (job.accepted, job.rejected) == (1, 1)
    (issue,) = job.issues.all()
    assert issue.reason
    assert issue.remedy


@pytest.mark.parametrize("name", ["../../x.png", "/etc/x.png", "C:\\x.png"])
def test_an_archive_that_leads_out_of_itself_is_refused(cast: Cast, photos: Dataset, name: str) -> None:
    with pytest.raises(InvalidInput, match="points outside the archive"):
        import_files(photos, cast.admin, {name: png(), "good.png": png()})
    assert not Import.objects.exists()


def test_an_image_is_served_as_nothing_but_an_image(cast: Cast, photos: Dataset) -> None:
    import_files(photos, cast.admin, {"x.png": png()})
    item = Item.objects.get(dataset=photos)
    for query in ("", "?side=112", "?side=99999", "?side=x"):
        response = cast.client(cast.admin).get(reverse("asset", args=["photos", item.pk]) + query)
        assert response.status_code == 200
        assert response.headers["Content-Type"] in {"image/png", "image/webp"}
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "private" in response.headers["Cache-Control"]
    assert Client().get(reverse("asset", args=["photos", item.pk])).status_code == 302


def test_markup_in_items_names_and_guidelines_stays_text(cast: Cast) -> None:
    evil = "<script>alert('x')</script><img src=x onerror=alert(1)>"
    Dataset.objects.filter(pk=cast.dataset.pk).update(name=evil, guidelines=f"{evil}\n\n[x](javascript:alert(1))")
    import_rows(cast.dataset, cast.manager, [{"id": evil, "text": evil}])
    send_to_review(dataset=cast.dataset, actor=cast.manager, count=1)
    client, item = cast.client(cast.admin), Item.objects.get()
    paths = ["/", "/datasets/letters/", "/datasets/letters/items/", f"/datasets/letters/items/{item.pk}/"]
    paths += ["/datasets/letters/review/", "/datasets/letters/settings/", "/datasets/letters/imports/"]
    for path in paths:
        body = client.get(path).content.decode()
        assert "alert(" in body, path
        assert "<script>alert" not in body, path
        assert "<img src=x" not in body, path
        assert 'href="javascript:' not in body, path


@pytest.mark.django_db(transaction=True)
def test_a_cell_that_a_spreadsheet_would_run_is_defused(cast: Cast) -> None:
    rows = [{"id": f"{number}", "text": text + " HYPERLINK"} for number, text in enumerate(FORMULAS)]
    import_rows(cast.dataset, cast.manager, rows)
    send_to_review(dataset=cast.dataset, actor=cast.manager, count=len(rows))
    for _ in rows:
        label(cast.dataset, cast.reviewer, claim_one(cast.dataset, cast.reviewer), "card")
    export = exporting.start_export(dataset=cast.dataset, actor=cast.manager, format="csv")
    exporting.work_one_export()
    export.refresh_from_db()
    table = list(csv.DictReader(io.StringIO(exporting.export_path(export).read_text(), newline="")))
    assert len(table) == len(FORMULAS)
    assert all(row["text"].startswith("'") for row in table)
    exact = exporting.start_export(dataset=cast.dataset, actor=cast.manager, format="jsonl")
    exporting.work_one_export()
    exact.refresh_from_db()
    lines = exporting.export_path(exact).read_text().splitlines()
    assert {json.loads(line)["text"] for line in lines} == {row["text"] for row in rows}


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_report_runs_no_formula_either(cast: Cast, formula: str) -> None:
    job = import_rows(cast.dataset, cast.manager, [{"id": "a", "text": "x"}])
    job.issues.create(row=1, field=formula, kind="rejected", reason=formula, remedy=formula)
    response = cast.client(cast.viewer).get(reverse("import-report", args=["letters", job.pk]))
    (row,) = csv.DictReader(io.StringIO(b"".join(response).decode()))
    assert [row[name] for name in ("field", "reason", "remedy")] == ["'" + formula] * 3
