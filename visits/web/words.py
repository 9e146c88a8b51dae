"""Orders as a company's past names them."""

from collections.abc import Collection, Iterable
from typing import Any

from django.utils.translation import gettext as _

from core.models import Company, Restaurant, User
from core.web.subjects import Subject, link


def names(restaurants: Iterable[Restaurant]) -> str:
    """Return the names of restaurants, with commas."""
    return ", ".join(each.name for each in restaurants)


def describe_order(company: Company, order: Any) -> Subject:
    """Name an order by its number, with the way to its guest's orders."""
    url = link("visits:orders", company, order.guest_id) if order.guest_id else ""
    return Subject(_("order %(number)s") % {"number": order.external_id}, url)


def orders_elsewhere(company: Company, user: User, orders: Collection[Any]) -> list[int]:
    """Return those of the orders that are of a restaurant which a member of others is not for."""
    own = set(Restaurant.objects.limiting(company, user).values_list("pk", flat=True))
    return [order.pk for order in orders if own and order.restaurant_id not in own]
