"""What of a class can be changed, and how it stands: what people saw is compared with it."""

from typing import Any

from datasets.models import LabelClass

# A class's name and place in the tree stay: labels name it.
FIELDS = ("title", "key", "color", "description", "aliases", "position")


def class_state(row: LabelClass) -> dict[str, Any]:
    """What of a class can be changed, as it stands."""
    state = {name: getattr(row, name) for name in FIELDS}
    merged_into = row.merged_into.name if row.merged_into else None
    return state | {"retired": row.retired_at is not None, "merged_into": merged_into}
