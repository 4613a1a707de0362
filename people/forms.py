"""What managers tell about staff, systems and rights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError

from people.models import Client, Grant, Staff

if TYPE_CHECKING:
    StaffModelForm = forms.ModelForm[Staff]
    ClientModelForm = forms.ModelForm[Client]
    GrantModelForm = forms.ModelForm[Grant]
else:
    StaffModelForm = ClientModelForm = GrantModelForm = forms.ModelForm


class StaffForm(StaffModelForm):
    class Meta:
        model = Staff
        fields = ("username", "display_name", "is_active")

    def save(self, commit: bool = True) -> Staff:
        staff = super().save(commit=False)
        if staff.pk is None:
            staff.set_unusable_password()
        if commit:
            staff.save()
        return staff


class ClientForm(ClientModelForm):
    class Meta:
        model = Client
        fields = ("name", "organisation", "active")

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if not name:
            raise ValidationError("Give it a name by which its organisation knows it.")
        return name


class GrantForm(GrantModelForm):
    """A right that was given is only ended: what it was, and since when, stands."""

    class Meta:
        model = Grant
        fields = ("role", "organisation", "from_at", "until_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for name in ("role", "organisation", "from_at"):
                self.fields[name].disabled = True

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if told.get("until_at") and told.get("from_at") and told["until_at"] < told["from_at"]:
            self.add_error("until_at", "It cannot end before it begins.")
        return told
