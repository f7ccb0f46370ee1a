"""Forms of a dataset's classes."""

from typing import Any, cast

from django import forms

from datasets import class_trees
from datasets.merging import targets
from datasets.models import LabelClass


class AddClassForm(forms.Form):
    """A class to be added."""

    name = forms.CharField(max_length=200)
    key = forms.RegexField(r"^[0-9]?$", required=False, label="Key", widget=forms.TextInput(attrs={"size": 2}))
    parent = forms.CharField(max_length=200, required=False, label="Parent class")
    description = forms.CharField(max_length=2_000, required=False)


class ClassForm(forms.Form):
    """What of a class can be changed."""

    title = forms.CharField(max_length=200, label="Name")
    key = forms.RegexField(
        r"^[0-9]?$",
        required=False,
        label="Key",
        widget=forms.TextInput(attrs={"size": 2, "inputmode": "numeric"}),
        help_text="The digit that gives it in review. Blank: none of its own.",
    )
    color = forms.RegexField(r"^#[0-9a-fA-F]{6}$", label="Color", widget=forms.TextInput(attrs={"type": "color"}))
    description = forms.CharField(
        max_length=2_000,
        required=False,
        label="Meaning",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Reviewers see it beside the class; LLM labelers are told it.",
    )
    aliases = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="Other spellings in files and answers, one a line.",
    )

    @staticmethod
    def of(row: LabelClass) -> dict[str, Any]:
        """The class as the form shows it."""
        return {
            "title": str(row),
            "key": row.key,
            "color": row.color,
            "description": row.description,
            "aliases": "\n".join(row.aliases),
        }

    def sent(self, row: LabelClass) -> dict[str, Any]:
        """What the flow takes."""
        data = dict(self.cleaned_data)
        data["aliases"] = list(dict.fromkeys(line.strip() for line in data["aliases"].splitlines() if line.strip()))
        # People see the name where there is no title.
        data["title"] = "" if data["title"] == row.name else data["title"]
        return data | {"color": data["color"].lower()}


class MergeForm(forms.Form):
    """Which class stands for another from now on. `targets`: those that can; without any there is nothing to choose."""

    into = forms.TypedChoiceField(label="Merge into", error_messages={"required": "Choose a class to merge into."})

    def __init__(self, *args: Any, label_class: LabelClass, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.targets = [] if label_class.merged_into_id else targets(label_class)
        by_id = {str(row.pk): row for row in self.targets}
        field = cast(forms.TypedChoiceField, self.fields["into"])
        named = [(pk, class_trees.joined(class_trees.path_of(row))) for pk, row in by_id.items()]
        field.choices = [("", "Choose a class"), *named]
        field.coerce = by_id.__getitem__
