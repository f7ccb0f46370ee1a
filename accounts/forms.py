"""Forms of the profile."""

import zoneinfo

from django import forms
from django.contrib.auth.forms import UserCreationForm

from accounts.models import User
from accounts.names import is_taken


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # takes no parameter at run time
    """The user's own profile."""

    time_zone = forms.ChoiceField(choices=[(name, name) for name in sorted(zoneinfo.available_timezones())])

    class Meta:
        model = User
        fields = ("first_name", "last_name", "email", "time_zone")


class SignUpForm(UserCreationForm):  # type: ignore[type-arg]  # takes no parameter at run time
    """A new account for the holder of an invitation."""

    class Meta:
        model = User
        fields = ("username",)

    def clean_username(self) -> str:
        """Refuses a name that resembles an existing one."""
        username = str(self.cleaned_data["username"])
        if is_taken(username):
            raise forms.ValidationError("That name is taken or too similar to an existing one. Choose another.")
        return username
