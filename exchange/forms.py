"""Forms of imports and exports."""

from typing import Any

from django import forms

from datasets.item_kinds import ITEM_KINDS
from datasets.models import Dataset
from exchange import exporting
from exchange.formats.choosing import BY_THE_FILE
from exchange.importing import formats_for


class UploadForm(forms.Form):
    """A file to import."""

    file = forms.FileField()
    format = forms.ChoiceField(required=False, help_text="Needed if a file fits several formats.")

    def __init__(self, *args: Any, dataset: Dataset, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        formats = [(name, reader.title) for name, reader in formats_for(dataset).items()]
        self.fields["format"].choices = [(BY_THE_FILE, "Detect from the file"), *formats]  # type: ignore[attr-defined]


class FolderForm(forms.Form):
    """A folder of the server to import."""

    path = forms.CharField(
        max_length=300,
        label="Server folder",
        help_text="Relative to the import folder that the operator allows; . is all of it.",
    )


class ExportForm(forms.Form):
    """The options of an export."""

    format = forms.ChoiceField()
    human = forms.BooleanField(required=False, initial=True, label="Human labels")
    auto = forms.BooleanField(required=False, initial=True, label="Auto-accepted labels")
    unlabelled = forms.BooleanField(required=False, label="Unlabeled items")
    metadata = forms.BooleanField(
        required=False, label="Metadata", help_text="In JSON Lines and CSV, and other formats that support it."
    )
    with_files = forms.BooleanField(
        required=False, label="Include image files", help_text="In formats that are a zip; needed to import it again."
    )
    byte_order_mark = forms.BooleanField(
        required=False, label="Byte order mark", help_text="In CSV: Excel on Windows needs it to read every script."
    )
    min_confidence = forms.FloatField(
        min_value=0,
        max_value=1,
        required=False,
        label="Min. confidence for auto-accepted labels",
        widget=forms.NumberInput(attrs={"step": "0.01"}),
    )
    splits = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, help_text="Leave all unchecked to include every split."
    )

    def __init__(self, *args: Any, dataset: Dataset, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["format"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            (name, one.title) for name, one in exporting.formats_for(dataset).items()
        ]
        if ITEM_KINDS[dataset.item_kind].stores != "file":
            del self.fields["with_files"]
        names = [(split.name, split.name) for split in dataset.splits.all()]
        if names:
            self.fields["splits"].choices = names  # type: ignore[attr-defined]  # a MultipleChoiceField
        else:
            del self.fields["splits"]

    def include(self) -> dict[str, Any]:
        """The options for the flow."""
        data = self.cleaned_data
        flags = {name: data.get(name, False) for name in ("human", "auto", "unlabelled", "metadata", "byte_order_mark")}
        flags["files"] = data.get("with_files", False)
        return flags | {"min_confidence": data["min_confidence"], "splits": data.get("splits") or None}
