"""Items as the editor of any task kind gets them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from django.http import QueryDict

from datasets.extents import extent_of
from datasets.models import Dataset, Item
from ground.errors import InvalidInput
from kinds import TASK_KINDS, LabelValue
from labeling.models import PreLabel
from labeling.policies.routing import RuleInForce
from review.editors.classes import ClassList
from review.editors.confidence import confidence_word, percent
from review.queue.low import low_ids


@dataclass(frozen=True, slots=True)
class Offered:
    """One of the answers in a conflict."""

    title: str
    value: LabelValue


class Presenter:
    """The data for the editor and its template. `value`: preselected; None: nothing is."""

    # Whether an answer above its threshold is preselected. Elements are confirmed one by one, so none is.
    preselects: ClassVar[bool] = False

    def __init__(self, dataset: Dataset, classes: ClassList, policy: RuleInForce) -> None:
        self.dataset = dataset
        self.classes = classes
        self.kind = TASK_KINDS[dataset.task_kind]
        self._policy = policy

    def task(self) -> dict[str, Any]:
        """Data for the scripts, once per page: classes and settings."""
        return {
            "kind": self.dataset.task_kind,
            "item_kind": self.dataset.item_kind,
            "settings": self.kind.settings(self.dataset.task_settings).model_dump(mode="json"),
            "classes": self.classes.as_data(),
        }

    def data(
        self, item: Item, prelabel: PreLabel | None, value: LabelValue | None, offered: Sequence[Offered] = ()
    ) -> dict[str, Any]:
        """Data for the scripts, once per item."""
        extent = asdict(extent_of(item, self.dataset.item_kind))
        return {
            "value": value,
            "proposal": prelabel.value if prelabel else None,
            "parts": prelabel.parts if prelabel else None,
            "low": low_ids(prelabel, task_kind=self.dataset.task_kind, policy=self._policy),
            "offered": [asdict(one) for one in offered],
            "extent": {name: one for name, one in extent.items() if one not in (None, ())},
        }

    def panel(self, prelabel: PreLabel | None, value: LabelValue | None) -> object:
        """Further context of the editor's template, as `card.panel`."""
        return None

    def proposal(self, item: Item, prelabel: PreLabel | None) -> str:
        """The prediction in a few words; "" without one."""
        if prelabel is None or prelabel.value is None:
            return ""
        said = self.says(item, prelabel.value)
        # Per-element confidence is shown beside each element.
        if prelabel.confidence is None or prelabel.parts is not None:
            return said
        return f"{said} ({percent(prelabel.confidence)}, {confidence_word(prelabel.confidence)})"

    def sure(self, prelabel: PreLabel) -> str:
        """The confidence for a table row: of the least confident element, if known; "" if unknown."""
        if prelabel.parts:
            least = min((part for part in prelabel.parts if part is not None), default=None)
            return "" if least is None else f"least sure {percent(least)}"
        return "" if prelabel.confidence is None else percent(prelabel.confidence)

    def says(self, item: Item, value: LabelValue) -> str:
        """A value in a few words."""
        counts = self.kind.outline(value, extent_of(item, self.dataset.item_kind)).counts
        return ", ".join(f"{n} {self.classes.get(name).title}" for name, n in counts.items()) or "Nothing"

    def shares(self, prelabel: PreLabel) -> Mapping[str, float | None]:
        """Candidate classes of the prediction, with probabilities if known."""
        return {}

    def value_from(self, form: QueryDict) -> LabelValue | None:
        """The value of a form submitted without JavaScript. Raises InvalidInput."""
        raise InvalidInput("This editor needs JavaScript; turn it on in your browser.", field="value")
