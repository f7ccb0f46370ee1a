"""Forms of signing in by more than a password, and of what people keep for it."""

from typing import Any

from django import forms


class CodeForm(forms.Form):
    """A code of the authenticator app, or a recovery code."""

    code = forms.CharField(
        max_length=20,
        label="Code",
        help_text="The six digits that your authenticator app shows now, or a recovery code.",
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false", "class": "mono"}
        ),
    )


class PasswordForm(forms.Form):
    """One's own password, once more."""

    password = forms.CharField(
        max_length=4096, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class CredentialForm(forms.Form):
    """What the browser's passkey dialog gave."""

    credential = forms.JSONField(widget=forms.HiddenInput)

    def clean_credential(self) -> dict[str, Any]:
        """An object; what is in it is judged where the key is known."""
        value = self.cleaned_data["credential"]
        if not isinstance(value, dict):
            raise forms.ValidationError("That is not what a browser sends.")
        return value


class NewPasskeyForm(CredentialForm):
    """A passkey to be kept."""

    name = forms.CharField(max_length=60, initial="My passkey", help_text="To tell it from your others.")


class PasskeyNameForm(forms.Form):
    """Another name for a passkey."""

    name = forms.CharField(max_length=60)
