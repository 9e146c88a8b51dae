"""Forms of the settings about guests: categories and member tiers."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms.meanwhile import OpenedForm
from core.forms.names import NameField
from core.forms.rows import RowsField
from core.models import Company, Restaurant
from guests.models import Category, MemberTier


class CategoryForm(OpenedForm, forms.ModelForm):
    """A category. That no other has the name is decided by the service, under its lock."""

    class Meta:
        model = Category
        fields = ["name", "colour", "is_default"]
        field_classes = {"name": NameField}
        labels = {"is_default": _("For new guests")}
        help_texts = {"is_default": _("Ticked when a guest is created, and by imports.")}
        widgets = {
            "name": forms.TextInput({"autocomplete": "off", "dir": "auto"}),
            "colour": forms.RadioSelect,
        }

    def validate_unique(self) -> None:
        """See the class."""


class TierForm(OpenedForm, forms.ModelForm):
    """A member tier. That no other has the name is decided by the service, under its lock."""

    restaurants = RowsField(
        label=_("Counts in"),
        queryset=Restaurant.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: everywhere."),
    )

    class Meta:
        model = MemberTier
        fields = ["name", "rank", "is_vip", "priority_minutes", "restaurants"]
        field_classes = {"name": NameField}
        help_texts = {
            "rank": _("The higher, the better: it is the order of lists."),
            "is_vip": _("Hosts see the badge."),
            "priority_minutes": _("So much earlier than others on the waitlist."),
        }
        widgets = {"name": forms.TextInput({"autocomplete": "off", "dir": "auto"})}

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["restaurants"]
        assert isinstance(field, RowsField)
        chosen = self.instance.restaurants.all() if self.instance.pk else None
        field.queryset = Restaurant.objects.for_company(company).offered(chosen)
        if not field.queryset:
            del self.fields["restaurants"]
        for name in ("rank", "priority_minutes"):
            # 32767 is all that the column holds; a day is all that makes sense.
            self.fields[name] = forms.IntegerField(
                label=self.fields[name].label,
                help_text=self.fields[name].help_text,
                initial=0,
                min_value=0,
                max_value=1440,
            )

    def validate_unique(self) -> None:
        """See the class."""
