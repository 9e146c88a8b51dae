"""What the list of guests is narrowed down by. Bulk changes and exports take the same."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache, cached_property
from typing import Any, cast
from zoneinfo import ZoneInfo

import django_filters as filters
from django import forms
from django.utils.translation import gettext_lazy as _

from core.models import Company, Restaurant, User
from core.models.companies import Consent
from guests.filters.choices import NONE, choices_of, chosen
from guests.filters.conditions import GuestFilterForm
from guests.filters.fields import (
    AmountFilter,
    DayFilter,
    DayOfYearFilter,
    RowsFilter,
    SharedFields,
    WholeFilter,
    YesNoFilter,
    shared,
)
from guests.filters.groups import GROUPS
from guests.filters.words import Description, descriptions
from guests.models import Category, Guest, MemberTier, Sex
from guests.querysets import GuestQuerySet
from imports.models import ImportJob, ImportRow
from loyalty.models import Program
from loyalty.querysets import losing_within, owning, taking_part
from visits.models import Order

__all__ = ["GROUPS", "Description", "GuestFilter"]

_BIRTHDAYS = {"today": _("Today"), "week": _("In the next 7 days")}


class GuestFilter(filters.FilterSet):
    """Guests of a company by what the list can be asked for; active ones unless `inactive` is on.

    Days are days of the company's time zone. `qs` has no order; it is empty while the form has
    errors, so that nothing is done to guests whom nobody meant.
    """

    q = filters.CharFilter(
        label=_("Search"),
        method="by_search",
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    category = RowsFilter(
        label=_("Category"), method="in_category", null_label=_("No category"), null_value=NONE,
        queryset=Category.objects.none(),
    )  # fmt: skip
    not_category = RowsFilter(
        label=_("Not in category"), method="not_in_category", queryset=Category.objects.none(),
    )  # fmt: skip
    tier = RowsFilter(
        label=_("Member tier"), method="in_tier", null_label=_("No tier"), null_value=NONE,
        queryset=MemberTier.objects.none(),
    )  # fmt: skip

    program = filters.ModelChoiceFilter(
        label=_("Program"), method="in_program", empty_label=_("Any"),
        queryset=Program.objects.none(),
    )  # fmt: skip
    restaurant = RowsFilter(
        label=_("Visited restaurant"), method="in_restaurant",
        queryset=Restaurant.objects.none(),
    )  # fmt: skip

    birthday = filters.ChoiceFilter(
        label=_("Birthday is"), choices=list(_BIRTHDAYS.items()), method="birthday_soon",
        empty_label=_("Any day"),
    )  # fmt: skip
    birthday_from = DayOfYearFilter(label=_("Birthday from"), method="ignored")
    birthday_to = DayOfYearFilter(label=_("Birthday to"), method="ignored")
    age_from = WholeFilter(label=_("Age from"), max_value=150, method="at_least_aged")
    age_to = WholeFilter(label=_("Age to"), max_value=150, method="at_most_aged")
    sex = filters.MultipleChoiceFilter(
        "sex", label=_("Sex"), choices=[*Sex.choices, (NONE, _("Not known"))], method="of_sex",
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    has_email = YesNoFilter(label=_("Has an e-mail address"), method="with_email")

    last_visit_from = DayFilter("last_visit_at", label=_("Last visit from"), method="from_day")
    last_visit_to = DayFilter("last_visit_at", label=_("Last visit to"), method="to_day")
    not_visited_days = WholeFilter(
        label=_("Not visited for (days)"), min_value=1, max_value=36_500, method="not_visited",
        help_text=_("Those who have been, but not lately. Who never came is a filter of its own."),
    )  # fmt: skip
    visited = YesNoFilter(label=_("Has ever visited"), method="ever_visited")
    orders_from = WholeFilter("orders_count", label=_("Orders from"), method="at_least")
    orders_to = WholeFilter(label=_("Orders to"), method="up_to_orders")
    total_from = AmountFilter("total", label=_("Total from"), method="at_least")
    total_to = AmountFilter(label=_("Total to"), method="up_to_total")
    average_from = AmountFilter("average_bill", label=_("Average bill from"), method="at_least")
    average_to = AmountFilter("average_bill", label=_("Average bill to"), method="at_most")

    balance_from = AmountFilter(label=_("Balance from"), method="ignored")
    balance_to = AmountFilter(label=_("Balance to"), method="ignored")
    expiring_days = WholeFilter(
        label=_("Credits expire within (days)"), min_value=1, max_value=3_660, method="ignored"
    )
    has_card = YesNoFilter(label=_("Has a card"), method="with_card")
    registered_from = DayFilter("registered_at", label=_("Registered from"), method="from_day")
    registered_to = DayFilter("registered_at", label=_("Registered to"), method="to_day")
    subscribed = YesNoFilter("subscribed", label=_("Subscribed to e-mails and SMS"))
    consent = filters.MultipleChoiceFilter(
        "consent", label=_("Consent"), choices=Consent.choices, distinct=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    employee_id = filters.CharFilter(
        label=_("Employee ID"), max_length=64, method="with_employee_id"
    )
    from_import = WholeFilter(label=_("Came from import no."), min_value=1, method="of_import")
    inactive = filters.Filter(label=_("Show inactive"), method="ignored")
    inactive.field_class = forms.BooleanField

    class Meta:
        model = Guest
        fields: list[str] = []
        form = GuestFilterForm

    def __init__(
        self, data: Any, *, company: Company, today: date, seen_by: User | None = None
    ) -> None:
        """`seen_by`: who may choose from no other restaurants than those they are for."""
        super().__init__(data, queryset=Guest.objects.for_company(company))
        self.company, self.today, self._seen_by = company, today, seen_by
        self._zone = ZoneInfo(company.timezone)

    @cached_property
    def form(self) -> GuestFilterForm:
        """The form behind the filters. Its class is made once, not for each request."""
        form = _form_class()(self.data)
        for name, rows in choices_of(self.company, self._seen_by).items():
            field: Any = form.fields[name]
            field.queryset = rows
        return form

    @property
    def chosen_program(self) -> Program | None:
        """The program that was asked for: while there is one, the list shows its balances."""
        return self.form.cleaned_data["program"] if self.is_valid() else None

    @property
    def is_on(self) -> bool:
        """Whether anything at all is asked for."""
        return bool(self.descriptions())

    @property
    def narrows(self) -> bool:
        """Whether anything is asked for that leaves guests out; else the list is everybody."""
        return any("inactive" not in found.names for found in self.descriptions())

    def descriptions(self) -> list[Description]:
        """Say every filter that is on in words."""
        return descriptions(self.form) if self.is_valid() else []

    def filter_queryset(self, queryset: GuestQuerySet) -> GuestQuerySet:
        if self.errors:
            return queryset.none()
        values = self.form.cleaned_data
        queryset = queryset.listed(inactive=bool(values["inactive"]))
        first, last = values["birthday_from"], values["birthday_to"]
        if first or last:
            queryset = queryset.birthday_between(first or 101, last or 1231)
        return self._by_balance(super().filter_queryset(queryset), values)

    def _by_balance(self, guests: GuestQuerySet, values: Mapping[str, Any]) -> GuestQuerySet:
        program, days = values["program"], values["expiring_days"]
        if program is None:
            return guests
        guests = owning(
            guests, program, at_least=values["balance_from"], at_most=values["balance_to"]
        )
        return losing_within(guests, program, days, today=self.today) if days else guests

    # -- What the filters mean. Each gets the queryset, its field's name and the value.

    def ignored(self, guests: GuestQuerySet, field: str, value: Any) -> GuestQuerySet:
        """Take no part: the value is looked at together with others, in filter_queryset."""
        return guests

    def by_search(self, guests: GuestQuerySet, field: str, value: str) -> GuestQuerySet:
        return guests.search(value, self.company)

    def in_category(self, guests: GuestQuerySet, field: str, value: Any) -> GuestQuerySet:
        ids, none = chosen(value)
        return guests.in_categories(ids, or_none=none) if ids or none else guests

    def not_in_category(self, guests: GuestQuerySet, field: str, value: Any) -> GuestQuerySet:
        ids, _none = chosen(value)
        return guests.not_in_categories(ids) if ids else guests

    def in_tier(self, guests: GuestQuerySet, field: str, value: Any) -> GuestQuerySet:
        ids, none = chosen(value)
        return guests.in_tiers(ids, or_none=none) if ids or none else guests

    def in_program(self, guests: GuestQuerySet, field: str, value: Program) -> GuestQuerySet:
        return taking_part(guests, value)

    def in_restaurant(self, guests: GuestQuerySet, field: str, value: Any) -> GuestQuerySet:
        ids, _none = chosen(value)
        if not ids:
            return guests
        orders = Order.objects.for_company(self.company).in_restaurants(ids)
        return guests.among(orders.visits(), within=orders)

    def birthday_soon(self, guests: GuestQuerySet, field: str, value: str) -> GuestQuerySet:
        return guests.birthday_within(self.today, 1 if value == "today" else 7)

    def at_least_aged(self, guests: GuestQuerySet, field: str, value: int) -> GuestQuerySet:
        return guests.aged(at_least=value, today=self.today)

    def at_most_aged(self, guests: GuestQuerySet, field: str, value: int) -> GuestQuerySet:
        return guests.aged(at_most=value, today=self.today)

    def of_sex(self, guests: GuestQuerySet, field: str, value: list[str]) -> GuestQuerySet:
        return guests.of_sexes(["" if sex == NONE else sex for sex in value])

    def with_email(self, guests: GuestQuerySet, field: str, value: bool) -> GuestQuerySet:
        return guests.with_email(value)

    def with_card(self, guests: GuestQuerySet, field: str, value: bool) -> GuestQuerySet:
        return guests.with_card(value)

    def with_employee_id(self, guests: GuestQuerySet, field: str, value: str) -> GuestQuerySet:
        return guests.with_employee_id(value)

    def at_least(self, guests: GuestQuerySet, field: str, value: Any) -> GuestQuerySet:
        return guests.by_index(**{f"{field}__gte": value})

    def at_most(self, guests: GuestQuerySet, field: str, value: Any) -> GuestQuerySet:
        return guests.by_index(**{f"{field}__lte": value})

    def from_day(self, guests: GuestQuerySet, field: str, value: date) -> GuestQuerySet:
        return guests.by_index(**{f"{field}__gte": self._start(value)})

    def to_day(self, guests: GuestQuerySet, field: str, value: date) -> GuestQuerySet:
        return guests.by_index(**{f"{field}__lt": self._start(value + timedelta(days=1))})

    def not_visited(self, guests: GuestQuerySet, field: str, value: int) -> GuestQuerySet:
        """A guest who was here 90 days ago today has not visited for 90 days."""
        return guests.not_seen_since(self._start(self.today - timedelta(days=value - 1)))

    def up_to_orders(self, guests: GuestQuerySet, field: str, value: int) -> GuestQuerySet:
        return guests.with_orders_up_to(value)

    def up_to_total(self, guests: GuestQuerySet, field: str, value: Decimal) -> GuestQuerySet:
        return guests.with_total_up_to(value)

    def ever_visited(self, guests: GuestQuerySet, field: str, value: bool) -> GuestQuerySet:
        return guests.filter(last_visit_at__isnull=not value)

    def of_import(self, guests: GuestQuerySet, field: str, value: int) -> GuestQuerySet:
        """Guests whom the company's import of this number created or updated."""
        job = ImportJob.objects.for_company(self.company).filter(number=value).first()
        if job is None:
            return guests.none()
        written = [ImportRow.Outcome.CREATED, ImportRow.Outcome.UPDATED]
        return guests.among(ImportRow.objects.filter(job=job, outcome__in=written))

    def _start(self, day: date) -> datetime:
        return datetime.combine(day, time.min, self._zone)


# Forty filters are copied for each list; what is in them stays as it is, but for the two ends that
# a filter with a method knows each other by.
GuestFilter.base_filters = shared(GuestFilter.base_filters)


@cache
def _form_class() -> type[GuestFilterForm]:
    empty = filters.FilterSet.__new__(GuestFilter)
    filters.FilterSet.__init__(empty, None, queryset=Guest.objects.none())
    made: Any = empty.get_form_class()
    made.base_fields = SharedFields(made.base_fields)
    return cast(type[GuestFilterForm], made)
