"""What one guest ordered."""

from collections.abc import Collection

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _, ngettext

from core.models import Company, Restaurant
from core.web.access import CompanyRequest
from guests.models import Guest
from guests.web import way_back
from guests.web.record import guest_view, record_context
from imports.models import ImportRow
from visits.models import Order
from visits.paging import page_of
from visits.web import words


@guest_view("visits.view_order")
def orders(request: CompanyRequest, company: Company, guest: Guest) -> HttpResponse:
    """Show the guest's orders, newest first."""
    found = Order.objects.for_company(company).of_guest(guest)
    only = list(Restaurant.objects.limiting(company, request.user).order_by("name", "pk"))
    if only:
        found = found.in_restaurants([each.pk for each in only])
    page = page_of(found, request.GET)
    names = dict(Restaurant.objects.for_company(company).values_list("pk", "name"))
    sources = _sources(request, company, guest, [order.pk for order in page.rows])
    rows = [
        {
            "order": order,
            "restaurant": names.get(order.restaurant_id),
            "source": sources.get(order.pk),
        }
        for order in page.rows
    ]
    context = {
        **record_context(request, company, guest, tab="orders"),
        "rows": rows,
        "only": words.names(only),
        "has_sources": bool(sources),
        "pager": {
            **{name: way_back.along(request, url) for name, url in page.links.items()},
            "label": "" if only else _label(guest.orders_count),
        },
    }
    return render(request, "visits/orders.html", context)


def _sources(
    request: CompanyRequest, company: Company, guest: Guest, orders: Collection[int]
) -> dict[int, dict[str, str]]:
    """Return from which line of which file each of the orders came, of those that did.

    A line speaks of whom it found: of who was merged into this guest since, too.
    """
    if not orders:
        return {}
    merged = Guest.objects.for_company(company).merged_into(guest)
    guests = [guest.pk, *(each.pk for each in merged)]
    lines = ImportRow.objects.for_company(company).filter(guest__in=guests).that_brought(orders)
    may_open = request.user.has_perm("imports.view_importjob", company)
    found = {}
    for line in lines.select_related("job"):
        url = reverse("imports:detail", args=[company.slug, line.job.number]) if may_open else ""
        text = _("%(file)s, line %(line)s") % {"file": line.job.filename, "line": line.line}
        found[(line.replaced or {})["order"]["id"]] = {"text": text, "url": url}
    return found


def _label(count: int) -> str:
    shown = {"n": number_format(count, force_grouping=True)}
    return ngettext("%(n)s order", "%(n)s orders", count) % shown
