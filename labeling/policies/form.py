"""The policy form: a general threshold, and optional ones per class."""

from dataclasses import dataclass, replace
from typing import Any, TypeVar

from django import forms

from datasets.models import Dataset, Policy
from datasets.rule import Rule
from kinds import TASK_KINDS
from kinds.named import named

_NUMBERS = (
    "threshold",
    "item_threshold",
    "empty_threshold",
    "audit_rate",
    "empty_audit_rate",
    "blind_rate",
    "probe_rate",
)
# Only for kinds whose labels are elements.
OF_ELEMENTS = frozenset({"item_threshold", "empty_threshold", "empty_audit_rate"})

RuleType = TypeVar("RuleType", bound=Rule)


def share_field(help_text: str = "", **settings: Any) -> forms.FloatField:
    """A number from 0 to 1."""
    widget = forms.NumberInput(attrs={"step": "0.01"})
    return forms.FloatField(min_value=0, max_value=1, help_text=help_text, widget=widget, **settings)


def has_elements(dataset: Dataset) -> bool:
    """Whether the dataset's labels are elements, which are judged individually."""
    return named(TASK_KINDS[dataset.task_kind]) is None


def _others(dataset: Dataset, policy: Policy) -> str:
    """What the dataset's threshold does not apply to, as somebody who is about to change it has to know."""
    own = {int(pk): value for pk, value in policy.labeler_thresholds.items()}
    named = [
        f"{one.name} (its own is {own[one.pk]:g})" for one in dataset.labelers.order_by("-order", "id") if one.pk in own
    ]
    if policy.class_thresholds:
        n = len(policy.class_thresholds)
        named.append(f"{n} class{'' if n == 1 else 'es'} with {'its' if n == 1 else 'their'} own")
    return f" It does not apply to {', '.join(named)}." if named else ""


@dataclass(frozen=True, slots=True)
class ClassField:
    """A class's threshold in the form: its value, and whether it was sent."""

    name: str
    field: forms.BoundField
    value: Any
    sent: bool


class PolicyForm(forms.Form):
    """Thresholds and rates; blank labeler fields inherit the dataset's threshold, blank class fields the labeler's."""

    threshold = share_field("Predictions with at least this confidence are auto-accepted.")
    item_threshold = share_field(
        "Minimum confidence of the whole item, in addition to that of each element. Leave blank for none.",
        required=False,
    )
    empty_threshold = share_field(
        "Minimum confidence for auto-accepting an item without predicted elements. Leave blank to never accept.",
        required=False,
        label="Threshold for empty predictions",
    )
    empty_audit_rate = share_field(
        "Share of auto-accepted empty predictions that are sent to review.",
        label="Random-check rate for empty predictions",
    )
    audit_rate = share_field(
        "Share of auto-accepted items, drawn at random, that are reviewed without showing the prediction.",
        label="Random-check rate",
    )
    blind_rate = share_field(
        "Share of the review queue, drawn at random, that is reviewed without showing the prediction.",
        label="Blind-review rate",
    )
    probe_rate = share_field(
        "Share of suggestions that are wrong on purpose, to measure attention. Inform your reviewers.",
        label="Attention-check rate",
    )
    note = forms.CharField(max_length=500, required=False, label="Change note", help_text="Saved with this version.")

    def __init__(self, *args: Any, dataset: Dataset, policy: Policy, **kwargs: Any) -> None:
        kwargs.setdefault(
            "initial",
            {name: getattr(policy, name) for name in _NUMBERS},
        )
        super().__init__(*args, **kwargs)
        self._numbers = [name for name in _NUMBERS if name not in OF_ELEMENTS or has_elements(dataset)]
        for name in set(_NUMBERS) - set(self._numbers):
            del self.fields[name]
        self.labeler_fields: list[tuple[str, int]] = []
        self.fields["threshold"].help_text += _others(dataset, policy)
        for labeler in dataset.labelers.order_by("-order", "id"):
            name = f"labeler-{labeler.pk}"
            self.labeler_fields.append((name, labeler.pk))
            own = policy.labeler_thresholds.get(str(labeler.pk))
            self.fields[name] = share_field(
                "Overrides the dataset's for this labeler. Leave blank to inherit.",
                required=False,
                label=f"Threshold of {labeler.name}",
                initial=own,
            )
        self.class_fields: list[tuple[str, str]] = []
        for row in dataset.label_classes.filter(retired_at__isnull=True):
            name = f"class-{row.pk}"
            self.class_fields.append((name, row.name))
            own = policy.class_thresholds.get(row.name)
            self.fields[name] = share_field(required=False, label=str(row), initial=own)

    def general(self) -> list[forms.BoundField]:
        """All fields except the classes'."""
        first, *rates = self._numbers
        return [self[name] for name in [first, *(name for name, _ in self.labeler_fields), *rates, "note"]]

    def by_class(self) -> list[ClassField]:
        """The fields of the classes."""
        return [
            ClassField(label, self[name], self._shown(name), self._is_sent(name)) for name, label in self.class_fields
        ]

    def _shown(self, name: str) -> Any:
        """The value of a class's field: pages send only changed ones."""
        return self[name].data if self._is_sent(name) else self[name].initial

    def _is_sent(self, name: str) -> bool:
        return self.is_bound and name in self.data

    def applied_to(self, rule: RuleType) -> RuleType:
        """The rule from the form; what the form does not show stays."""
        data = self.cleaned_data
        return replace(
            rule,
            **{name: data[name] for name in self._numbers},
            class_thresholds=self._class_thresholds(rule),
            labeler_thresholds={pk: data[name] for name, pk in self.labeler_fields if data.get(name) is not None},
        )

    def _class_thresholds(self, rule: Rule) -> dict[str, float]:
        """The rule's class thresholds, updated with those that were sent. Classes that are not shown keep theirs."""
        sent = {label: self.cleaned_data[name] for name, label in self.class_fields if self._is_sent(name)}
        kept = {label: value for label, value in rule.class_thresholds.items() if label not in sent}
        return kept | {label: value for label, value in sent.items() if value is not None}
