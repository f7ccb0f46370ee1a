"""Forms for second factors and passkeys."""

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
    """The user's password, to confirm."""

    password = forms.CharField(
        max_length=4096, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class CredentialForm(forms.Form):
    """The answer of the browser's passkey dialog."""

    credential = forms.JSONField(widget=forms.HiddenInput)

    def clean_credential(self) -> dict[str, Any]:
        """Must be an object; its content is verified with the key."""
        value = self.cleaned_data["credential"]
        if not isinstance(value, dict):
            raise forms.ValidationError("The browser's response is malformed. Try again.")
        return value


class NewPasskeyForm(CredentialForm):
    """A new passkey."""

    name = forms.CharField(max_length=60, initial="My passkey", help_text="To tell your passkeys apart.")


class PasskeyNameForm(forms.Form):
    """A passkey's new name."""

    name = forms.CharField(max_length=60)
