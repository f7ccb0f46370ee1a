"""The form of a policy: a threshold for all, and one for each class that shall have its own."""

from dataclasses import replace
from typing import Any, TypeVar

from django import forms

from datasets.models import Dataset, Policy
from datasets.rule import Rule

RuleType = TypeVar("RuleType", bound=Rule)


def share_field(help_text: str = "", **settings: Any) -> forms.FloatField:
    """A number from 0 to 1."""
    widget = forms.NumberInput(attrs={"step": "0.01"})
    return forms.FloatField(min_value=0, max_value=1, help_text=help_text, widget=widget, **settings)


class PolicyForm(forms.Form):
    """Thresholds and rates; empty labeler fields follow the dataset's threshold, empty class fields the labeler's."""

    threshold = share_field("Labels at least this sure are accepted.")
    audit_rate = share_field("Share of accepted items, drawn at random, that people check without seeing the label.")
    blind_rate = share_field(
        "Share of the queue, drawn at random, that people label without seeing the machine's label."
    )
    probe_rate = share_field("Share of shown proposals that are wrong on purpose, to see if people look. Tell them so.")
    note = forms.CharField(max_length=500, required=False, help_text="Why: kept with the version.")

    def __init__(self, *args: Any, dataset: Dataset, policy: Policy, **kwargs: Any) -> None:
        kwargs.setdefault(
            "initial",
            {
                "threshold": policy.threshold,
                "audit_rate": policy.audit_rate,
                "blind_rate": policy.blind_rate,
                "probe_rate": policy.probe_rate,
            },
        )
        super().__init__(*args, **kwargs)
        self.labeler_fields: list[tuple[str, int]] = []
        for labeler in dataset.labelers.order_by("-order", "id"):
            name = f"labeler-{labeler.pk}"
            self.labeler_fields.append((name, labeler.pk))
            own = policy.labeler_thresholds.get(str(labeler.pk))
            self.fields[name] = share_field(
                "Instead of the dataset's, for what it says. Empty: the dataset's.",
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
        """The fields that are not a class's."""
        names = ["threshold", *(name for name, _ in self.labeler_fields)]
        return [self[name] for name in [*names, "audit_rate", "blind_rate", "probe_rate", "note"]]

    def by_class(self) -> list[forms.BoundField]:
        """The fields of the classes."""
        return [self[name] for name, _ in self.class_fields]

    def applied_to(self, rule: RuleType) -> RuleType:
        """The rule as the form would have it; what the form does not show stays."""
        data = self.cleaned_data
        return replace(
            rule,
            threshold=data["threshold"],
            audit_rate=data["audit_rate"],
            blind_rate=data["blind_rate"],
            probe_rate=data["probe_rate"],
            class_thresholds={label: data[name] for name, label in self.class_fields if data.get(name) is not None},
            labeler_thresholds={pk: data[name] for name, pk in self.labeler_fields if data.get(name) is not None},
        )
