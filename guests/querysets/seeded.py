"""Guests who carry along what few of them are known by an index, however they are narrowed down."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from django.db.models import Exists, OuterRef, QuerySet

from core.querysets import CompanyOwnedQuerySet
from guests.querysets.few import Seed, seed_of

if TYPE_CHECKING:
    from core.models import Company


class SeededQuerySet(CompanyOwnedQuerySet):
    """Guests with the queries of ids among which they are: a page of a list begins with the fewest
    (guests.querysets.few)."""

    #: The company's guests, of whom these are some.
    everybody: "Self | None" = None
    #: Queries of ids, by what they are asked by: whoever is not in each is none of these. An index
    #: answers them alone.
    seeds: Mapping[str, QuerySet[Any]] = {}
    #: The like of those of these who have ever been here: few may meet a condition that many others
    #: do, and in the order of last visits those would be looked for in vain.
    seeds_here: Mapping[str, QuerySet[Any]] = {}

    #: Whether texts are searched; and whether for digits of which few have so many.
    is_search, is_number = False, False

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]
        for name in ("everybody", "seeds", "seeds_here", "is_search", "is_number"):
            setattr(clone, name, getattr(self, name))
        return clone

    def for_company(self, company: "Company") -> Self:
        found = super().for_company(company)
        found.everybody = found
        return found

    def seed(self, sorted_by: str) -> Seed | None:
        """Return few or some ids among which these guests' are, if any condition has so few.

        Asks the database how many there are by each condition that an index has, except the order's
        own field, by which they are a stretch of it.
        """
        return seed_of(ids for name, ids in self.seeds.items() if name != sorted_by)

    def seed_here(self) -> Seed | None:
        """The like of those of these guests who have been here, in the order of last visits."""
        return seed_of(self.seeds_here.values())

    def by_index(self, **condition: Any) -> Self:
        """Guests by a condition on one field, of which an index alone tells who meets it."""
        found = self.filter(**condition)
        if self.everybody is not None:
            field = next(iter(condition)).partition("__")[0]
            ids = self.seeds.get(field, self.everybody.values_list("pk", flat=True))
            found.seeds = {**self.seeds, field: ids.filter(**condition)}
        return found

    def seldom_here(self, **condition: Any) -> Self:
        """Guests by a condition that few meet of those who have ever been here."""
        found = self.filter(**condition)
        if self.everybody is not None:
            here = self.everybody.filter(last_visit_at__isnull=False, **condition)
            name = next(iter(condition))
            found.seeds_here = {**self.seeds_here, name: here.values_list("pk", flat=True)}
        return found

    def among(self, rows: QuerySet, *, within: QuerySet | None = None) -> Self:
        """Guests to whom one of `rows` belongs: rows of any table with a `guest`.

        `within`: more rows which they are, of which an index alone may tell who they belong to.
        """
        found = self.filter(Exists(rows.filter(guest=OuterRef("pk"))))
        ids = (rows if within is None else within).filter(guest__isnull=False)
        ids = ids.values_list("guest", flat=True)
        found.seeds = {**self.seeds, f"{rows.model.__name__} {len(self.seeds)}": ids}
        return found
