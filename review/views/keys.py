"""The page where a person changes the keys of the review screen, or switches single-letter keys off."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.requests import AuthenticatedHttpRequest
from ground.errors import InvalidInput
from review import keys as review_keys


class KeysForm(forms.Form):
    """One character for each action, and the switch."""

    off = forms.BooleanField(
        required=False,
        label="No single-character keys",
        help_text="For speech input and switch devices. Enter, Backspace, arrows and all buttons still work.",
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for action in review_keys.ACTIONS:
            also = f"Always: {', '.join(action.fixed)}." if action.fixed else ""
            self.fields[action.name] = forms.CharField(
                label=action.title,
                max_length=1,
                strip=True,
                help_text=also,
                widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "class": "one-key"}),
            )
        self.order_fields([action.name for action in review_keys.ACTIONS])

    def clean(self) -> dict[str, object]:
        """Clashes, digits and unprintable characters are refused at the field that has them."""
        found = super().clean() or self.cleaned_data
        keys = {name: value for name, value in found.items() if name in review_keys.NAMES}
        if not self.errors:
            try:
                self.stored = review_keys.clean(keys, off=bool(found.get("off")))
            except InvalidInput as error:
                self.add_error(error.field, error.message)
        return found


@require_http_methods(["GET", "POST"])
def keys(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show and save one's own keys."""
    user = request.user
    if request.method == "POST" and "reset" in request.POST:
        return _save(request, {})
    if request.method == "POST":
        form = KeysForm(request.POST)
        if form.is_valid():
            return _save(request, form.stored)
    else:
        form = KeysForm(
            initial=review_keys.keymap(user.review_keys) | {"off": review_keys.switched_off(user.review_keys)}
        )
    return render(request, "review/keys.html", {"form": form}, status=422 if form.is_bound else 200)


def _save(request: AuthenticatedHttpRequest, stored: dict[str, object]) -> HttpResponse:
    request.user.review_keys = stored
    request.user.save(update_fields=["review_keys"])
    messages.success(request, "Your keys are saved.")
    return redirect("review_keys")
