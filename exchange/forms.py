"""Forms of imports and exports."""

from typing import Any

from django import forms

from datasets.models import Dataset
from exchange.formats import FILE_FORMATS


class UploadForm(forms.Form):
    """A file to be imported."""

    file = forms.FileField(help_text="CSV, TSV, JSONL, JSON, plain text by line, or a zip of images.")


class FolderForm(forms.Form):
    """A folder of the server to be imported."""

    path = forms.CharField(
        max_length=300,
        label="Folder on the server",
        help_text="Relative to the import folder that the operator allows; . is all of it.",
    )


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
