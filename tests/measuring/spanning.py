"""A dataset of spans that a machine has labelled by damaging the truth, and people who know the truth."""

import random
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from datasets.making import NewClass, create_dataset
from datasets.models import Dataset, Item
from review.deciding import decisions
from tests.loops import claim_one, import_rows
from tests.people import CLASSES, Cast, members_of

Span = tuple[int, int, str]
# Characters that each element has to itself.
ROOM = 20


@dataclass
class Spanning:
    """`truth`, `said`: spans by external id; nothing overlaps but with its own."""

    cast: Cast
    dataset: Dataset
    truth: dict[str, list[Span]] = field(default_factory=dict)
    said: dict[str, list[Span]] = field(default_factory=dict)

    def fill(self, n: int, *, seed: int = 1, empty: float = 0.15, confidence: float | None = None) -> None:
        """Import n texts. `empty`: the share of those in which there is nothing, of which the machine is fairly sure;
        `confidence`: of the whole answers, where the machine gives one."""
        chance = random.Random(seed)
        rows = []
        for number in range(len(self.truth), len(self.truth) + n):
            name = f"t{number}"
            some = 0 if chance.random() < empty else chance.randint(1, 6)
            truth = [(at * ROOM, at * ROOM + 10, chance.choice(CLASSES)) for at in range(some)]
            self.truth[name], self.said[name] = truth, damaged(truth, chance)
            score = {"score": round(chance.uniform(0.3, 1.0), 2)}
            spans = [as_span(span) | score for span in self.said[name]]
            answer = {"value": {"spans": spans, "relations": []}, "confidence": confidence}
            answer |= {} if spans else {"empty": 0.9}
            rows.append({"id": name, "text": f"{name} " + "x" * 300, "said": answer})
        import_rows(self.dataset, self.cast.manager, rows, external_id="id", text="text", prediction="said")

    def review(self, most: int = 10_000) -> int:
        """Decide what waits, as the truth has it; how many."""
        done = 0
        while done < most and Item.objects.filter(dataset=self.dataset, status="waiting").exists():
            claim = claim_one(self.dataset, self.cast.reviewer)
            self.decide(claim.item, claim.token)
            done += 1
        return done

    def decide(self, item: Item, token: uuid.UUID, spans: list[Span] | None = None) -> decisions.Decided:
        """One claimed item."""
        return decisions.decide(
            dataset=self.dataset, reviewer=self.cast.reviewer, item_id=item.pk, claim_token=token,
            request_id=uuid.uuid4(), verdict="label",
            value=value(self.truth[item.external_id] if spans is None else spans),
        )  # fmt: skip

    def counted(self, names: list[str]) -> Counter[tuple[str, str]]:
        """Pairs of classes over these items: by place, without the product's matching."""
        found = Counter[tuple[str, str]]()
        for name in names:
            said, truth = ({start // ROOM: label for start, _, label in of[name]} for of in (self.said, self.truth))
            found.update((said.get(at, ""), truth.get(at, "")) for at in said.keys() | truth.keys())
        return found

    def reviewed(self) -> list[str]:
        """External ids of the items that people have decided."""
        return list(Item.objects.filter(dataset=self.dataset, status="reviewed").values_list("external_id", flat=True))


def damaged(truth: list[Span], chance: random.Random) -> list[Span]:
    """What a machine might say: of each element, mostly the same, else moved a little, of another class, or nothing;
    and sometimes one more."""
    said = []
    for start, end, label in truth:
        kind = chance.choices(["kept", "moved", "relabelled", "deleted"], [6, 2, 1, 1])[0]
        if kind != "deleted":
            other = chance.choice([name for name in CLASSES if name != label])
            said.append((start, end - (3 if kind == "moved" else 0), other if kind == "relabelled" else label))
    if chance.random() < 0.2:
        said.append((14 * ROOM, 14 * ROOM + 5, chance.choice(CLASSES)))
    return said


def as_span(span: Span) -> dict[str, Any]:
    """The span as files and people give it."""
    return {"start": span[0], "end": span[1], "label": span[2]}


def value(spans: list[Span]) -> dict[str, Any]:
    """A value of these spans."""
    return {"spans": [as_span(span) for span in spans], "relations": []}


def spanning(cast: Cast) -> Spanning:
    """An empty dataset of spans that are matched by overlap, with the people of `cast`."""
    dataset = create_dataset(
        name="Stretches",
        slug="stretches",
        item_kind="text",
        task_kind="spans",
        task_settings={"match": "overlap", "least_overlap": 0.5, "kept_overlap": 0.9},
        creator=cast.admin,
        classes=[NewClass(name) for name in CLASSES],
        accept_uncalibrated=True,
    )
    dataset.salt = uuid.UUID(int=1)
    dataset.save(update_fields=["salt"])
    members_of(dataset, cast)
    return Spanning(cast, dataset)
