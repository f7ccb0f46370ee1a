"""Forms of the labeling pages. They check the shape of the input; flows check its meaning."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from accounts.models import Role
from datasets.class_lines import read_classes
from datasets.item_kinds import ITEM_KINDS
from datasets.making import MOST_CLASSES, MOST_GUIDELINES, PALETTE, NewClass
from datasets.models import Membership
from datasets.reviews import MOST_REVIEWS
from datasets.task_forms import TaskSettingsForm, forms_of_kinds
from ground.errors import InvalidInput
from kinds import TASK_KINDS, Variant

# Presets for a new dataset: a task kind and one of its variants, by the form's value.
VARIANTS: dict[str, tuple[str, Variant]] = {
    f"{kind.name}-{number}" if number else kind.name: (kind.name, variant)
    for kind in TASK_KINDS.values()
    for number, variant in enumerate(kind.variants)
}


class NewDatasetForm(forms.Form):
    """A new dataset."""

    name = forms.CharField(max_length=200, help_text="Shown in the list of datasets.")
    slug = forms.SlugField(
        max_length=100, required=False, label="URL slug", help_text="Generated from the name if left blank."
    )
    item_kind = forms.ChoiceField(
        choices=[(kind.name, kind.plural) for kind in ITEM_KINDS.values()],
        label="Item type",
        widget=forms.RadioSelect,
    )
    task = forms.ChoiceField(
        label="Label type",
        widget=forms.RadioSelect,
        choices=[(word, variant.title) for word, (_, variant) in VARIANTS.items()],
        initial=next(iter(VARIANTS)),
    )
    classes = forms.CharField(
        required=all(kind.classes_needed for kind in TASK_KINDS.values()),
        error_messages={"required": "A dataset needs classes: enter them here, one per line."},
        max_length=1_000_000,
        widget=forms.Textarea(
            attrs={"rows": 10, "spellcheck": "false", "class": "mono", "data-palette": " ".join(PALETTE)}
        ),
        help_text=(
            "One per line; at least two for whole items, one for spans and regions. For a hierarchy enter the path: "
            "Animal > Dog. A key, a colour and a description are optional: Dog [2] #009e73 | description. Missing keys "
            "and colours are filled in."
        ),
    )
    guidelines = forms.CharField(
        max_length=MOST_GUIDELINES,
        widget=forms.Textarea(attrs={"rows": 8}),
        required=False,
        help_text="Markdown. Reviewers open it with G.",
    )

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.parts = forms_of_kinds(data)

    def shown_parts(self) -> list[tuple[TaskSettingsForm, str]]:
        """The settings form of each kind, with the form values of its presets."""
        words = {name: " ".join(word for word, (kind, _) in VARIANTS.items() if kind == name) for name in self.parts}
        return [(part, words[name]) for name, part in self.parts.items()]

    def clean(self) -> dict[str, Any]:
        """Checks what the label type needs: a suitable item type, enough classes, valid settings."""
        data = super().clean() or self.cleaned_data
        task_kind, variant = VARIANTS.get(data.get("task", ""), (None, None))
        if task_kind is None or variant is None:
            return data
        kind = TASK_KINDS[task_kind]
        fitting = kind.item_kinds
        if fitting is not None and data.get("item_kind") and data["item_kind"] not in fitting:
            plural = " and ".join(ITEM_KINDS[name].plural.lower() for name in sorted(fitting))
            self.add_error("task", f"{variant.title}: only {plural} can have them.")
        if "classes" in data and len(data["classes"]) < kind.classes_needed:
            least = "one class" if kind.classes_needed == 1 else f"{kind.classes_needed} classes"
            self.add_error("classes", f"A dataset needs at least {least}.")
        return data | {"task_kind": task_kind, "task_settings": self._settings(task_kind, variant, data)}

    def _settings(self, task_kind: str, variant: Variant, data: dict[str, Any]) -> dict[str, Any]:
        """The settings entered for this kind; those of other kinds are ignored."""
        part = self.parts.get(task_kind)
        if part is None:
            return dict(variant.settings)
        part.beside = dict(variant.settings)
        part.named([new.name for new in data["classes"]] if "classes" in data else None)
        if part.is_valid():
            return part.settings()
        self.add_error(None, f"{part.kind.title}: check the settings of this label type.")
        return {}

    def clean_classes(self) -> list[NewClass]:
        """The classes; inner classes of a hierarchy are created from the paths."""
        try:
            return read_classes(self.cleaned_data["classes"], most=MOST_CLASSES)
        except InvalidInput as error:
            raise forms.ValidationError(error.message) from None


class DatasetSettingsForm(forms.Form):
    """Editable fields of a dataset."""

    name = forms.CharField(max_length=200)
    guidelines = forms.CharField(
        max_length=MOST_GUIDELINES,
        required=False,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text="Markdown. Reviewers open it with G.",
    )


class SplitForm(forms.Form):
    """Splits to assign."""

    shares = forms.CharField(
        max_length=600,
        initial="train 80, validation 10, test 10",
        help_text="Names and percentages that add up to 100. The assignment is deterministic: a hash of the item's ID.",
    )
    replace = forms.BooleanField(label="Also reassign items that already have a split", required=False)

    def clean_shares(self) -> dict[str, float]:
        """Split -> share in 0 to 1."""
        shares: dict[str, float] = {}
        for part in self.cleaned_data["shares"].replace("%", "").split(","):
            name, _, percent = part.strip().rpartition(" ")
            try:
                shares[name.strip()] = float(percent) / 100
            except ValueError:
                raise forms.ValidationError(f"Enter {part.strip()!r} as a name and a percentage: train 80.") from None
        return shares


class InviteForm(forms.Form):
    """An invitation by link."""

    role = forms.ChoiceField(choices=Role.choices, initial=Role.REVIEWER)


class MemberForm(forms.ModelForm):  # type: ignore[type-arg]  # takes no parameter at run time
    """A member's role."""

    class Meta:
        model = Membership
        fields = ("role",)


class AddMemberForm(forms.Form):
    """A new member."""

    username = forms.CharField(max_length=150)
    role = forms.ChoiceField(choices=Role.choices, initial=Role.REVIEWER)


class TokenForm(forms.Form):
    """A new API token."""

    name = forms.CharField(max_length=100, help_text="Used for.")
    days = forms.ChoiceField(
        label="Expires",
        required=False,
        choices=[("90", "In 90 days"), ("7", "In 7 days"), ("30", "In 30 days"), ("365", "In a year"), ("0", "Never")],
    )
    role = forms.ChoiceField(label="Max role", required=False, choices=[("", "Same as mine"), *Role.choices])
    datasets = forms.CharField(
        max_length=5_000,
        required=False,
        label="Datasets",
        help_text="Comma-separated slugs. Blank: all of yours.",
    )

    def reach(self) -> dict[str, Any]:
        """Expiry and reach, in the flow's form."""
        data = self.cleaned_data
        days = int(data["days"] or 0)
        named = [slug.strip() for slug in data["datasets"].split(",") if slug.strip()]
        return {
            "expires_at": timezone.now() + timedelta(days=days) if days else None,
            "datasets": named or None,
            "role": data["role"],
        }


class ReviewsForm(forms.Form):
    """The number of reviews per item."""

    reviews = forms.IntegerField(
        min_value=1,
        max_value=MOST_REVIEWS,
        label="Reviews per item",
        help_text="How many people label each item that needs review. Where they differ, a manager decides.",
    )
    reopen = forms.BooleanField(
        required=False,
        label="Also reopen items that are already decided",
        help_text="Only where they have fewer answers than this. Nobody is asked twice about the same item.",
    )
