"""The small tables that rows speak of by name, categories and member tiers: read once a trip."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from core.models import Company
from guests.models import Category, MemberTier
from guests.normalize import fold


@dataclass
class Lookups:
    """Ids by folded name: "vip" and "VIP" are one category."""

    categories: dict[str, int] = field(default_factory=dict)
    tiers: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, company: Company) -> "Lookups":
        return cls(
            categories=_by_name(Category.objects.for_company(company).values_list("name", "pk")),
            tiers=_by_name(MemberTier.objects.for_company(company).values_list("name", "pk")),
        )


def _by_name(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    return {fold(name): pk for name, pk in pairs}
