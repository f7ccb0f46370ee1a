"""Fills a dataset's queue as an import and a run would: items, pre-labels, and their placing by the policy."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from datasets.models import Asset, Dataset, Item
from kinds import TASK_KINDS
from kinds.summary import summarise
from labeling.models import Labeler, Outcome, PreLabel, Run, RunStatus
from labeling.policies.editions import edition_of
from labeling.policies.placing import place_items, share_policy

CHUNK = 5_000
# Above every random share: such an item is never drawn for a blind check.
NEVER_SAMPLED = 0.999


@dataclass(frozen=True)
class Said:
    """One item and what the machine says of it. `labels` and `value` None: it abstains; `draw` 0 puts it into the
    random share. `value`, `parts`: for kinds whose labels are elements."""

    text: str
    labels: Sequence[str] | None = None
    confidence: float = 0.5
    alternatives: Sequence[tuple[str, float]] = ()
    draw: float = NEVER_SAMPLED
    external_id: str = ""
    asset: Asset | None = None
    metadata: dict[str, object] = field(default_factory=dict)
    value: dict[str, Any] | None = None
    parts: Sequence[float | None] | None = None

    @property
    def said(self) -> dict[str, Any] | None:
        """The value."""
        return self.value or (None if self.labels is None else {"labels": list(self.labels)})

    def summary(self, task_kind: str) -> dict[str, object]:
        """The columns beside a value of elements."""
        if self.value is None:
            return {}
        return summarise(TASK_KINDS[task_kind].elements(self.value), self.parts).as_row(self.parts)


def fill(dataset: Dataset, said: Sequence[Said]) -> list[Item]:
    """The items, in the order given. The first is the most useful: margins grow with the confidence."""
    labeler, _ = Labeler.objects.get_or_create(
        dataset=dataset, name="machine", defaults={"kind": "imported", "created_by": dataset.created_by}
    )
    run = Run.objects.create(
        dataset=dataset,
        labeler=labeler,
        edition=edition_of(labeler=labeler, model=None, config={}),
        status=RunStatus.DONE,
        total=len(said),
        created_by=dataset.created_by,
    )
    items: list[Item] = []
    for start in range(0, len(said), CHUNK):
        items += _fill_chunk(dataset, run, said[start : start + CHUNK], start)
    return items


@transaction.atomic
def _fill_chunk(dataset: Dataset, run: Run, said: Sequence[Said], start: int) -> list[Item]:
    items = Item.objects.bulk_create(
        Item(
            dataset=dataset,
            external_id=one.external_id or f"item-{start + index + 1}",
            content_hash=hashlib.blake2b(one.text.encode(), digest_size=16).digest(),
            text=one.text if one.asset is None else "",
            asset=one.asset,
            metadata=one.metadata,
            draw=one.draw,
        )
        for index, one in enumerate(said)
    )
    PreLabel.objects.bulk_create(
        PreLabel(
            item=item,
            run=run,
            labeler=run.labeler,
            outcome=Outcome.ABSTAINED if one.said is None else Outcome.LABELLED,
            value=one.said,
            confidence=None if one.said is None else one.confidence,
            margin=None if one.said is None else one.confidence,
            alternatives=[list(pair) for pair in one.alternatives],
            **one.summary(dataset.task_kind),
        )
        for item, one in zip(items, said, strict=True)
    )
    place_items(dataset=dataset, item_ids=[item.pk for item in items], policy=share_policy(dataset))
    return items
