"""Sample datasets of a first start: real texts and photos, some with given labels.
Their policies are the default: nothing is accepted before fifty random checks are reviewed."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from accounts.models import User
from datasets.making import NewClass, create_dataset
from datasets.models import Dataset
from exchange import importing
from exchange.formats import FILE_READERS, ImageFile, Row
from exchange.models import Import
from labeling.setup.defining import create_labeler

BLOCK = 1_000_000

BANKING_GUIDELINES = """# Banking questions

One intent for each question: **what the customer wants**, not what the question is about.

- A card that has not come is `card_arrival`; one that is lost or stolen is `lost_or_stolen_card`.
- Where two intents fit, choose the narrower one.
- A question without a banking intent is *discarded* (`X`).
"""

CLOTHING_GUIDELINES = """# Clothing

The main piece in the photo. A long-sleeved top is `longsleeve`, whatever it is made of; a jacket or coat is `outwear`.
Discard photos in which no piece can be made out.
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample: files below `samples/`, the labelled one first."""

    slug: str
    name: str
    item_kind: str
    format: str
    files: tuple[str, ...]
    mapping: dict[str, str]
    guidelines: str
    origin: str


SAMPLES = (
    Sample(
        slug="banking-questions",
        name="Banking questions (sample)",
        item_kind="text",
        format="csv",
        files=("banking77/labelled.csv", "banking77/unlabelled.csv"),
        mapping={"external_id": "id", "text": "text", "label": "label"},
        guidelines=BANKING_GUIDELINES,
        origin="BANKING77, PolyAI, CC BY 4.0: see samples/banking77/.",
    ),
    Sample(
        slug="clothing",
        name="Clothing (sample)",
        item_kind="image",
        format="images",
        files=("clothing/labelled.zip", "clothing/unlabelled.zip"),
        mapping={"external_id": "file", "image": "file", "label": "folder"},
        guidelines=CLOTHING_GUIDELINES,
        origin="Clothing dataset, CC0 1.0: see samples/clothing/.",
    ),
)


def load_samples(*, owner: User) -> list[Dataset]:
    """Create the missing sample datasets; imports, training and a first run follow automatically."""
    return [_load(sample, owner) for sample in SAMPLES if not Dataset.objects.filter(slug=sample.slug).exists()]


def _load(sample: Sample, owner: User) -> Dataset:
    folder = settings.BASE_DIR / "samples"
    dataset = create_dataset(
        name=sample.name,
        slug=sample.slug,
        item_kind=sample.item_kind,
        guidelines=f"{sample.guidelines}\n{sample.origin}\n",
        classes=[NewClass(name) for name in _classes(folder / sample.files[0], sample)],
        creator=owner,
    )
    create_labeler(
        dataset=dataset,
        actor=owner,
        name="Classifier",
        kind="classifier",
        config={},
        # A sample has few labels to learn from: with a threshold this high a first model accepts something at all.
        confidence_threshold=0.8,
    )
    for name in sample.files:
        _import(dataset, owner, folder / name, sample)
    return dataset


def _classes(path: Path, sample: Sample) -> list[str]:
    """The classes are the given labels."""
    column = sample.mapping["label"]
    found = set()
    for entry in FILE_READERS[sample.format].rows(path):
        if isinstance(entry, Row):
            found.add(str(entry.fields[column]))
        elif isinstance(entry, ImageFile):
            found.add(entry.folder)
    return sorted(found)


def _import(dataset: Dataset, owner: User, path: Path, sample: Sample) -> Import:
    given = path.name.startswith("labelled")
    mapping: dict[str, Any] = {key: column for key, column in sample.mapping.items() if given or key != "label"}
    return importing.create_import(
        dataset=dataset,
        actor=owner,
        file_name=path.name,
        chunks=_blocks(path),
        format=sample.format,
        mapping=mapping,
        idempotency_key=f"sample-{path.name}",
    )


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block
