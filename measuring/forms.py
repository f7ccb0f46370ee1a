"""Forms of the pages of figures."""

from django import forms


class CertificateForm(forms.Form):
    """How many wrong labels somebody could live with."""

    wrong = forms.FloatField(
        label="Max error rate (%)",
        min_value=0.1,
        max_value=50,
        initial=2,
        help_text="Each run is a statistical test: run it once, when the checks are done.",
        widget=forms.NumberInput(attrs={"step": "0.1", "size": 4}),
    )

    @property
    def target(self) -> float:
        """The accuracy that is asked for."""
        return 1 - float(self.cleaned_data["wrong"]) / 100
