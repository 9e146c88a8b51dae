"""Forms of a company's settings."""

from collections import defaultdict
from typing import Any

import iso4217
import phonenumbers
from django import forms
from django.utils.translation import gettext, gettext_lazy as _

from core import validators
from core.forms.countries import COUNTRIES
from core.forms.meanwhile import OpenedForm
from core.forms.names import NameField
from core.forms.rows import RowsField
from core.models import Company, Membership, Restaurant, Role
from core.phone_rule import read_phone
from core.services import settings as services
from core.texts import isolated
from core.web.controls import PlainControls
from core.web.telephones import telephone

#: Zones that name a place; the rest are other names of the same, kept for old machines.
_AREAS = (
    "Africa", "America", "Antarctica", "Arctic", "Asia",
    "Atlantic", "Australia", "Europe", "Indian", "Pacific",
)  # fmt: skip


def time_zones() -> list[tuple[Any, Any]]:
    """Return every time zone in the groups of a select: by part of the world, then UTC."""
    groups: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name in sorted(validators.time_zones()):
        area, _slash, place = name.partition("/")
        if place and area in _AREAS:
            groups[area].append((name, place.replace("_", " ").replace("/", ", ")))
    return [*((area, groups[area]) for area in _AREAS), ("UTC", "UTC")]


def currencies() -> list[tuple[str, str]]:
    """Return the currencies that are money, by code; gold and the code for tests are not."""
    found = [
        (each.code, f"{each.code} · {each.currency_name}")
        for each in iso4217.Currency
        if each.exponent is not None
    ]
    return sorted(found)


def regions() -> list[tuple[str, str]]:
    """Return the countries that have telephone numbers, by name."""
    found = []
    for code in phonenumbers.SUPPORTED_REGIONS:
        name = COUNTRIES.get(code, code)
        prefix = phonenumbers.country_code_for_region(code)
        found.append((code, f"{name} ({code}, +{prefix})"))
    return sorted(found, key=lambda choice: choice[1])


class CompanyForm(OpenedForm, forms.ModelForm):
    """Name and defaults. Whether the values go together is decided by the service."""

    # Its selects have some eight hundred options.
    default_renderer = PlainControls

    class Meta:
        model = Company
        fields = services.FIELDS
        field_classes = {"name": NameField}
        labels = {
            "region": _("Country of telephones"),
            "phone_check": _("A telephone must be"),
            "default_subscribed": _("New guests are subscribed to e-mails and SMS"),
            "import_preset": _("Imports start from"),
        }
        help_texts = {
            "timezone": _("Days begin and end by it: expiry, birthdays, reports."),
            "region": _("A number without its country is read as one of this country."),
            "phone_check": _("Stricter checks refuse more of what is typed and imported."),
            "default_consent": _("To the processing of personal data, where nobody said."),
            "import_preset": _(
                "“Update” overwrites all but the telephone; “Protect personal data” fills only "
                "what is empty. Each import can choose anew."
            ),
        }
        widgets = {
            "name": forms.TextInput({"autocomplete": "organization", "dir": "auto"}),
            "default_consent": forms.Select(),
        }

    def __init__(self, *args: Any, currency_is_kept: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (
            ("timezone", time_zones()),
            ("currency", currencies()),
            ("region", regions()),
        ):
            model_field = self.fields[name]
            present = getattr(self.instance, name)
            self.fields[name] = forms.ChoiceField(
                label=model_field.label,
                help_text=model_field.help_text,
                choices=_with_present(choices, present),
            )
        self.fields["currency"].disabled = currency_is_kept


def _with_present(choices: list[tuple[Any, Any]], present: str) -> list[tuple[Any, Any]]:
    """A value that is no longer offered must not turn into another by saving the page."""
    flat = {
        key
        for value, label in choices
        for key in ([each[0] for each in label] if isinstance(label, list) else [value])
    }
    return choices if present in flat else [(present, present), *choices]


class RestaurantForm(OpenedForm, forms.ModelForm):
    """A restaurant's name; on its own page also whether it is open."""

    class Meta:
        model = Restaurant
        fields = ["name", "is_active"]
        field_classes = {"name": NameField}
        widgets = {"name": forms.TextInput({"autocomplete": "off", "dir": "auto"})}
        help_texts = {
            "is_active": _("A closed one keeps its orders, and is no longer offered."),
        }

    def validate_unique(self) -> None:
        """The service knows better: it does not mind capitals, and holds a lock."""


class NewRestaurantForm(RestaurantForm):
    class Meta(RestaurantForm.Meta):
        fields = ["name"]


class RoleForm(forms.ModelForm):
    """What a member is, and where."""

    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, widget=forms.RadioSelect)
    restaurants = RowsField(
        label=_("Only these restaurants"),
        queryset=Restaurant.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "None ticked: all of them, also those to come. Guests are the company’s: every member "
            "sees all of them, with what they spent in all restaurants and which balances they "
            "have. Single orders, takings, and credits to give or approve: only those of the "
            "ticked restaurants, on screens and in files alike."
        ),
    )

    class Meta:
        model = Membership
        fields = ["role", "restaurants"]

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.company = company
        field = self.fields["restaurants"]
        assert isinstance(field, RowsField)
        chosen = self.instance.restaurants.all() if self.instance.pk else None
        field.queryset = Restaurant.objects.for_company(company).offered(chosen)


class MemberForm(OpenedForm, RoleForm):
    """Also by which telephone the company knows them, and whether they still belong here."""

    phone = forms.CharField(
        label=_("Telephone"),
        required=False,
        max_length=40,
        widget=forms.TextInput({"type": "tel", "autocomplete": "off", "dir": "ltr"}),
    )

    class Meta(RoleForm.Meta):
        fields = ["role", "restaurants", "phone", "is_active"]
        help_texts = {
            "is_active": _("Unticked, the company is closed to them from their next click.")
        }

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, company=company, **kwargs)
        self.initial["phone"] = telephone(self.instance.phone)
        self.fields["phone"].help_text = gettext(
            "Only %(company)s sees it. Credits by hand that they give to a guest with this number, "
            "or with the one in their own account, are shown as unusual."
        ) % {"company": isolated(company)}

    def clean_phone(self) -> str:
        return read_phone(self.cleaned_data["phone"], regions=[self.company.region])


class InvitationForm(RoleForm):
    """Whom to invite, as what."""

    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "off", "dir": "ltr"}),
    )
    field_order = ["email", "role", "restaurants"]


class SecurityForm(OpenedForm, forms.ModelForm):
    """Whether members must have a second factor."""

    class Meta:
        model = Company
        fields = ["requires_second_factor"]
        labels = {"requires_second_factor": _("Every member needs a second factor")}
        help_texts = {
            "requires_second_factor": _(
                "Whoever has none is led to set it up before anything else of this company opens."
            )
        }
