"""What people send to the family site."""

from django import forms
from django.conf import settings


class CodeForm(forms.Form):
    # Not even a null byte is an error here: what is malformed is not told from what is unknown.
    receipt_code = forms.Field(required=False)
    language = forms.ChoiceField(choices=settings.LANGUAGES, required=False)
