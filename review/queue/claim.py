"""What a reviewer holds: an item, how it came to them, and until when."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from datasets.models import Item
from labeling.models import PreLabel


@dataclass(frozen=True, slots=True)
class Claim:
    """One item in a reviewer's hands. `prelabel` is None when the item is blind or the machine has no answer; `again`:
    they have skipped it, and nothing else was left."""

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
