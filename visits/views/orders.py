"""What one guest ordered."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.formats import number_format
from django.utils.translation import ngettext

from core.models import Company, Restaurant
from core.web.access import CompanyRequest
from guests.models import Guest
from guests.web.record import guest_view, record_context
from visits.models import Order
from visits.paging import page_of


@guest_view("visits.view_order")
def orders(request: CompanyRequest, company: Company, guest: Guest) -> HttpResponse:
    """Show the guest's orders, newest first."""
    page = page_of(Order.objects.for_company(company).of_guest(guest), request.GET)
    names = dict(Restaurant.objects.for_company(company).values_list("pk", "name"))
    rows = [{"order": order, "restaurant": names.get(order.restaurant_id)} for order in page.rows]
    context = {
        **record_context(request, company, guest, tab="orders"),
        "rows": rows,
        "pager": {**page.links, "label": _label(guest.orders_count)},
    }
    return render(request, "visits/orders.html", context)


def _label(count: int) -> str:
    shown = {"n": number_format(count, force_grouping=True)}
    return ngettext("%(n)s order", "%(n)s orders", count) % shown
