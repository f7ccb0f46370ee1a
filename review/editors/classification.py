"""Classes of whole items: the rows of the panel, a server-rendered form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.http import QueryDict

from datasets.models import Item
from kinds import LabelValue
from labeling.models import PreLabel
from review.editors.base import Presenter
from review.editors.classes import ShownClass
from review.editors.confidence import percent

# As many as there are digits.
LIKELY = 10


@dataclass(frozen=True, slots=True)
class Choice:
    """One row of the panel."""

    shown: ShownClass
    key: str
    probability: str
    proposed: bool
    checked: bool

    @property
    def key_cap(self) -> str:
        """The key as displayed."""
        return self.key.replace("+", "⇧")

    @property
    def key_shortcut(self) -> str:
        """The key for `aria-keyshortcuts`."""
        return self.key.replace("+", "Shift+")


@dataclass(frozen=True, slots=True)
class ClassPanel:
    """The rows of the panel. `none_checked`: "none of the classes" is preselected."""

    choices: tuple[Choice, ...]
    none_checked: bool


def shown_shares(prelabel: PreLabel, proposed: Sequence[str], *, multi: bool) -> dict[str, float | None]:
    """Percentages beside the candidate classes, most likely first; None: no number.
    The confidence, which thresholds use, is the accuracy of answers like this one; the alternatives are raw model
    probabilities. To show one scale, they are rescaled: the suggested class gets the confidence, the others keep their
    proportions below it and within the remainder. For multi-label items the confidence is that of all classes together,
    and no row has a number."""
    likely = {str(name): float(p) for name, p in prelabel.alternatives}
    sure, first = prelabel.confidence, proposed[0] if proposed else ""
    if multi or sure is None or len(proposed) != 1:
        return dict.fromkeys([*proposed, *likely])
    others = {name: p for name, p in likely.items() if name != first}
    scales = [1.0]
    if (own := likely.get(first, sure)) > 0:
        scales.append(sure / own)
    if (rest := sum(others.values())) > 0:
        scales.append((1 - sure) / rest)
    scaled: dict[str, float | None] = {first: sure}
    return scaled | {name: p * min(scales) for name, p in others.items()}


class ClassificationPresenter(Presenter):
    """Radio buttons or check boxes, server-rendered so that they work without JavaScript."""

    preselects: ClassVar[bool] = True

    def panel(self, prelabel: PreLabel | None, value: LabelValue | None) -> ClassPanel:
        """A row for each class of a short list, or for the most likely of a long one."""
        chosen = value["labels"] if value else []
        return ClassPanel(self._choices(prelabel, chosen), none_checked=value is not None and not chosen)

    def proposal(self, item: Item, prelabel: PreLabel | None) -> str:
        """Without a confidence there is no suggestion."""
        return super().proposal(item, prelabel) if prelabel and prelabel.confidence is not None else ""

    def says(self, item: Item, value: LabelValue) -> str:
        """The titles of the classes."""
        return self.classes.titles(value["labels"])

    def shares(self, prelabel: PreLabel) -> Mapping[str, float | None]:
        """As they stand beside the classes."""
        proposed = prelabel.value["labels"] if prelabel.value else []
        return shown_shares(prelabel, proposed, multi=self.dataset.multi_label)

    def value_from(self, form: QueryDict) -> LabelValue | None:
        """The checked classes. `other_label` is a class from the long list: with `several` it is added to the others,
        else it replaces them."""
        labels = [name for name in form.getlist("labels") if name]
        if other := form.get("other_label", ""):
            labels = [*labels, other] if form.get("several") else [other]
        return {"labels": list(dict.fromkeys(labels))}

    def _choices(self, prelabel: PreLabel | None, chosen: Sequence[str]) -> tuple[Choice, ...]:
        proposed = prelabel.value["labels"] if prelabel and prelabel.value else []
        likely = self.shares(prelabel) if prelabel else {}
        if self.classes.short:
            names = [shown.name for shown in self.classes.classes]
            keys = {shown.name: shown.key for shown in self.classes.classes}
        else:
            names = list(dict.fromkeys([*proposed, *likely]))[:LIKELY]
            digits = iter(self.classes.free_digits)
            keys = {name: self.classes.get(name).key or next(digits, "") for name in names}
        names += [name for name in chosen if name not in names]
        return tuple(
            Choice(
                shown=self.classes.get(name),
                key=keys.get(name, ""),
                probability=percent(share) if (share := likely.get(name)) is not None else "",
                proposed=name in proposed,
                checked=name in chosen,
            )
            for name in names
        )
