"""Orders as a company's past names them."""

from typing import Any

from django.utils.translation import gettext as _

from core.models import Company
from core.web.subjects import Subject, link


def describe_order(company: Company, order: Any) -> Subject:
    """Name an order by its number, with the way to its guest's orders."""
    url = link("visits:orders", company, order.guest_id) if order.guest_id else ""
    return Subject(_("order %(number)s") % {"number": order.external_id}, url)
