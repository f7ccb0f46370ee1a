"""The form of a task's settings, with a field for each setting that its kind declares, plug-ins included."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django import forms

from ground.errors import InvalidInput
from ground.json_values import parse_request
from kinds import TASK_KINDS, TaskKind
from kinds.declared import Declared, declared

LONGEST = 100_000


class LinesField(forms.CharField):
    """Entries of a setting, one per line. `classes`: the allowed class names; None: unknown."""

    def __init__(self, one: Declared, **kwargs: Any) -> None:
        attrs = {"rows": 4, "spellcheck": "false", "class": "mono"}
        super().__init__(widget=forms.Textarea(attrs=attrs), max_length=LONGEST, **kwargs)
        self._one = one
        self.classes: Sequence[str] | None = None

    def clean(self, value: Any) -> Any:
        """The parsed lines. Raises ValidationError naming the line."""
        if self.disabled:
            return value
        try:
            return self._one.from_lines(super().clean(value), self.classes)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None

    def prepare_value(self, value: Any) -> Any:
        """As it is typed."""
        return value if isinstance(value, str) else self._one.to_lines(value) if value else ""


class JsonField(forms.CharField):
    """A setting that has no specific field type: JSON."""

    widget = forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "class": "mono"})

    def clean(self, value: Any) -> Any:
        """The value; None if blank. Raises ValidationError."""
        if self.disabled:
            return value
        text = super().clean(value)
        try:
            return parse_request(text) if text else None
        except ValueError as error:
            raise forms.ValidationError(f"Invalid value: {error}.") from None

    def prepare_value(self, value: Any) -> Any:
        """As it is typed."""
        return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


def _field_of(one: Declared) -> forms.Field:
    about: dict[str, Any] = {"label": one.title, "help_text": one.help, "required": one.needed}
    named = [(choice, choice.replace("_", " ").capitalize()) for choice in one.choices]
    match one.form:
        case "flag":
            return forms.BooleanField(**about | {"required": False})
        case "choice":
            return forms.ChoiceField(choices=[("", "–"), *named] if one.empty else named, **about)
        case "choices":
            return forms.MultipleChoiceField(choices=named, widget=forms.CheckboxSelectMultiple, **about)
        case "whole number":
            field: forms.Field = forms.IntegerField(min_value=_whole(one.low), max_value=_whole(one.high), **about)
        case "number":
            widget = forms.NumberInput(attrs={"step": "any"})
            field = forms.FloatField(min_value=one.low, max_value=one.high, widget=widget, **about)
        case "words" | "lines":
            return LinesField(one, **about)
        case "json":
            return JsonField(**about)
    field.validators.append(_beyond(one))
    return field


def _whole(bound: float | None) -> int | None:
    return None if bound is None else int(bound)


def _beyond(one: Declared) -> Any:
    def check(value: float) -> None:
        if one.above is not None and not value > one.above:
            raise forms.ValidationError(f"It must be greater than {one.above:g}.")
        if one.below is not None and not value < one.below:
            raise forms.ValidationError(f"It must be less than {one.below:g}.")

    return check


class TaskSettingsForm(forms.Form):
    """The settings of a task kind. `without`: settings chosen elsewhere; `only`: the editable ones, None for all.
    `beside`: further settings that are fixed."""

    template_name = "datasets/task_form.html"

    def __init__(
        self,
        data: Any = None,
        *,
        kind: TaskKind,
        settings: Mapping[str, Any] | None = None,
        without: Collection[str] = (),
        only: Collection[str] | None = None,
    ) -> None:
        self.kind = kind
        self._stored = kind.settings(settings or {}).model_dump(mode="json")
        super().__init__(data, prefix=f"{kind.name}_settings", initial=self._stored)
        self._declared = [one for one in declared(kind) if one.name not in without]
        self.beside: dict[str, Any] = {}
        for one in self._declared:
            self.fields[one.name] = field = _field_of(one)
            field.disabled = only is not None and one.name not in only

    def named(self, classes: Sequence[str] | None) -> None:
        """The class names that lines may use."""
        for field in self.fields.values():
            if isinstance(field, LinesField):
                field.classes = classes

    def can_change(self) -> bool:
        """Whether anything is editable."""
        return any(not field.disabled for field in self.fields.values())

    def usual(self) -> list[forms.BoundField]:
        """The fields that are always visible."""
        return [self[one.name] for one in self._declared if not self._folds(one)]

    def folded(self) -> list[forms.BoundField]:
        """The collapsed fields: when two labels match, and when a label is right."""
        return [self[one.name] for one in self._declared if self._folds(one)]

    def folded_has_errors(self) -> bool:
        """Whether a collapsed field has an error."""
        return any(field.errors for field in self.folded())

    def _folds(self, one: Declared) -> bool:
        shown = {"lines", "words", "choices", "flag"}
        return one.form not in shown and any(other.form in shown for other in self._declared)

    def clean(self) -> dict[str, Any]:
        """Validates the settings together, by the kind."""
        data = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.kind.settings(self.settings())
            except InvalidInput as error:
                self.add_error(None, self._in_words(error.message))
        return data

    def settings(self) -> dict[str, Any]:
        """The settings as entered; blank ones have their default."""
        found = {}
        for one in self._declared:
            value = self.cleaned_data[one.name]
            if value in (None, "") and not one.empty:
                continue
            found[one.name] = None if value == "" else value
        return found | self.beside

    def add_problem(self, message: str) -> None:
        """Show an error of the flow."""
        self.add_error(None, self._in_words(message))

    def _in_words(self, message: str) -> str:
        """Refers to settings by their titles."""
        message = message.removeprefix("task_settings: ").removeprefix("task_settings.")
        for one in self._declared:
            if "_" in one.name:
                message = re.sub(rf"\b{re.escape(one.name)}\b", f"“{one.title}”", message)
        return message


def forms_of_kinds(data: Any) -> dict[str, TaskSettingsForm]:
    """A form for each kind with settings besides its variants."""
    found = {}
    for kind in TASK_KINDS.values():
        chosen = {name for variant in kind.variants for name in variant.settings}
        form = TaskSettingsForm(data, kind=kind, without=chosen)
        if form.fields:
            found[kind.name] = form
    return found
