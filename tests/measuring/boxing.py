"""A dataset of boxes in images that a machine has found, with scores, and people who know the truth."""

import io
import random
import uuid
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from datasets.making import NewClass, create_dataset
from datasets.media import image_files
from datasets.models import Asset, Dataset, Item
from review.deciding import decisions
from tests.filling import Said, fill
from tests.loops import claim_one
from tests.people import CLASSES, Cast, members_of

SIZE = (400, 300)
Box = tuple[float, float, float, float]
# (box, class, score)
Found = tuple[Box, str, float]


@dataclass
class Boxing:
    """`truth`, `said`: by external id."""

    cast: Cast
    dataset: Dataset
    truth: dict[str, list[Found]] = field(default_factory=dict)
    said: dict[str, list[Found]] = field(default_factory=dict)

    def fill(self, n: int, *, seed: int = 1) -> None:
        """Images with boxes, which the machine has found nearly where they are."""
        chance = random.Random(seed)
        asset = blank()
        rows = []
        for number in range(n):
            name = f"b{number}"
            truth = [(box(chance), chance.choice(CLASSES), 1.0) for _ in range(chance.randrange(8))]
            said = [near(one, chance) for one in truth if chance.random() < 0.85]
            said += [(box(chance), chance.choice(CLASSES), chance.random()) for _ in range(chance.randrange(3))]
            self.truth[name], self.said[name] = truth, said
            parts = [score for _, _, score in said]
            rows.append(
                Said("", asset=asset, external_id=name, value=value(said), parts=parts, confidence=0.2)
                if said
                else Said("", asset=asset, external_id=name, value=value(said), confidence=0.2)
            )
        fill(self.dataset, rows)

    def review(self) -> int:
        """Decide everything that waits, as the truth has it; how many."""
        done = 0
        while Item.objects.filter(dataset=self.dataset, status="waiting").exists():
            claim = claim_one(self.dataset, self.cast.reviewer)
            decisions.decide(
                dataset=self.dataset, reviewer=self.cast.reviewer, item_id=claim.item.pk, claim_token=claim.token,
                request_id=uuid.uuid4(), verdict="label", value=value(self.truth[claim.item.external_id]),
            )  # fmt: skip
            done += 1
        return done


def box(chance: random.Random) -> Box:
    """Some box inside of the image, in quarters of a pixel."""
    w, h = chance.randint(40, 400) / 4, chance.randint(40, 400) / 4
    return chance.randint(0, int(4 * (SIZE[0] - w))) / 4, chance.randint(0, int(4 * (SIZE[1] - h))) / 4, w, h


def near(one: Found, chance: random.Random) -> Found:
    """A machine's idea of it: a little off, and now and then of another class."""
    (x, y, w, h), name, _ = one
    off = chance.choice([0.0, 0.05, 0.15, 0.3])
    w, h = w * (1 - off), h * (1 - off / 2)
    return (x, y, w, h), chance.choice(CLASSES) if chance.random() < 0.15 else name, round(chance.random(), 2)


def value(boxes: list[Found]) -> dict[str, Any]:
    """A value of these boxes, in normal form."""
    return {
        "regions": [
            {"id": f"r{n}", "label": name, "attributes": {}, "occluded": False, "box": list(place)}
            for n, (place, name, _) in enumerate(boxes)
        ]
    }


def blank() -> Asset:
    """A stored image."""
    buffer = io.BytesIO()
    Image.new("RGB", SIZE, (236, 214, 206)).save(buffer, "PNG")
    sha256 = image_files.store(buffer.getvalue())
    return Asset.objects.create(
        sha256=sha256, media_type="image/png", size=buffer.tell(), width=SIZE[0], height=SIZE[1]
    )


def boxing(cast: Cast, **settings: object) -> Boxing:
    """An empty dataset of regions, with the people of `cast`."""
    dataset = create_dataset(
        name="Boxes", slug="boxes", item_kind="image", task_kind="regions", task_settings=settings, creator=cast.admin,
        classes=[NewClass(name) for name in CLASSES], accept_uncalibrated=True,
    )  # fmt: skip
    members_of(dataset, cast)
    return Boxing(cast, dataset)
