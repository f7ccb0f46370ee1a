"""Forms of the review pages."""

from typing import Any

from django import forms

from datasets.models import Dataset
from exchange.formats.writers import FILE_FORMATS


class ExportForm(forms.Form):
    """What an export shall hold."""

    format = forms.ChoiceField(choices=[(name, one.title) for name, one in FILE_FORMATS.items()])
    human = forms.BooleanField(required=False, initial=True, label="Labels that people gave")
    auto = forms.BooleanField(required=False, initial=True, label="Accepted labels of the machine")
    unlabelled = forms.BooleanField(required=False, label="Items without a final label")
    metadata = forms.BooleanField(required=False, label="Metadata")
    min_confidence = forms.FloatField(
        min_value=0,
        max_value=1,
        required=False,
        label="Accepted labels from confidence",
        widget=forms.NumberInput(attrs={"step": "0.01"}),
    )
    splits = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, help_text="None ticked: all of them."
    )

    def __init__(self, *args: Any, dataset: Dataset, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(split.name, split.name) for split in dataset.splits.all()]
        if names:
            self.fields["splits"].choices = names  # type: ignore[attr-defined]  # a MultipleChoiceField
        else:
            del self.fields["splits"]

    def include(self) -> dict[str, Any]:
        """The choice as the flow takes it."""
        data = self.cleaned_data
        flags = {name: data[name] for name in ("human", "auto", "unlabelled", "metadata")}
        return flags | {"min_confidence": data["min_confidence"], "splits": data.get("splits") or None}


class CertificateForm(forms.Form):
    """How many wrong labels somebody could live with."""

    wrong = forms.FloatField(
        label="Most wrong labels allowed, in %",
        min_value=0.1,
        max_value=50,
        initial=2,
        help_text="Each look is one test: look when you have made your checks, not after every few of them.",
        widget=forms.NumberInput(attrs={"step": "0.1", "size": 4}),
    )

    @property
    def target(self) -> float:
        """The accuracy that is asked for."""
        return 1 - float(self.cleaned_data["wrong"]) / 100
