"""Names of which a company has one each: "vip" and "VIP" are the same."""

from django.db.models import Model, QuerySet

from core.models import Company
from core.texts import fold


def same_name(company: Company, rows: QuerySet, name: str, *, but: Model | None = None) -> str:
    """Return the name of one of the company's `rows` that is this name to a reader; "" if none is.

    `but` is the row that is to be renamed. Call it in the transaction that writes the name: two who
    want the same would both not find it, and the company's lock lets one wait. Others commit what
    belongs to the company all the while.
    """
    Company.objects.select_for_update(no_key=True).get(pk=company.pk)
    there = rows.values_list("pk", "name").order_by("pk")
    wanted = fold(name)
    return next((n for pk, n in there if fold(n) == wanted and (but is None or pk != but.pk)), "")
