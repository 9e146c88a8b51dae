"""A chunk of order rows -> the guests, orders and erased phones that they meet."""

from __future__ import annotations

from collections.abc import Sequence

from core.models import Company
from guests.models import ErasedPhone
from guests.normalize import fold
from guests.privacy import erasure_digest
from imports.pipeline.match_balances import match_owners
from imports.pipeline.plan_orders import KnownOrder, OrderRules, OrdersMet
from imports.pipeline.rows import CleanRow
from visits.services.orders import known_orders


def match_orders(company: Company, rows: Sequence[CleanRow], rules: OrderRules) -> OrdersMet:
    """Read what `rows` meet: as many queries as match_owners, and one for each restaurant."""
    keys = {
        (restaurant, row.values["order_id"])
        for row in rows
        # What is left of a rejected row may lack either.
        if (restaurant := rules.restaurants.get(fold(row.values.get("restaurant", "")))) is not None
        and "order_id" in row.values
    }
    known = known_orders(company, keys)
    return OrdersMet(
        owners=match_owners(company, [_of_guest(row) for row in rows]),
        orders={key: KnownOrder(*order[1:]) for key, order in known.items()},
        erased=_erased(company, {row.values["phone"] for row in rows if "phone" in row.values}),
    )


def _of_guest(row: CleanRow) -> CleanRow:
    """Return the row with the guest's id under the name that finds guests."""
    values = dict(row.values)
    if "guest_id" in values:
        values["external_id"] = values.pop("guest_id")
    return row._replace(values=values)


def _erased(company: Company, phones: set[str]) -> frozenset[str]:
    of_company = ErasedPhone.objects.for_company(company)
    if not phones or not of_company.exists():
        return frozenset()
    digests = {erasure_digest(company.pk, phone): phone for phone in phones}
    found = of_company.filter(digest__any=digests.keys()).values_list("digest", flat=True)
    return frozenset(digests[digest] for digest in found)
