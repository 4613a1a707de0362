"""What one tells to come in, and to choose a password."""

from __future__ import annotations

import math
from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from people.models import Staff
from people.signin.passwords import retry_after_s


class SignInForm(AdminAuthenticationForm):
    def get_invalid_login_error(self) -> ValidationError:
        wait_s = retry_after_s(self.request) if self.request else None
        if wait_s is None:
            return super().get_invalid_login_error()
        minutes = math.ceil(wait_s / 60)
        return ValidationError(f"Too many tries. Please wait {minutes} minute{'s' if minutes > 1 else ''}.")


def _password(label: str, autocomplete: str, help_text: str = "") -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, strip=False, widget=widget, help_text=help_text)


class NewPasswordForm(forms.Form):
    """A new password, twice."""

    password = _password(
        "New password",
        "new-password",
        "At least 15 characters; four or five words that go nowhere together are good.",
    )
    password_again = _password("The same again", "new-password")

    def __init__(self, staff: Staff, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.staff = staff

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        password = told.get("password")
        if password and "password_again" in told and password != told["password_again"]:
            self.add_error("password_again", "The two are not the same.")
        if password:
            try:
                validate_password(password, self.staff)
            except ValidationError as error:
                self.add_error("password", error)
        return told


class ChangePasswordForm(NewPasswordForm):
    """A new password for whoever knows the old one, where there is one (ASVS 5.0 6.2.3)."""

    old_password = _password("The password until now", "current-password")
    field_order = ("old_password", "password", "password_again")

    def __init__(self, staff: Staff, *args: Any, **kwargs: Any) -> None:
        super().__init__(staff, *args, **kwargs)
        if not staff.has_usable_password():
            del self.fields["old_password"]
