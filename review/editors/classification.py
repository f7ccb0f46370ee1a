"""Classes of a whole item: the rows of the panel, which are a form of their own."""

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
        """The key as it is printed."""
        return self.key.replace("+", "⇧")

    @property
    def key_shortcut(self) -> str:
        """The key for `aria-keyshortcuts`."""
        return self.key.replace("+", "Shift+")


@dataclass(frozen=True, slots=True)
class ClassPanel:
    """The rows of the panel. `none_checked`: that no class holds is chosen beforehand."""

    choices: tuple[Choice, ...]
    none_checked: bool


def shown_shares(prelabel: PreLabel, proposed: Sequence[str], *, multi: bool) -> dict[str, float | None]:
    """What stands beside the classes that the machine thought of, the likeliest first; None: no number.

    The confidence, which thresholds are about, is how often answers like this one are right; the alternatives are
    the model's own probabilities, numbers of another kind. So that one confidence is on the screen, they are scaled:
    the proposed class has the confidence, and the others keep their proportions, below it and within what it leaves.
    Where an item may have several classes the confidence is that of all of them together, and no row has a number.
    """
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
    """Radio buttons or check boxes, drawn by the server so that they work without scripts."""

    preselects: ClassVar[bool] = True

    def panel(self, prelabel: PreLabel | None, value: LabelValue | None) -> ClassPanel:
        """A row for each class of a short list, for the likeliest of a long one."""
        chosen = value["labels"] if value else []
        return ClassPanel(self._choices(prelabel, chosen), none_checked=value is not None and not chosen)

    def proposal(self, item: Item, prelabel: PreLabel | None) -> str:
        """Without a confidence there is nothing to propose."""
        return super().proposal(item, prelabel) if prelabel and prelabel.confidence is not None else ""

    def says(self, item: Item, value: LabelValue) -> str:
        """The titles of the classes."""
        return self.classes.titles(value["labels"])

    def shares(self, prelabel: PreLabel) -> Mapping[str, float | None]:
        """As they stand beside the classes."""
        proposed = prelabel.value["labels"] if prelabel.value else []
        return shown_shares(prelabel, proposed, multi=self.dataset.multi_label)

    def value_from(self, form: QueryDict) -> LabelValue | None:
        """What is ticked. `other_label` is a class chosen from the long list: with `several` it joins the others, else
        it replaces them."""
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
