"""Forms of the figures pages."""

from django import forms


class CertificateForm(forms.Form):
    """The maximum error rate."""

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
        """The target accuracy."""
        return 1 - float(self.cleaned_data["wrong"]) / 100
