"""The fields of a guest's record that do not repeat."""

import json
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy

from core.models import Company
from core.models.companies import Consent
from core.web.controls import PlainControls
from guests import normalize
from guests.forms import referrers
from guests.forms.fields import (
    RuleField,
    day_field,
    id_field,
    name_field,
    plain,
    read_link,
    text_field,
)
from guests.models import Category, Guest, MemberTier
from guests.models.guests import Sex
from guests.services.claims import kept_guest

COMMENT = 5_000
#: What a Draft calls the fields that point at another row.
_KEYS = {"referrer": "referrer_id", "member_tier": "member_tier_id"}


class KnownCategories(forms.TypedMultipleChoiceField):
    """Categories, of which one that was deleted meanwhile is left out without a word."""

    widget = forms.CheckboxSelectMultiple

    def to_python(self, value: Any) -> list[str]:
        return [each for each in super().to_python(value) if self.valid_value(each)]


class PersonForm(forms.Form):
    """A guest's own fields; `guest` is None for one to be. `today` is a day of the company's."""

    default_renderer = PlainControls

    phone = RuleField(
        label=gettext_lazy("Telephone"),
        required=True,
        error_messages={"required": gettext_lazy("Enter a telephone number: it finds the guest.")},
        widget=plain(inputmode="tel", spellcheck="false", dir="ltr"),
    )
    email = RuleField(
        normalize.email,
        label=gettext_lazy("E-mail"),
        widget=plain(inputmode="email", spellcheck="false", dir="ltr"),
    )
    last_name = name_field(gettext_lazy("Last name"))
    first_name = name_field(gettext_lazy("First name"))
    middle_name = name_field(gettext_lazy("Middle name"))
    birthday = day_field(gettext_lazy("Date of birth"))
    sex = forms.ChoiceField(
        label=gettext_lazy("Sex"),
        required=False,
        choices=[("", gettext_lazy("Not known")), *Sex.choices],
    )
    employee_id = id_field(
        gettext_lazy("Employee ID"), 64, help_text=gettext_lazy("For corporate catering reports.")
    )
    member_number = id_field(gettext_lazy("Member number"), 64, blank=None)
    member_tier = forms.TypedChoiceField(
        label=gettext_lazy("Member tier"), required=False, coerce=int, empty_value=None
    )
    image_url = RuleField(
        read_link,
        label=gettext_lazy("Image address"),
        help_text=gettext_lazy("Kept as a link. Regulars never loads it."),
        widget=plain(inputmode="url", spellcheck="false", dir="ltr"),
    )
    consent = forms.ChoiceField(
        label=gettext_lazy("Consent to personal data processing"), choices=Consent.choices
    )
    consent_details = text_field(
        gettext_lazy("Consent details"),
        500,
        help_text=gettext_lazy("The form, contract or place where it was given."),
        widget=plain(),
    )
    consent_date = day_field(gettext_lazy("Consent date"))
    referrer = forms.CharField(
        label=gettext_lazy("Referrer"),
        required=False,
        help_text=gettext_lazy("Who brought this guest: a telephone or a name."),
        widget=plain(spellcheck="false"),
    )
    comment = text_field(
        gettext_lazy("Comment"),
        COMMENT,
        help_text=gettext_lazy("The permanent note, for everybody who opens the record."),
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
    )
    categories = KnownCategories(
        label=gettext_lazy("Categories"), required=False, coerce=int, empty_value=[]
    )
    subscribed = forms.BooleanField(
        label=gettext_lazy("Subscribed to e-mails and SMS"), required=False
    )
    is_active = forms.BooleanField(
        label=gettext_lazy("Active"),
        required=False,
        help_text=gettext_lazy("Untick to delete the guest; tick to restore. Nothing is lost."),
    )

    def __init__(
        self,
        *args: Any,
        company: Company,
        guest: Guest | None,
        today: date,
        shown_phone: str,
        may_activate: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.company = company
        self.guest = guest
        self.offered: list[str] = []
        """Whom the text of the referrer may mean, when that is more than one."""
        self._rule("phone", partial(_phone, company, guest, shown_phone))
        self._rule("birthday", partial(normalize.birthday, order="dmy", today=today))
        self.fields["birthday"].widget.attrs["max"] = today.isoformat()
        self.fields["referrer"].widget.attrs |= _lookup(company, guest)
        self.offer_tiers()
        self._offer("categories", _categories(company))
        if guest is None or not may_activate:
            del self.fields["is_active"]

    def clean_referrer(self) -> int | None:
        text = self.cleaned_data["referrer"]
        if not text:
            return None
        before = self.guest.referrer if self.guest else None
        if self.guest and before and text == referrers.label_of(before):
            return before.pk
        found = referrers.found(self.company, text, own=self.guest.pk if self.guest else None)
        if len(found) == 1:
            return self._led_on(found[0])
        if not found:
            raise forms.ValidationError(_("Nobody is found by “%(text)s”.") % {"text": text})
        self.offered = [referrers.label_of(guest) for guest in found[: referrers.OFFERED]]
        raise forms.ValidationError(_("Several guests match. Choose one, or write more."))

    def values(self) -> dict[str, Any]:
        """Return the values of a valid form by the guest's own fields."""
        cleaned = {name: each for name, each in self.cleaned_data.items() if name != "categories"}
        return {_KEYS.get(name, name): value for name, value in cleaned.items()}

    def offer_tiers(self) -> None:
        """Offer the tiers that there are now."""
        self._offer("member_tier", [("", _("None")), *_tiers(self.company)])

    def _led_on(self, guest: Guest) -> int:
        kept = kept_guest(self.company, guest)
        if self.guest and kept.pk == self.guest.pk:
            raise forms.ValidationError(_("A guest cannot be their own referrer."))
        return kept.pk

    def _rule(self, name: str, rule: Callable[[str], Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, RuleField)
        field.rule = rule

    def _offer(self, name: str, choices: Sequence[tuple[Any, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices


def _phone(company: Company, guest: Guest | None, shown: str, text: str) -> str:
    """Read a telephone as the company wants them. One that nobody touched is not judged anew."""
    if guest and guest.phone and text == shown:
        return guest.phone
    return normalize.phone(text, region=company.region, check=company.phone_check)  # type: ignore[arg-type]


def _lookup(company: Company, guest: Guest | None) -> dict[str, str]:
    """Return what makes an input offer guests while one types, where there is script."""
    return {
        "hx-get": reverse("guests:referrers", args=[company.slug]),
        "hx-trigger": "input changed delay:200ms",
        "hx-target": "#referrer-offers",
        "hx-sync": "this:replace",
        "hx-vals": json.dumps({"own": guest.pk if guest else ""}),
    }


def _tiers(company: Company) -> list[tuple[int, str]]:
    tiers = MemberTier.objects.for_company(company).order_by("rank", "name", "pk")
    return [(tier.pk, tier.name) for tier in tiers]


def _categories(company: Company) -> list[tuple[str, Category]]:
    """Return the choices; each label is the category itself, for its colour."""
    categories = Category.objects.for_company(company).order_by("name", "pk")
    return [(str(category.pk), category) for category in categories]
