"""The same small scene in each kind of label: items, what a machine says of them and what people say, all of it told
by the name of a class. For tests that are about something else than what a label is."""

import base64
import io
import json
import zipfile
from collections import Counter
from dataclasses import replace
from typing import Any

from PIL import Image

from accounts.models import User
from datasets.making import NewClass, create_dataset
from datasets.media import image_files
from datasets.models import Asset, ComparedPair, Dataset, ElementDelta, ElementTally, Item
from exchange import importing
from kinds import TASK_KINDS, ClassSpec, Extent, LabelTask
from labeling.models import Labeler
from labeling.setup.defining import create_labeler
from tests.filling import Said
from tests.labeling.labelers.fake_endpoint import Endpoint, Response, completion, endpoint, item_number
from tests.loops import import_rows, rules, texts, work_imports
from tests.people import CLASSES, Cast, make_cast, members_of

KINDS = ("classification", "spans", "regions")
SIDE = 100
# Where the machine sees its card: in the text "card question 7", in an image.
WORD, BOX = (0, 4), [10.0, 10.0, 40.0, 40.0]
# Pairs of classes, and how many elements of each were edited, where the machine says `card` and people this.
PAIRS = {
    "card": {("card", "card"): (1, 0)},
    "transfer": {("card", "transfer"): (1, 1)},
    "refund": {("card", "refund"): (1, 1), ("", "refund"): (1, 1)},
}


def cast_of(task_kind: str, *, slug: str = "letters") -> Cast:
    """A dataset of that kind, and its people."""
    return make_cast(slug=slug, item_kind=item_kind_of(task_kind), task_kind=task_kind)


def beside(cast: Cast, task_kind: str) -> Cast:
    """Another dataset, of that kind, of the same people."""
    dataset = create_dataset(
        name=task_kind, slug=task_kind, item_kind=item_kind_of(task_kind), task_kind=task_kind, creator=cast.admin,
        classes=[NewClass(name) for name in CLASSES], accept_uncalibrated=True,
    )  # fmt: skip
    members_of(dataset, cast)
    return replace(cast, dataset=dataset)


def item_kind_of(task_kind: str) -> str:
    """What the labels are of."""
    return "image" if task_kind == "regions" else "text"


def import_items(dataset: Dataset, actor: User, n: int, *, start: int = 0) -> None:
    """Texts that say "card question 7", images that show their number."""
    if dataset.item_kind == "text":
        import_rows(dataset, actor, texts(n, start=start))
        return
    archive = zipped({f"i{number}.png": picture(number) for number in range(start, start + n)})
    importing.create_import(
        dataset=dataset, actor=actor, file_name="images.zip", chunks=[archive], format="images", then_run=False
    )
    work_imports()


def zipped(files: dict[str, bytes]) -> bytes:
    """An archive of these files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


def picture(number: int) -> bytes:
    """One of 4,096 that differ: the number is told by the colour, roughly enough for a JPEG of it."""
    colour = tuple(16 * (number >> shift & 15) + 8 for shift in (0, 4, 8))
    stream = io.BytesIO()
    Image.new("RGB", (SIDE, SIDE), colour).save(stream, "PNG")
    return stream.getvalue()


def number_of(asked: dict[str, Any]) -> int:
    """The number of the item that a model is asked about."""
    content = asked["messages"][1]["content"]
    if isinstance(content, str):
        return item_number(asked)
    with Image.open(io.BytesIO(base64.b64decode(content[1]["image_url"]["url"].split(",")[1]))) as image:
        colour = image.convert("RGB").getpixel((SIDE // 2, SIDE // 2))
    assert isinstance(colour, tuple)
    return sum(int(part) // 16 << shift for part, shift in zip(colour, (0, 4, 8), strict=True))


def value_of(task_kind: str, name: str) -> dict[str, Any]:
    """What somebody says who calls the item by this class: the machine's card, the same of another class and a little
    beside it, or another one and one more."""
    if task_kind == "classification":
        return {"labels": [name]}
    if task_kind == "spans":
        more = [{"start": 5, "end": 13, "label": name}] if name == "refund" else []
        end = WORD[1]
        return {"spans": [{"start": WORD[0], "end": end, "label": name}, *more]}
    x, y, wide, high = BOX
    box = [x, y + 1, wide, high] if name == "transfer" else BOX
    corner = [[60, 60], [90, 60], [90, 90]]
    more = [{"label": name, "polygon": [corner]}] if name == "refund" else []
    return {"regions": [{"label": name, "box": box}, *more]}


def name_of(value: dict[str, Any] | None) -> str:
    """The class that people call the item by; "" for none."""
    if not value:
        return ""
    elements = next(value[key] for key in ("labels", "spans", "regions") if key in value)
    return ", ".join(sorted({one if isinstance(one, str) else one["label"] for one in elements}))


def waiting(task_kind: str, count: int) -> list[Said]:
    """Items of which the machine says one card, and is not sure of it. Images come again and again."""
    value = TASK_KINDS[task_kind].parse(value_of(task_kind, "card"), _task(task_kind), _extent(task_kind)).value
    assets = [_stored(number) for number in range(min(count, 20))] if task_kind == "regions" else []
    return [
        Said(f"card question {number}", value=value, asset=assets[number % 20] if assets else None)
        for number in range(count)
    ]


def _task(task_kind: str) -> LabelTask:
    classes = tuple(ClassSpec(name) for name in CLASSES)
    return LabelTask(item_kind_of(task_kind), task_kind, TASK_KINDS[task_kind].settings({}), classes)


def _extent(task_kind: str) -> Extent:
    return Extent(width=SIDE, height=SIDE) if task_kind == "regions" else Extent(length=len("card question 0"))


def _stored(number: int) -> Asset:
    data = picture(number)
    facts = {"media_type": "image/png", "size": len(data), "width": SIDE, "height": SIDE}
    return Asset.objects.get_or_create(sha256=image_files.store(data), defaults=facts)[0]


def answer(task_kind: str, name: str, confidence: float) -> Response:
    """What a model answers that sees one element of this class, where the machine always sees it."""
    about = {"label": name, "confidence": confidence}
    if task_kind == "classification":
        return completion(json.dumps(about))
    if task_kind == "spans":
        return completion(json.dumps({"spans": [about | {"text": "card", "occurrence": 1}], "confidence": confidence}))
    sides = {"left": 100, "top": 100, "right": 500, "bottom": 500}
    return completion(json.dumps({"boxes": [about | sides], "confidence": confidence}))


def seeing_model() -> Any:
    """An endpoint that sees a card in every image, as surely as its model's name says."""
    return endpoint(lambda asked: answer("regions", "card", float(asked["model"])))


def machine(
    dataset: Dataset, actor: User, *, model: Endpoint | None = None, confidence: float, order: int = 10, name: str = "m"
) -> Labeler:
    """A labeler that finds the card in each item; `model` sees images, which no rule can."""
    if dataset.task_kind != "regions":
        return rules(dataset, actor, confidence=confidence, order=order, name=name)
    assert model is not None
    config = {"base_url": model.base_url, "model": f"{confidence}", "concurrency": 4, "logprobs": "off"}
    return create_labeler(dataset=dataset, actor=actor, name=name, kind="llm", config=config, order=order)


def element_wrongs(dataset: Dataset, *, merged: bool = False) -> list[str]:
    """What is compared, counted by the names alone: of each item the machine says one card and people one name.
    `merged`: classes were merged, so that the machine may call it something else; elements are left to `verify`."""
    compared = Item.objects.filter(dataset=dataset, auto_labels__isnull=False, human_value__isnull=False)
    names = {pk: name_of(value) for pk, value in compared.values_list("pk", "human_value")}
    says = {pk: (labels or ["card"])[0] for pk, labels in compared.values_list("pk", "auto_labels")}
    matched = dict(Item.objects.filter(dataset=dataset, matched__isnull=False).values_list("pk", "matched"))
    found = [f"{len(names)} items can be compared, {len(matched)} are"] if names.keys() != matched.keys() else []
    by_name = dataset.task_kind == "classification"
    if merged and not by_name:
        return found
    if wrong := [pk for pk, right in matched.items() if right != (names.get(pk) == says.get(pk))]:
        found.append(f"matched is wrong of {wrong[:5]}")
    if by_name:
        return found
    kept: dict[int, dict[tuple[str, str], tuple[int, int]]] = {}
    for row in ComparedPair.objects.filter(dataset=dataset):
        kept.setdefault(row.item_id, {})[row.auto_class, row.human_class] = (row.n, row.edited)
    if wrong := [pk for pk in names.keys() | kept.keys() if kept.get(pk) != PAIRS.get(names.get(pk, ""))]:
        found.append(f"pairs of {wrong[:5]} are wrong: {[kept.get(pk) for pk in wrong[:5]]}")
    return found + _sum_wrongs(dataset, Counter(names.values()))


def _sum_wrongs(dataset: Dataset, items: Counter[str]) -> list[str]:
    """Sums over all elements: right ones, the machine's, people's, edited ones."""
    counted = [items["card"], items.total(), items.total() + items["refund"], items["transfer"] + 2 * items["refund"]]
    tallied = [0, 0, 0, 0]
    for table in (ElementTally, ElementDelta):
        for sums in table._default_manager.filter(dataset_id=dataset.pk, name="").values_list(
            "tp", "auto", "human", "edited"
        ):
            tallied = [round(before + more) for before, more in zip(tallied, sums, strict=True)]
    return [] if tallied == counted else [f"right, machine's, people's, edited: tallied {tallied}, counted {counted}"]
