"""The page for changing the review keys or turning single-letter keys off."""

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.requests import AuthenticatedHttpRequest
from datasets.item_kinds import ITEM_KINDS
from ground.errors import InvalidInput
from kinds import TASK_KINDS
from review import keys as review_keys

_TITLES: dict[str, Callable[[str], str]] = {
    "decide": lambda kind: "Deciding",
    "view": lambda kind: ITEM_KINDS[kind].plural,
    "edit": lambda kind: TASK_KINDS[kind].title,
}


class KeysForm(forms.Form):
    """One character per action, and the switch."""

    off = forms.BooleanField(
        required=False,
        label="No single-character keys",
        help_text="For speech input and switch devices. Enter, Backspace, arrows and all buttons still work.",
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._actions = [action for action in review_keys.all_actions() if action.key]
        for action in self._actions:
            also = f"Always: {', '.join(review_keys.printed(action.fixed))}." if action.fixed else ""
            self.fields[action.name] = forms.CharField(
                label=action.title,
                max_length=1,
                strip=True,
                help_text=also,
                widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "class": "one-key"}),
            )

    def parts(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields by group: deciding, and the editor of each task kind."""
        found: dict[str, list[forms.BoundField]] = {}
        for action in self._actions:
            title = _TITLES[action.mode](action.kind)
            found.setdefault(title, []).append(self[action.name])
        return list(found.items())

    def clean(self) -> dict[str, object]:
        """Rejects clashes, digits and unprintable characters at their field."""
        found = super().clean() or self.cleaned_data
        keys = {name: value for name, value in found.items() if name != "off"}
        if not self.errors:
            try:
                self.stored = review_keys.clean(keys, off=bool(found.get("off")))
            except InvalidInput as error:
                self.add_error(error.field, error.message)
        return found


@require_http_methods(["GET", "POST"])
def keys(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show and save the user's keys."""
    user = request.user
    if request.method == "POST" and "reset" in request.POST:
        return _save(request, {})
    if request.method == "POST":
        form = KeysForm(request.POST)
        if form.is_valid():
            return _save(request, form.stored)
    else:
        keys_now = review_keys.keymap(user.review_keys, review_keys.all_actions())
        form = KeysForm(initial=keys_now | {"off": review_keys.switched_off(user.review_keys)})
    return render(request, "review/keys.html", {"form": form}, status=422 if form.is_bound else 200)


def _save(request: AuthenticatedHttpRequest, stored: dict[str, object]) -> HttpResponse:
    request.user.review_keys = stored
    request.user.save(update_fields=["review_keys"])
    messages.success(request, "Your keys are saved.")
    return redirect("review_keys")
