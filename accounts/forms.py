"""Forms about oneself."""

import zoneinfo

from django import forms
from django.contrib.auth.forms import UserCreationForm

from accounts.models import User
from accounts.names import is_taken


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # takes no parameter at run time
    """What people say about themselves."""

    time_zone = forms.ChoiceField(choices=[(name, name) for name in sorted(zoneinfo.available_timezones())])

    class Meta:
        model = User
        fields = ("first_name", "last_name", "email", "time_zone")


class SignUpForm(UserCreationForm):  # type: ignore[type-arg]  # takes no parameter at run time
    """An account for whoever holds an invitation."""

    class Meta:
        model = User
        fields = ("username",)

    def clean_username(self) -> str:
        """Never one that looks like somebody's."""
        username = str(self.cleaned_data["username"])
        if is_taken(username):
            raise forms.ValidationError("That name is taken, or looks like one that is. Choose another.")
        return username
