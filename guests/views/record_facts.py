"""A guest's record as text, for who may look at it and not change it."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from core.models import Company
from guests.forms.meanwhile import shown
from guests.forms.record import RecordForm
from guests.models import Guest

#: Said in the head and beside the record.
_ELSEWHERE = {"is_active", "categories", "member_tier", "comment"}


@dataclass(frozen=True)
class Fact:
    """One field with its value; `outside`: its link leads out of Regulars."""

    label: str
    value: str
    url: str = ""
    outside: bool = False


def facts_of(company: Company, guest: Guest, form: RecordForm) -> list[Fact]:
    """Return what the form would show, field by field, without what is empty."""
    links = {"image_url": guest.image_url}
    if guest.phone:
        links["phone"] = f"tel:{guest.phone}"
    if guest.email:
        links["email"] = f"mailto:{guest.email}"
    if guest.referrer:
        links["referrer"] = reverse("guests:record", args=[company.slug, guest.referrer.pk])
    found = [
        Fact(str(field.label), value, links.get(name, ""), outside=name == "image_url")
        for name, field in form.person.fields.items()
        if name not in _ELSEWHERE and (value := shown(form.person, name, form.state[name]))
    ]
    lists = {"cards": _("Cards"), "external_ids": _("External IDs")}
    found += [
        Fact(label, value)
        for name, label in lists.items()
        if (value := shown(form.person, name, form.state[name]))
    ]
    return found
