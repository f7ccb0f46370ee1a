"""The labeler form: common fields, and a field for each setting of the kind."""

import json
from typing import Any

from django import forms

from ground.errors import CountersignError
from ground.json_values import parse_request
from labeling.labelers import LABELER_KINDS
from labeling.labelers.settings import Setting
from labeling.models import Labeler
from labeling.setup.defining import labeler_threshold

# For kinds without declared settings: one field for all.
WHOLE = "settings_json"


def parsed_json(text: str) -> Any:
    """The input parsed as JSON. Raises ValidationError."""
    try:
        return parse_request(text)
    except ValueError as error:
        raise forms.ValidationError(f"Invalid value: {error}.") from None


class JsonText(forms.CharField):
    """A JSON field."""

    def __init__(self, *, rows: int = 10, **kwargs: Any) -> None:
        attrs = {"rows": rows, "spellcheck": "false", "class": "mono"}
        super().__init__(widget=forms.Textarea(attrs=attrs), **kwargs)

    def clean(self, value: Any) -> Any:
        """The value; None if blank. Raises ValidationError."""
        text = super().clean(value)
        return parsed_json(text) if text else None

    def prepare_value(self, value: Any) -> Any:
        """As it is typed."""
        return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


def secret_field(label: str = "Secret") -> forms.CharField:
    """The write-only API key."""
    return forms.CharField(
        required=False,
        label=label,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Stored encrypted. Leave blank to keep the current key.",
    )


def field_of(setting: Setting) -> forms.Field:
    """The form field of a setting; the kind has the final validation."""
    about: dict[str, Any] = {
        "label": setting.label,
        "help_text": setting.help,
        "required": setting.needed,
        "initial": setting.default,
    }
    match setting.type:
        case "whole number":
            return forms.IntegerField(min_value=int(setting.low), max_value=int(setting.high), **about)
        case "number":
            widget = forms.NumberInput(attrs={"step": "any"})
            return forms.FloatField(min_value=setting.low, max_value=setting.high, widget=widget, **about)
        case "choice":
            return forms.ChoiceField(choices=[(choice, choice) for choice in setting.choices], **about)
        case "flag":
            return forms.BooleanField(**about | {"required": False})
        case "json":
            return JsonText(rows=14, **about)
        case "long text":
            widget_of_text = forms.Textarea(attrs={"rows": 10, "spellcheck": "false"})
            return forms.CharField(max_length=setting.longest, widget=widget_of_text, **about)
        case "text":
            return forms.CharField(max_length=setting.longest, **about)


class LabelerForm(forms.Form):
    """Name, threshold, priority; and in between the kind's settings."""

    template_name = "labeling/labelers/form.html"

    name = forms.CharField(max_length=100)
    confidence_threshold = forms.FloatField(
        min_value=0,
        max_value=1,
        required=False,
        label="Confidence threshold",
        help_text="Overrides the dataset's. Changing it creates a new version of the policy.",
    )
    order = forms.IntegerField(
        min_value=0,
        max_value=1000,
        initial=10,
        label="Priority",
        help_text="If several labelers predict an item, the highest priority wins.",
    )
    enabled = forms.BooleanField(
        required=False,
        initial=True,
        label="Run automatically on new items",
        help_text="Runs on the new items at the end of each import. Paid models cost money then, too.",
    )

    def __init__(self, *args: Any, kind: str, may_set_secret: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        declared = LABELER_KINDS[kind].settings
        self._settings = declared or ()
        for setting in self._settings:
            self.fields[setting.name] = field_of(setting)
        if declared is None:
            self.fields[WHOLE] = JsonText(required=False, label="Settings", initial="{}", help_text="A JSON object.")
        if may_set_secret and (declared is None or LABELER_KINDS[kind].needs_secret):
            self.fields["secret"] = secret_field("API key")
        own = [one.name for one in self._settings if not one.advanced]
        self.order_fields(["name", *own, WHOLE, "secret", "confidence_threshold", "order", "enabled"])

    def usual(self) -> list[forms.BoundField]:
        """The fields that are always visible."""
        folded = {one.name for one in self._settings if one.advanced}
        return [field for field in self if field.name not in folded]

    def advanced(self) -> list[forms.BoundField]:
        """The collapsed fields."""
        return [self[one.name] for one in self._settings if one.advanced]

    def advanced_has_errors(self) -> bool:
        """Whether a collapsed field has an error."""
        return any(field.errors for field in self.advanced())

    def clean_settings_json(self) -> dict[str, Any]:
        """The settings of a kind without declared ones: an object."""
        found = self.cleaned_data[WHOLE] or {}
        if not isinstance(found, dict):
            raise forms.ValidationError('Write an object: {"temperature": 0}.')
        return found

    def config(self) -> dict[str, Any]:
        """The kind's settings as entered; blank ones have their default."""
        if WHOLE in self.cleaned_data:
            return dict(self.cleaned_data[WHOLE])
        given = {one.name: self.cleaned_data.get(one.name) for one in self._settings}
        return {name: value for name, value in given.items() if value not in (None, "")}

    def settings(self) -> dict[str, Any]:
        """Keyword arguments for the flows."""
        data = self.cleaned_data
        return {
            "name": data["name"],
            "order": data["order"],
            "enabled": data["enabled"],
            "confidence_threshold": data["confidence_threshold"],
            "secret": data.get("secret", ""),
            "config": self.config(),
        }

    def add_problem(self, error: CountersignError) -> None:
        """Show a flow's error at its field, or above the form."""
        name = error.field.split(".")[0]
        self.add_error(name if name in self.fields else None, error.message)


def initial_of(labeler: Labeler) -> dict[str, Any]:
    """The form's initial values; never the secret."""
    return {
        **labeler.config,
        WHOLE: labeler.config,
        "name": labeler.name,
        "order": labeler.order,
        "enabled": labeler.enabled,
        "confidence_threshold": labeler_threshold(labeler),
    }


def form_for(labeler: Labeler, data: Any, *, may_set_secret: bool) -> LabelerForm:
    """The bound form of the labeler."""
    filled = LabelerForm(data, kind=labeler.kind, initial=initial_of(labeler), may_set_secret=may_set_secret)
    if labeler.secret and "secret" in filled.fields:
        filled.fields["secret"].help_text = "An API key is stored, encrypted. Leave blank to keep it."
    return filled
