"""Where the filters of the list stand that are not always in sight."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

#: The drawers of those filters that are not always in sight.
GROUPS: Mapping[str, tuple[Any, tuple[str, ...]]] = {
    "person": (
        _("Person"),
        ("birthday", "birthday_from", "birthday_to", "age_from", "age_to", "sex", "has_email"),
    ),
    "visits": (
        _("Visits"),
        ("visited", "orders_from", "orders_to", "total_from", "total_to", "average_from",
         "average_to"),
    ),
    "loyalty": (
        _("Loyalty"),
        ("balance_from", "balance_to", "expiring_days", "has_card", "not_category"),
    ),
    "record": (
        _("Record"),
        ("registered_from", "registered_to", "subscribed", "consent", "employee_id",
         "from_import"),
    ),
}  # fmt: skip
