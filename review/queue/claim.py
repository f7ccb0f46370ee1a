"""A claim as reviewers get it."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from datasets.models import Item
from labeling.models import PreLabel


@dataclass(frozen=True, slots=True)
class Claim:
    """One claimed item. `prelabel` is None if the item is blind or has no prediction; `again`: they skipped it before,
    and the rest of the queue is empty."""

    item: Item
    lane: str
    sampled: bool
    blind: bool
    token: uuid.UUID
    expires_at: datetime
    prelabel: PreLabel | None
    failure: str
    preselect: bool
    again: bool = False
