"""What managers tell about staff, systems and rights."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError

from people.models import Client, Grant, Role, Staff

if TYPE_CHECKING:
    StaffModelForm = forms.ModelForm[Staff]
    ClientModelForm = forms.ModelForm[Client]
    GrantModelForm = forms.ModelForm[Grant]
    RightsModelFormSet = forms.BaseInlineFormSet[Grant, Staff, GrantModelForm]
else:
    StaffModelForm = ClientModelForm = GrantModelForm = forms.ModelForm
    RightsModelFormSet = forms.BaseInlineFormSet

# A role, from when, until when.
Right = tuple[str, datetime, datetime | None]


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
        fields = ("name", "organisation", "active", "people_an_hour")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "people_an_hour" in self.fields:
            self.fields["people_an_hour"].required = False

    def clean_people_an_hour(self) -> int:
        """Left empty it stays as it is, and fifty at first."""
        told: int | None = self.cleaned_data["people_an_hour"]
        return self.instance.people_an_hour if told is None else told

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


class RightsFormSet(RightsModelFormSet):
    """Rights of one member of staff or one system."""

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        if any(_has_no_manager(form.cleaned_data) for form in self.extra_forms if form.has_changed()):
            raise ValidationError(
                "Nobody manages this office yet: give it a manager first, who gives its other rights."
            )
        if not isinstance(self.instance, Staff):
            return
        if _manages_and_more(self.instance, [form.cleaned_data for form in self.forms if form.has_changed()]):
            raise ValidationError(
                "Who manages users sees no people: a manager holds no other role, in any office. "
                "End the other right first."
            )


def _has_no_manager(told: dict[str, Any]) -> bool:
    """Whether a right would be given for an office that is looked after by whoever comes."""
    if not told.get("organisation") or told.get("role") == Role.MANAGER:
        return False
    managers = Grant.objects.current().filter(organisation=told["organisation"], role=Role.MANAGER)
    return not managers.exists()


def _manages_and_more(staff: Staff, told: list[dict[str, Any]]) -> bool:
    """Whether two rights would exclude each other; the database refuses them too."""
    ended = {row["id"].pk for row in told if row.get("id") and row.get("until_at")}
    kept = Grant.objects.none()
    if staff.pk:
        kept = staff.grants.not_ended().exclude(pk__in=ended)
    rights = [(grant.role, grant.from_at, grant.until_at) for grant in kept]
    rights += [
        (row["role"], row["from_at"], row["until_at"])
        for row in told
        if row.get("role") and row.get("from_at")
    ]
    managing = [each for each in rights if each[0] == Role.MANAGER]
    others = [each for each in rights if each[0] != Role.MANAGER]
    return any(_overlap(one, other) for one in managing for other in others)


def _overlap(one: Right, other: Right) -> bool:
    (_, begins, ends), (_, began, ended) = one, other
    return (ended is None or begins < ended) and (ends is None or began < ends)
