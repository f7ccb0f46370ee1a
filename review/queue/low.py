"""Elements below their thresholds, which review shows first."""

from kinds import TASK_KINDS
from labeling.models import PreLabel
from labeling.policies.routing import RuleInForce, low_elements


def low_ids(prelabel: PreLabel | None, *, task_kind: str, policy: RuleInForce) -> list[str]:
    """Ids of the pre-label's elements below their thresholds, in its order."""
    if prelabel is None or prelabel.value is None or prelabel.parts is None:
        return []
    elements = TASK_KINDS[task_kind].elements(prelabel.value)
    low = low_elements(elements.classes, prelabel.parts, labeler=prelabel.labeler_id, policy=policy)
    return [elements.ids[at] for at in low]
