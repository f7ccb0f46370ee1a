"""What the report of an import says: the same wherever the bad row stands, each thing once, and what can be done."""

from typing import Any

import pytest

from accounts.models import Role
from datasets.making import NewClass, create_dataset
from datasets.models import Dataset, Membership
from exchange import importing
from exchange.models import Import
from labeling.models import PreLabel
from tests.exchange.element_datasets import dataset_for
from tests.exchange.formats.test_malformed import archive, coco, images
from tests.loops import import_rows, work_imports
from tests.people import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def regions(cast: Cast) -> Dataset:
    return dataset_for(cast, "regions", None)


def imported(dataset: Dataset, cast: Cast, data: bytes, **more: Any) -> Import:
    mapping = {"annotations": "label", "new_classes": True}
    job = importing.create_import(
        dataset=dataset, actor=cast.manager, file_name="a.zip", chunks=[data], mapping=mapping, **more
    )
    work_imports()
    job.refresh_from_db()
    return job


def coco_of(names: str, wrong: str) -> bytes:
    """Images with a box each, of which one has a category that is not declared."""
    listed = [{"id": number, "file_name": f"{name}.png"} for number, name in enumerate(names)]
    boxes = [
        {"id": number, "image_id": number, "category_id": 9 if name == wrong else 1, "bbox": [1, 1, 8, 8]}
        for number, name in enumerate(names)
    ]
    pictures = {name: data for name, data in images("").items() if name[0] in names}
    return archive({**pictures, "annotations.json": coco(images=listed, annotations=boxes)})


@pytest.mark.parametrize(("names", "wrong"), [("a", "a"), ("abc", "a"), ("abc", "c")])
def test_a_category_that_is_not_declared_costs_its_image_wherever_it_stands(
    names: str, wrong: str, cast: Cast, regions: Dataset
) -> None:
    job = imported(regions, cast, coco_of(names, wrong))
    assert (job.format, job.state, job.accepted, job.rejected) == ("coco", "done", len(names) - 1, 1)
    assert job.issues.get().reason == f"{wrong}.png: an annotation has the category 9, which is not declared."


def test_what_is_said_of_several_elements_is_said_once(cast: Cast) -> None:
    dataset = create_dataset(
        name="S", slug="s", item_kind="text", task_kind="spans", task_settings={}, creator=cast.admin,
        classes=[NewClass("PER")],
    )  # fmt: skip
    Membership.objects.create(dataset=dataset, user=cast.manager, role=Role.MANAGER)
    spans = [
        {"id": f"x{at}", "start": at, "end": at + 1, "label": "PER", "attributes": {"truncated": "1"}}
        for at in range(6)
    ]
    spans[5]["attributes"] = {"pose": "left"}
    row = {"text": "Ada met Bob", "gold": {"spans": spans}}
    job = import_rows(dataset, cast.manager, [row], text="text", label="gold")
    issue = job.issues.get()
    assert issue.reason == (
        "5 spans: the task has no attribute 'truncated'. The attribute was left out. "
        "Span 6 (id x5): the task has no attribute 'pose'. The attribute was left out."
    )
    # Nothing deletes an item.
    assert issue.remedy == (
        "The item was imported. For a complete import, fix this and use another id or another dataset."
    )
    again = import_rows(dataset, cast.manager, [row | {"id": "other"}], text="text", label="gold", external_id="id")
    assert again.accepted == 1


def test_a_machine_s_label_needs_no_remedy(cast: Cast) -> None:
    row = {"text": "x", "label": "card", "source": "auto"}
    job = import_rows(cast.dataset, cast.manager, [row], text="text", label="label", source="source")
    assert job.issues.get().remedy == "Nothing to do."
    assert PreLabel.objects.get().value == {"labels": ["card"]}
