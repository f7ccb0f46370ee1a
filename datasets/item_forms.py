"""The filter form of the item list, and the columns to choose from."""

from typing import Any

from django import forms

from datasets.item_lists import ORDERS
from datasets.models import Dataset, Lane, Status

ITEM_COLUMNS = {
    "status": "Status",
    "machine": "Predicted label",
    "confidence": "Confidence",
    "people": "Human label",
    "labeler": "Labeler",
    "split": "Split",
    "reviewer": "Reviewed by",
    "decided": "Reviewed",
    "created": "Imported",
    "id": "ID",
    "metadata": "Metadata",
}
USUAL_COLUMNS = ("status", "machine", "confidence", "people", "labeler", "split")


class ItemFilterForm(forms.Form):
    """Filters and order. `ItemFilter` validates them."""

    q = forms.CharField(required=False, label="Search text or ID", max_length=300)
    status = forms.ChoiceField(required=False, choices=[("", "Any status"), *Status.choices])
    lane = forms.ChoiceField(required=False, label="Queue", choices=[("", "Any queue"), *Lane.choices])
    label = forms.ChoiceField(required=False, label="Predicted label")
    human = forms.ChoiceField(required=False, label="Human label")
    final = forms.ChoiceField(required=False, label="Final label")
    labeler = forms.ChoiceField(required=False)
    split = forms.ChoiceField(required=False)
    low = forms.FloatField(required=False, min_value=0, max_value=1, label="Min confidence")
    high = forms.FloatField(required=False, min_value=0, max_value=1, label="Max confidence")
    disagreement = forms.ChoiceField(
        required=False,
        label="Human vs. predicted",
        choices=[("", "Either"), ("differs", "Differ"), ("agrees", "Agree")],
    )
    sort = forms.ChoiceField(
        required=False,
        label="Order",
        choices=[("", ORDERS["newest"].title), *((n, one.title) for n, one in ORDERS.items() if n != "newest")],
    )
    checks = forms.BooleanField(required=False, label="Random-check sample only")

    def __init__(self, *args: Any, dataset: Dataset, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        classes = [(row.name, str(row)) for row in dataset.label_classes.filter(merged_into=None)]
        for name in ("label", "human", "final"):
            self._choices(name, [("", "Any class"), *classes])
        self._choices("labeler", [("", "Any labeler"), *((str(row.pk), row.name) for row in dataset.labelers.all())])
        self._choices("split", [("", "Any split"), *((row.name, row.name) for row in dataset.splits.all())])

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = choices
