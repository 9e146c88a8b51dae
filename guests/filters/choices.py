"""What the filters of the list let choose from, of a company and for a member."""

from collections.abc import Mapping
from typing import Any

from django.db.models import F, QuerySet, Value

from core.models import Company, Restaurant, User
from guests.models import Category, MemberTier
from loyalty.models import Program

#: What stands for having none of what can be chosen.
NONE = "none"


def choices_of(company: Company, seen_by: User | None) -> dict[str, Any]:
    """Return what can be chosen from, by filter, in the order of the names."""
    categories = Category.objects.for_company(company).order_by("name", "pk")
    restaurants = (
        Restaurant.objects.for_company(company)
        if seen_by is None
        else Restaurant.objects.of_member(company, seen_by)
    )
    return {
        "category": categories,
        "not_category": categories,
        "tier": MemberTier.objects.for_company(company).order_by("rank", "name", "pk"),
        "program": Program.objects.for_company(company).order_by("name", "pk"),
        "restaurant": restaurants.order_by("name", "pk"),
    }


def read_together(choices: "Mapping[str, QuerySet[Any]]") -> dict[str, list[tuple[int, str]]]:
    """Return what can be chosen from as ids and names, in the same order: all in one query, for a
    page shows them all."""
    found: dict[str, list[tuple[int, str]]] = {name: [] for name in choices}
    first, *others = (
        rows.order_by()
        .annotate(of=Value(name), place=F("rank") if rows.model is MemberTier else Value(0))
        .values_list("of", "place", "name", "pk")
        for name, rows in choices.items()
    )
    for of, _place, label, pk in first.union(*others, all=True).order_by("place", "name", "pk"):
        found[of].append((pk, label))
    return found


def chosen(value: Any) -> tuple[list[int], bool]:
    """Return the ids of what was chosen, and whether "none" was."""
    return [each.pk for each in value if each != NONE], NONE in value
