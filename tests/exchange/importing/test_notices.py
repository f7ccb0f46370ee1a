"""What an import says where it might stay silent: no rows, the column at fault, folders that are no classes."""

import io
import zipfile

import pytest
from PIL import Image

from datasets.models import Item
from exchange import importing
from tests.loops import import_rows, work_imports
from tests.people import Cast, make_cast
from work.models import State

pytestmark = pytest.mark.django_db


def test_a_file_without_rows_fails_with_its_reason(cast: Cast) -> None:
    job = importing.create_import(
        dataset=cast.dataset, actor=cast.manager, file_name="a.csv", chunks=[b"id,text\n"], format="csv"
    )
    work_imports()
    job.refresh_from_db()
    assert job.state == State.FAILED
    assert "contains no rows" in job.error


def test_an_unknown_class_names_the_column_it_came_from(cast: Cast) -> None:
    job = import_rows(cast.dataset, cast.manager, [{"text": "a", "guess": "nope"}], text="text", prediction="guess")
    assert (job.accepted, job.rejected, job.noted) == (1, 0, 1)
    assert "prediction was left out: guess: The dataset has no class 'nope'" in job.issues.get().reason


@pytest.mark.parametrize(("folder", "status"), [("card", "reviewed"), ("holidays", "pending")])
def test_folders_are_labels_only_when_they_have_the_classes_names(db: None, folder: str, status: str) -> None:
    cast = make_cast(item_kind="image")
    picture, archive = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    with zipfile.ZipFile(archive, "w") as members:
        members.writestr(f"{folder}/one.png", picture.getvalue())
        members.writestr("refund/two.png", picture.getvalue())
    importing.create_import(
        dataset=cast.dataset,
        actor=cast.manager,
        file_name="a.zip",
        chunks=[archive.getvalue()],
        format="images",
        then_run=False,
    )
    work_imports()
    item = Item.objects.get(external_id=f"{folder}/one.png")
    assert item.status == status
    if status == "pending":
        assert item.metadata["folder"] == folder
