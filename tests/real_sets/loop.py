"""The whole loop on a real set: its labels in, a machine's labels in, people who decide as the set says; figures."""

import io
import json
import random
import uuid
import zipfile
from collections import Counter
from dataclasses import dataclass
from typing import Any

import shapely

from accounts.models import Role
from datasets.classes import add_class
from datasets.making import NewClass, create_dataset
from datasets.media import image_files
from datasets.models import Dataset, Item, Membership
from exchange import importing
from labeling.models import PreLabel
from operating.verifying import item_differences, standing_differences
from review.deciding import decisions
from review.queue import claims
from tests.api.program import Program
from tests.loops import work_imports, work_reroutes
from tests.people import Cast
from tests.policies import change_policy
from tests.real_sets.counting import Counted, Value, counted, shape
from tests.real_sets.machine import said_of
from tests.real_sets.readings import Labels
from tests.real_sets.sets import RealSet

# What the machine is this sure of is accepted, but for the checks.
THRESHOLD, AUDITED = 0.9, 0.4


@dataclass
class Played:
    """`given`: what the import made of the set's labels, as its independent reading tells them; `reviewed`: counted
    over what people have decided in the loop, `all`: over all items; `report`: what the API says of it."""

    given: Labels
    rejected: list[str]
    reviewed: Counted
    all: Counted
    report: dict[str, Any]
    differences: list[Any]


def play(real: RealSet, name: str, cast: Cast) -> Played:
    """The set, from the upload to the figures."""
    labelled = dataset_of(cast, real, f"{name}-given")
    for label in real.classes():
        add_class(dataset=labelled, actor=cast.manager, new=NewClass(label))
    job = importing.create_import(
        dataset=labelled, actor=cast.manager, file_name=real.file_name, chunks=[real.upload()], mapping=real.mapping
    )
    assert job.format == real.format
    work_imports()
    job.refresh_from_db()
    assert (job.state, job.error) == ("done", "")
    rejected = list(job.issues.filter(kind="rejected").values_list("reason", flat=True))
    dataset = dataset_of(cast, real, name)
    for label in classes_of(labelled):
        add_class(dataset=dataset, actor=cast.manager, new=NewClass(label))
    change_policy(
        dataset=dataset, actor=cast.manager, threshold=THRESHOLD, audit_rate=AUDITED, blind_rate=0.5,
        empty_threshold=0.0, empty_audit_rate=AUDITED,
    )  # fmt: skip
    _let_the_machine_speak(labelled, dataset, cast)
    truth = {item.external_id: item.human_value for item in Item.objects.filter(dataset=labelled, status="reviewed")}
    _review(dataset, truth, cast)
    said = {
        row.item.external_id: row.value for row in PreLabel.objects.filter(item__dataset=dataset).select_related("item")
    }
    done = set(Item.objects.filter(dataset=dataset, status="reviewed").values_list("external_id", flat=True))
    report = Program.of(cast.manager).call("GET", f"datasets/{dataset.slug}/accuracy/")
    return Played(
        _told(labelled, real, name),
        rejected,
        counted((said[one], truth[one]) for one in sorted(done)),
        counted((said[one], truth[one]) for one in sorted(said)),
        report,
        [*item_differences(dataset), *standing_differences(dataset)],
    )


def dataset_of(cast: Cast, real: RealSet, slug: str) -> Dataset:
    """An empty one."""
    dataset = create_dataset(
        name=slug.title(), slug=slug, item_kind="text" if real.kind == "spans" else "image", task_kind=real.kind,
        task_settings=real.settings, creator=cast.admin, classes=[], accept_uncalibrated=True,
    )  # fmt: skip
    dataset.salt = uuid.UUID(int=1)
    dataset.save(update_fields=["salt"])
    for user, role in ((cast.manager, Role.MANAGER), (cast.reviewer, Role.REVIEWER)):
        Membership.objects.create(dataset=dataset, user=user, role=role)
    return dataset


def classes_of(dataset: Dataset) -> list[str]:
    """Their names."""
    return list(dataset.label_classes.order_by("pk").values_list("name", flat=True))


def _let_the_machine_speak(labelled: Dataset, dataset: Dataset, cast: Cast) -> None:
    """The same items once more, with what the machine says."""
    chance, classes = random.Random(5), classes_of(labelled)
    items = list(Item.objects.filter(dataset=labelled, status="reviewed").select_related("asset").order_by("pk"))
    rows = [_row(item, said_of(item.human_value or {}, classes, chance)) for item in items]
    mapping: dict[str, Any] | None
    if dataset.item_kind == "text":
        name, data = "said.jsonl", "\n".join(map(json.dumps, rows)).encode()
        mapping = {"external_id": "id", "text": "text", "prediction": "prediction"}
    else:
        name, data, mapping = "said.zip", _archive(items, rows), None
    job = importing.create_import(
        dataset=dataset, actor=cast.manager, file_name=name, chunks=[data], mapping=mapping,
        format="" if dataset.item_kind == "text" else "images",
    )  # fmt: skip
    work_imports()
    work_reroutes()
    job.refresh_from_db()
    assert (job.state, job.accepted, job.rejected) == ("done", len(items), 0), list(
        job.issues.values_list("row", "field", "reason")[:5]
    )


def _row(item: Item, said: Value) -> dict[str, Any]:
    nothing = not any(said.values())
    prediction = {"value": said, "empty": 0.9} if nothing else said
    if item.asset_id:
        return {"file": item.external_id, "prediction": prediction}
    return {"id": item.external_id, "text": item.text, "prediction": prediction}


def _archive(items: list[Item], rows: list[dict[str, Any]]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for item in items:
            archive.write(image_files.path_of(item.asset_id), item.external_id)
        archive.writestr("said.jsonl", "\n".join(map(json.dumps, rows)))
    return stream.getvalue()


def _review(dataset: Dataset, truth: dict[str, Value | None], cast: Cast) -> None:
    """Everything that waits, as the set says."""
    while held := claims.claim(dataset=dataset, reviewer=cast.reviewer):
        for claim in held:
            decisions.decide(
                dataset=dataset, reviewer=cast.reviewer, item_id=claim.item.pk, claim_token=claim.token,
                request_id=uuid.uuid4(), verdict="label", value=truth[claim.item.external_id],
            )  # fmt: skip


def _told(dataset: Dataset, real: RealSet, name: str) -> Labels:
    """What the import made of each item, as the independent reading of the set tells it."""
    expected, told = real.independent(), {}
    for item in Item.objects.filter(dataset=dataset, status="reviewed"):
        key = item.external_id if item.external_id in expected else item.text
        assert item.human_value is not None
        told[key] = _elements(item.human_value, name)
    return told


def _elements(value: Value, name: str) -> Counter[tuple[Any, ...]]:
    if "spans" in value:
        told = Counter((one["start"], one["end"], one["label"]) for one in value["spans"])
        starts = {one["id"]: one["start"] for one in value["spans"]}
        told.update((starts[one["from"]], starts[one["to"]], one["label"]) for one in value["relations"])
        return told
    return Counter(_region(one, name) for one in value["regions"])


def _region(region: dict[str, Any], name: str) -> tuple[Any, ...]:
    label = region["label"]
    if "polygon" in region:
        told = round(2 * shape(region).area) if name == "det-coco-multi" else len(region["polygon"][0])
        return told, label
    if name == "interop-labelstudio":
        return _top_left(region)
    return (*(region.get("box") or region["rotated_box"]), label)


def _top_left(region: dict[str, Any]) -> tuple[Any, ...]:
    """Of a box as it was before it was turned."""
    if "box" in region:
        x, y = region["box"][:2]
    else:
        # Where y grows downwards, shapely goes round an upright box from its upper right corner.
        corners = shapely.get_coordinates(shape(region))
        x, y = corners[3]
    return round(float(x), 1), round(float(y), 1), region["label"]
