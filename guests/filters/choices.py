"""What the filters of the list let choose from, of a company and for a member."""

from typing import Any

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


def chosen(value: Any) -> tuple[list[int], bool]:
    """Return the ids of what was chosen, and whether "none" was."""
    return [each.pk for each in value if each != NONE], NONE in value
