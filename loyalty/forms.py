"""What people may say about programs, and about what they credit and debit."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy as _

from core.forms.meanwhile import OpenedForm
from core.forms.names import NameField
from core.forms.rows import RowsField
from core.models import Company, Restaurant, User
from core.validators import currency as check_currency
from guests.forms.bulk import ConfirmForm
from guests.models import Category
from loyalty.expiry import local_day
from loyalty.models import Program, Reason
from loyalty.money import NotAnAmount, exponent, read_amount
from loyalty.services.ledger import REFUSALS
from loyalty.words import lasts, until


class RestaurantField(forms.ModelChoiceField):
    """One of the restaurants in `offered`, which were read already."""

    offered: Sequence[Restaurant] = ()

    def to_python(self, value: Any) -> Any:
        found = (each for each in self.offered if str(each.pk) == str(value))
        return next(found, None) or super().to_python(value)


class MoveForm(forms.Form):
    """An amount of a program, given (`sign` 1) or taken (-1), with the reason."""

    program = forms.ModelChoiceField(
        label=_("Program"), queryset=Program.objects.none(), empty_label=None
    )
    amount = forms.CharField(
        label=_("Amount"),
        max_length=60,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    restaurant = RestaurantField(
        label=_("Restaurant"),
        queryset=Restaurant.objects.none(),
        empty_label=_("Choose a restaurant"),
    )
    reason = forms.ChoiceField(
        label=_("Reason"), choices=[("", _("Choose a reason")), *Reason.choices]
    )
    comment = forms.CharField(label=_("Comment"), max_length=500, required=False)

    def __init__(self, *args: Any, company: Company, user: User, sign: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.company, self.sign = company, sign
        programs = (
            Program.objects.for_company(company).with_ledger().order_by("-is_default", "name")
        )
        program: Any = self.fields["program"]
        program.queryset = programs.filter(is_active=True) if sign > 0 else programs
        self._offer_restaurants(company, user)

    def _offer_restaurants(self, company: Company, user: User) -> None:
        """A member of some restaurants notes one of these; the only one there is is chosen."""
        field: Any = self.fields["restaurant"]
        found = Restaurant.objects.of_member(company, user).active().order_by("name", "pk")
        field.queryset = found
        field.offered = list(found)
        if len(field.offered) == 1:
            field.initial, field.empty_label = field.offered[0].pk, None
        field.required = bool(field.offered)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        program, text = data.get("program"), data.get("amount")
        if program is not None and self.sign > 0 and not program.gives_on(self._today()):
            self.add_error("program", str(REFUSALS["not_active"]))
            return data
        if program is None or not text:
            return data
        try:
            amount = read_amount(text, program.currency)
        except NotAnAmount as no:
            self.add_error("amount", str(no))
            return data
        if amount <= 0:
            self.add_error("amount", gettext("Write an amount above zero."))
        data["amount"] = amount * self.sign
        return data

    def _today(self) -> date:
        return local_day(self.company, timezone.now())

    @property
    def has_programs(self) -> bool:
        """Whether there is any program to choose."""
        program: Any = self.fields["program"]
        return bool(program.queryset.exists())

    @property
    def reason_in_words(self) -> str:
        """What was chosen, once the form is valid."""
        return str(Reason(self.cleaned_data["reason"]).label)

    def lasts_in_words(self, now: datetime, *, waits: bool) -> str:
        """How long what is given lasts, once the form is valid: to a day that is known unless it
        waits for a second person. "" of what is taken."""
        program = self.cleaned_data["program"]
        if self.sign < 0:
            return ""
        return lasts(program) if waits else until(program, local_day(self.company, now))


class AdjustForm(MoveForm):
    """The same for one guest. `ref` names the click: sent twice, it counts once."""

    ref = forms.CharField(
        widget=forms.HiddenInput, max_length=40, validators=[RegexValidator(r"\A[0-9a-f-]{8,40}\Z")]
    )


class BulkConfirmForm(ConfirmForm):
    """Confirms the set that was shown; what is given to it stands in a MoveForm beside it."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=80, required=False)


class ReverseForm(forms.Form):
    """Takes an entry back; of a credit that is spent already, how.

    `only_way` says the one way in words where there is no other.
    """

    only_way = ""

    shortfall = forms.ChoiceField(
        label=_("What is spent already"), widget=forms.RadioSelect, required=False
    )
    comment = forms.CharField(label=_("Comment"), max_length=500, required=False)

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["shortfall"]
        if not choices:
            del self.fields["shortfall"]
            return
        field.choices, field.required = choices, True
        if len(choices) == 1:
            # Nothing to choose: the page says what there is, and the button does it.
            ((field.initial, self.only_way),) = choices
            field.widget = forms.HiddenInput()
        field.error_messages["required"] = gettext("Choose what happens to what is spent.")


class DeclineForm(forms.Form):
    """Why not: for whoever asked."""

    note = forms.CharField(
        label=_("Why not"), max_length=500, error_messages={"required": _("Say why not.")}
    )


class ProgramForm(OpenedForm, forms.ModelForm):
    """A program; services say what cannot be (loyalty.services.programs)."""

    adjustment_limit = forms.CharField(
        label=_("Limit of credits and debits by hand"),
        max_length=60,
        required=False,
        help_text=_(
            "Above it a second person approves; in the program's own unit. Empty: the limit of the "
            "company's rules for balances."
        ),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )

    categories = RowsField(
        label=_("Categories"),
        queryset=Category.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Program
        fields = [
            "name", "code", "kind", "currency", "percentage", "is_default", "active_from",
            "active_to", "expiry", "expiry_days", "audience",
        ]  # fmt: skip
        field_classes = {"name": NameField}
        error_messages = {
            "code": {
                "invalid": _(
                    "Write it in letters from A to Z, figures, dots, dashes and underscores, with "
                    "a letter or figure first."
                )
            }
        }
        widgets = {
            "active_from": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "active_to": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }

    def __init__(
        self, *args: Any, company: Company, user: User, fixed: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fixed = fixed
        keep_limit(self, user, company)
        categories: Any = self.fields["categories"]
        categories.queryset = Category.objects.for_company(company).order_by("name", "pk")
        if not categories.queryset:
            categories.widget = forms.MultipleHiddenInput()
        self.fields["percentage"].help_text = gettext("Of a discount only.")
        self.fields["expiry_days"].help_text = gettext("Where a credit lasts a number of days.")
        self.fields["categories"].help_text = gettext("Where it is for guests of some categories.")
        # The instance is not cleaned here: what the model says of a code is asked of the field.
        spelling = Program._meta.get_field("code").validators
        self.fields["code"].validators += [v for v in spelling if isinstance(v, RegexValidator)]
        for name in ("kind", "currency"):
            self.fields[name].disabled = fixed
        limit = self.instance.adjustment_limit
        self.initial["adjustment_limit"] = "" if limit is None else f"{limit.normalize():f}"
        if self.instance.pk:
            self.initial["categories"] = list(self.instance.categories.values_list("pk", flat=True))

    def clean_currency(self) -> str:
        code: str = self.cleaned_data["currency"].upper()
        check_currency(code)
        return code

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        currency = data.get("currency")
        text = data.get("adjustment_limit", "")
        if currency is not None:
            try:
                data["adjustment_limit"] = read_limit(text, currency)
            except forms.ValidationError as no:
                self.add_error("adjustment_limit", no)
        return data

    def _post_clean(self) -> None:
        """Leave the instance as it is: the service checks and writes."""


class TermsForm(OpenedForm, forms.Form):
    """The company's rules for money."""

    grace_days = forms.IntegerField(
        label=_("Days of grace"),
        min_value=0,
        max_value=3_650,
        help_text=_("How long a credit lasts that comes back after its own last day."),
    )
    adjustment_limit = forms.CharField(
        label=_("Limit of credits and debits by hand"),
        max_length=60,
        required=False,
        help_text=_(
            "Above it a second person approves. The number counts in each program's own unit, "
            "whatever its currency: a program can have a limit of its own instead. What takes an "
            "entry back counts like what gives it. Empty: no limit."
        ),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, company: Company, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.company = company
        keep_limit(self, user, company)

    def clean_adjustment_limit(self) -> Decimal | None:
        return read_limit(self.cleaned_data["adjustment_limit"], self.company.currency)


def keep_limit(form: forms.BaseForm, user: User, company: Company) -> None:
    """Leave the limit as it is unless the user may approve what is above it.

    Whoever it holds would lift it otherwise, and need nobody.
    """
    field = form.fields["adjustment_limit"]
    if not user.has_perm("loyalty.approve_adjustment", company):
        field.disabled = True
        only = gettext("Only those who may approve change it.")
        field.help_text = f"{field.help_text} {only}"


def read_limit(text: str, currency: str) -> Decimal | None:
    """Return a limit that was typed; None of nothing. Raises forms.ValidationError."""
    if not text.strip():
        return None
    try:
        limit = read_amount(text, currency)
    except NotAnAmount as no:
        raise forms.ValidationError(str(no)) from no
    if limit < 0:
        raise forms.ValidationError(_("A limit is not below zero."))
    return limit


def plain(amount: Decimal, program: Program) -> str:
    """Return an amount as a field shows it: with the currency's decimals, where it needs them."""
    whole = amount == amount.to_integral_value()
    return f"{amount:.{0 if whole else exponent(program.currency)}f}"
