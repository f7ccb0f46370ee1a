"""An item as the editor of any task kind is given it."""

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
    """One of the answers at a dispute."""

    title: str
    value: LabelValue


class Presenter:
    """What the editor and its template are given. `value`: what is chosen beforehand; None: nothing is."""

    # Whether an answer above its threshold is chosen beforehand. Elements are looked at one by one: none of them is.
    preselects: ClassVar[bool] = False

    def __init__(self, dataset: Dataset, classes: ClassList, policy: RuleInForce) -> None:
        self.dataset = dataset
        self.classes = classes
        self.kind = TASK_KINDS[dataset.task_kind]
        self._policy = policy

    def task(self) -> dict[str, Any]:
        """For the scripts, once a page: what is to be given."""
        return {
            "kind": self.dataset.task_kind,
            "item_kind": self.dataset.item_kind,
            "settings": self.kind.settings(self.dataset.task_settings).model_dump(mode="json"),
            "classes": self.classes.as_data(),
        }

    def data(
        self, item: Item, prelabel: PreLabel | None, value: LabelValue | None, offered: Sequence[Offered] = ()
    ) -> dict[str, Any]:
        """For the scripts, once an item."""
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
        """What the editor's template needs besides, as `card.panel`."""
        return None

    def proposal(self, item: Item, prelabel: PreLabel | None) -> str:
        """The machine's answer in a few words; "" without one."""
        if prelabel is None or prelabel.value is None:
            return ""
        said = self.says(item, prelabel.value)
        # Where it says how sure it is of each element, that stands beside each.
        if prelabel.confidence is None or prelabel.parts is not None:
            return said
        return f"{said} ({percent(prelabel.confidence)}, {confidence_word(prelabel.confidence)})"

    def sure(self, prelabel: PreLabel) -> str:
        """How sure the machine is, for a line of a table: of its least sure element, where it says that; "" where it
        says nothing of it."""
        if prelabel.parts:
            least = min((part for part in prelabel.parts if part is not None), default=None)
            return "" if least is None else f"least sure {percent(least)}"
        return "" if prelabel.confidence is None else percent(prelabel.confidence)

    def says(self, item: Item, value: LabelValue) -> str:
        """A value in a few words."""
        counts = self.kind.outline(value, extent_of(item, self.dataset.item_kind)).counts
        return ", ".join(f"{n} {self.classes.get(name).title}" for name, n in counts.items()) or "Nothing"

    def shares(self, prelabel: PreLabel) -> Mapping[str, float | None]:
        """Classes that the machine thought of, with their probabilities where it has one for each."""
        return {}

    def value_from(self, form: QueryDict) -> LabelValue | None:
        """The value that a form gives where scripts are off. Raises InvalidInput."""
        raise InvalidInput("This editor needs JavaScript; turn it on in your browser.", field="value")
