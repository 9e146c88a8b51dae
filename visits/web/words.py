"""Orders as a company's past names them."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from core.models import Company, Restaurant
from core.web.subjects import Subject, link


def names(restaurants: Iterable[Restaurant]) -> str:
    """Return the names of restaurants, with commas."""
    return ", ".join(each.name for each in restaurants)


def describe_order(company: Company, order: Any) -> Subject:
    """Name an order by its number, with the way to its guest's orders."""
    url = link("visits:orders", company, order.guest_id) if order.guest_id else ""
    return Subject(_("order %(number)s") % {"number": order.external_id}, url)
