"""A form for each kind of labeler; the kind itself says what a right configuration is."""

import json
from typing import Any

from django import forms

from ground.errors import CountersignError
from ground.json_values import parse_request
from labeling.models import Labeler, LabelerKind
from labeling.setup.defining import labeler_threshold

RULES_EXAMPLE = """[
  {"labels": ["refund"], "keywords": ["refund", "money back"], "confidence": 0.95},
  {"labels": ["card_lost"], "pattern": "(lost|stolen) .*card"}
]"""


def parsed_json(text: str) -> Any:
    """What somebody typed, as JSON. Raises ValidationError."""
    try:
        return parse_request(text)
    except ValueError as error:
        raise forms.ValidationError(f"This cannot be used: {error}.") from None


def json_object(text: str) -> dict[str, Any]:
    """What somebody typed, as a JSON object; nothing is an empty one. Raises ValidationError."""
    found = parsed_json(text or "{}")
    if not isinstance(found, dict):
        raise forms.ValidationError('Write an object: {"temperature": 0}.')
    return found


def secret_field(label: str = "Secret") -> forms.CharField:
    """What goes in and never comes out."""
    return forms.CharField(
        required=False,
        label=label,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Stored encrypted and never shown; leave empty to keep the present one.",
    )


class LabelerForm(forms.Form):
    """What all kinds have: name, own threshold, place in the chain."""

    name = forms.CharField(max_length=100)
    confidence_threshold = forms.FloatField(
        min_value=0,
        max_value=1,
        required=False,
        label="Own threshold",
        help_text="Instead of the dataset's, for this labeler. Changing it makes a new version of the policy.",
    )
    order = forms.IntegerField(
        min_value=0,
        max_value=1000,
        initial=10,
        label="Place in the chain",
        help_text="Where two labelers answer, the higher place speaks.",
    )
    enabled = forms.BooleanField(
        required=False,
        initial=True,
        label="Look at new items by itself",
        help_text="At the end of each import, and at the new items alone. What it costs is paid then, too.",
    )

    def __init__(self, *args: Any, may_set_secret: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_set_secret:
            self.fields.pop("secret", None)

    def config(self) -> dict[str, Any]:
        """The kind's own settings."""
        return {}

    def settings(self) -> dict[str, Any]:
        """Keyword arguments for the flows that make and change labelers."""
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

    @classmethod
    def initial_of(cls, labeler: Labeler) -> dict[str, Any]:
        """What the form shows of a labeler."""
        return {
            "name": labeler.name,
            "order": labeler.order,
            "enabled": labeler.enabled,
            "confidence_threshold": labeler_threshold(labeler),
        }


class RulesForm(LabelerForm):
    """Patterns, keywords and conditions."""

    rules = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "false", "class": "mono"}),
        initial=RULES_EXAMPLE,
        help_text=(
            "A JSON list, tried in order. Each rule gives labels when all that it states holds: keywords (one of "
            "them), pattern (RE2), conditions on metadata ({field, op, value}). No rule: the labeler abstains."
        ),
    )

    def clean_rules(self) -> Any:
        """The list, as JSON."""
        return parsed_json(self.cleaned_data["rules"])

    def config(self) -> dict[str, Any]:
        """The rules."""
        return {"rules": self.cleaned_data["rules"]}

    @classmethod
    def initial_of(cls, labeler: Labeler) -> dict[str, Any]:
        """With the rules."""
        rules = json.dumps(labeler.config.get("rules", []), indent=2, ensure_ascii=False)
        return super().initial_of(labeler) | {"rules": rules}


class ClassifierForm(LabelerForm):
    """Learns from the dataset's human labels."""

    max_examples = forms.IntegerField(
        min_value=10,
        max_value=200_000,
        initial=20_000,
        label="Examples at most",
        help_text="More takes longer to train and teaches little.",
    )

    def config(self) -> dict[str, Any]:
        """The limit."""
        return {"max_examples": self.cleaned_data["max_examples"]}

    @classmethod
    def initial_of(cls, labeler: Labeler) -> dict[str, Any]:
        """With the limit."""
        return super().initial_of(labeler) | {"max_examples": labeler.config.get("max_examples", 20_000)}


class LlmForm(LabelerForm):
    """Any endpoint that speaks the OpenAI protocol."""

    base_url = forms.URLField(
        label="Endpoint",
        assume_scheme="https",
        help_text="Ends in /v1 mostly. A local server works only if the operator listed it in OUTBOUND_ALLOW.",
    )
    model = forms.CharField(max_length=200)
    secret = secret_field("API key")
    prompt_template = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false"}),
        label="Prompt",
        help_text="{label_list}, {guidelines} and {text} are filled in. Empty: the built-in prompt.",
    )
    more = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "class": "mono"}),
        label="More settings",
        initial="{}",
        help_text='JSON, for example {"temperature": 0, "concurrency": 4, "max_tokens": 200}.',
    )

    def clean_more(self) -> dict[str, Any]:
        """The other settings, an object."""
        return json_object(self.cleaned_data["more"])

    def config(self) -> dict[str, Any]:
        """The endpoint and all settings."""
        named = {name: self.cleaned_data[name] for name in ("base_url", "model")}
        if self.cleaned_data["prompt_template"]:
            named["prompt_template"] = self.cleaned_data["prompt_template"]
        return {**self.cleaned_data["more"], **named}

    @classmethod
    def initial_of(cls, labeler: Labeler) -> dict[str, Any]:
        """With the settings; never with the key."""
        named = ("base_url", "model", "prompt_template")
        more = {name: value for name, value in labeler.config.items() if name not in named}
        shown = {name: labeler.config.get(name, "") for name in named}
        return super().initial_of(labeler) | shown | {"more": json.dumps(more, indent=2)}


class OtherForm(LabelerForm):
    """A kind without a form of its own: its settings as JSON, checked by the kind."""

    secret = secret_field()
    settings_json = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false", "class": "mono"}),
        label="Settings",
        initial="{}",
        help_text="A JSON object.",
    )

    def clean_settings_json(self) -> dict[str, Any]:
        """The settings."""
        return json_object(self.cleaned_data["settings_json"])

    def config(self) -> dict[str, Any]:
        """The settings."""
        settings: dict[str, Any] = self.cleaned_data["settings_json"]
        return settings

    @classmethod
    def initial_of(cls, labeler: Labeler) -> dict[str, Any]:
        """With the settings."""
        settings = json.dumps(labeler.config, indent=2, ensure_ascii=False)
        return super().initial_of(labeler) | {"settings_json": settings}


LABELER_FORMS: dict[str, type[LabelerForm]] = {
    LabelerKind.CLASSIFIER: ClassifierForm,
    LabelerKind.RULES: RulesForm,
    LabelerKind.LLM: LlmForm,
    # Its settings came with the file.
    LabelerKind.IMPORTED: LabelerForm,
}


def form_of(kind: str) -> type[LabelerForm]:
    """The kind's form, or the one for kinds that have none of their own."""
    return LABELER_FORMS.get(kind, OtherForm)


def form_for(labeler: Labeler, data: Any, *, may_set_secret: bool) -> LabelerForm:
    """The form of the labeler's kind, filled in."""
    form = form_of(labeler.kind)
    filled = form(data, initial=form.initial_of(labeler), may_set_secret=may_set_secret)
    if labeler.secret and "secret" in filled.fields:
        filled.fields["secret"].help_text = "One is stored, encrypted and never shown; leave empty to keep it."
    return filled
