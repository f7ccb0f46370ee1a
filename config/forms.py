"""How Django renders forms: with the product's own templates."""

from django.forms.renderers import TemplatesSetting


class FormRenderer(TemplatesSetting):
    """`{{ form }}` and `{{ field.as_field_group }}` in the product's style."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"
