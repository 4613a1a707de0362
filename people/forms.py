"""What staff tell about staff, and what one tells to come in."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from people.models import Client, Grant, Staff
from people.signin import retry_after_s

if TYPE_CHECKING:
    StaffModelForm = forms.ModelForm[Staff]
    ClientModelForm = forms.ModelForm[Client]
    GrantModelForm = forms.ModelForm[Grant]
else:
    StaffModelForm = ClientModelForm = GrantModelForm = forms.ModelForm


class SignInForm(AdminAuthenticationForm):
    def get_invalid_login_error(self) -> ValidationError:
        wait_s = retry_after_s(self.request) if self.request else None
        if wait_s is None:
            return super().get_invalid_login_error()
        minutes = math.ceil(wait_s / 60)
        return ValidationError(f"Too many tries. Please wait {minutes} minute{'s' if minutes > 1 else ''}.")


class StaffForm(StaffModelForm):
    new_password = forms.CharField(
        label="Password",
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 15 characters. Empty: it stays as it is.",
    )

    class Meta:
        model = Staff
        fields = ("username", "display_name", "is_active")

    def clean_new_password(self) -> str:
        password: str = self.cleaned_data["new_password"]
        if password:
            validate_password(password, self.instance)
        return password

    def save(self, commit: bool = True) -> Staff:
        staff = super().save(commit=False)
        if password := self.cleaned_data["new_password"]:
            staff.set_password(password)
        elif staff.pk is None:
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
