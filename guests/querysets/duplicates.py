"""Reads of possible duplicates: the search through a company, and what is still alike."""

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import connection
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Lower
from django.db.models.lookups import IsNull

from core.querysets import CompanyOwnedQuerySet

if TYPE_CHECKING:
    from core.models import Company
    from guests.models import Guest

#: Of many who share one thing each is paired with so many of the next: the pairs stay in
#: proportion to the guests, and whoever merges some finds the rest at the next search.
NEIGHBOURS = 5
#: Of more guests of one name whose telephones begin or end alike the telephones say nothing.
LARGEST_GROUP = 50

_PEOPLE = """
people AS (
    SELECT id, phone, name_key, birthday, LOWER(email) AS email FROM guests_guest
    WHERE company_id = %(company)s AND is_active AND phone IS NOT NULL AND merged_into_id IS NULL
),
steps(step) AS (VALUES {steps}),
places(place) AS (VALUES {places})
"""

_NEXT = """
{name} AS (
    SELECT id, {leads} FROM people WHERE {where} WINDOW w AS (PARTITION BY {keys} ORDER BY id)
)
"""

# One wrong digit lies in the first seven characters, and then the last four are the same; or
# behind them, and then these are. So two look-ups find all, and nobody is compared with everybody.
# In a short number the two overlap: of those the first five are looked up as well.
_NEAR = """
{name} AS (
    SELECT id, phone, name_key, {key} AS part,
        COUNT(*) OVER (PARTITION BY name_key, {key}) AS size
    FROM people WHERE name_key <> '' AND LENGTH(phone) <= {longest}
)
"""

_NEIGHBOURS = """
    SELECT id, second FROM (
        SELECT id, CASE step {cases} END AS second FROM {name} CROSS JOIN steps
        WHERE next_1 IS NOT NULL
    ) led WHERE second IS NOT NULL
"""

_PAIRS = """
    SELECT a.id, b.id
    FROM {name} a JOIN {name} b ON a.name_key = b.name_key AND a.part = b.part AND a.id < b.id
    WHERE a.size BETWEEN 2 AND {largest} AND ({alike})
"""

_SUBSTITUTED = """
    (LENGTH(a.phone) = LENGTH(b.phone) AND EXISTS (SELECT 1 FROM places WHERE
        SUBSTR(a.phone, 1, place - 1) = SUBSTR(b.phone, 1, place - 1)
        AND SUBSTR(a.phone, place + 1) = SUBSTR(b.phone, place + 1)))
"""
_MISSING = """
    (LENGTH({short}.phone) + 1 = LENGTH({long}.phone) AND EXISTS (SELECT 1 FROM places WHERE
        SUBSTR({short}.phone, 1, place - 1) = SUBSTR({long}.phone, 1, place - 1)
        AND SUBSTR({short}.phone, place) = SUBSTR({long}.phone, place + 1)))
"""


def search_sql() -> str:
    """Return the statement that writes down every new pair of a company; it takes %(company)s and
    %(now)s. Nothing is compared with everything: guests are sorted by what they may share.
    """
    numbers = range(1, NEIGHBOURS + 1)
    steps = ", ".join(f"({n})" for n in numbers)
    places = ", ".join(f"({n})" for n in range(2, 17))
    leads = ", ".join(f"LEAD(id, {n}) OVER w AS next_{n}" for n in numbers)
    same_name = _NEXT.format(
        name="same_name",
        leads=leads,
        keys="name_key, birthday",
        where="name_key <> '' AND birthday IS NOT NULL",
    )
    same_email = _NEXT.format(name="same_email", leads=leads, keys="email", where="email <> ''")
    parts = {
        "begins": ("SUBSTR(phone, 1, 7)", 16),
        "ends": ("SUBSTR(phone, LENGTH(phone) - 3)", 16),
        "short_begins": ("SUBSTR(phone, 1, 5)", 11),
    }
    near = [_NEAR.format(name=name, key=key, longest=n) for name, (key, n) in parts.items()]
    pairs = " UNION ".join(
        [_neighbours("same_name"), _neighbours("same_email"), *map(_near, parts)]
    )
    # INSERT comes first: Python's driver of SQLite counts rows only then.
    return f"""
        INSERT INTO guests_possibleduplicate (company_id, first_id, second_id, found_at)
        WITH {_PEOPLE.format(steps=steps, places=places)},
        {same_name}, {same_email}, {", ".join(near)}, pairs(first_id, second_id) AS ({pairs})
        SELECT %(company)s, first_id, second_id, %(now)s FROM pairs
        WHERE NOT EXISTS (
            SELECT 1 FROM guests_possibleduplicate known
            WHERE known.company_id = %(company)s
            AND known.first_id = pairs.first_id AND known.second_id = pairs.second_id
        )
        ORDER BY first_id, second_id
    """  # noqa: S608 - every piece is a constant of this module


def _neighbours(name: str) -> str:
    cases = " ".join(f"WHEN {n} THEN next_{n}" for n in range(1, NEIGHBOURS + 1))
    return _NEIGHBOURS.format(name=name, cases=cases)


def _near(name: str) -> str:
    alike = " OR ".join(
        [_SUBSTITUTED, _MISSING.format(short="a", long="b"), _MISSING.format(short="b", long="a")]
    )
    return _PAIRS.format(name=name, largest=LARGEST_GROUP, alike=alike)


class PossibleDuplicateQuerySet(CompanyOwnedQuerySet):
    def find(self, company: "Company", *, now: datetime) -> int:
        """Search the company for pairs, write down the new ones, and return how many these are."""
        moment = connection.ops.adapt_datetimefield_value(now)
        with connection.cursor() as cursor:
            sql, values = _positional(search_sql(), {"company": company.pk, "now": moment})
            cursor.execute(sql, values)
            return int(cursor.rowcount)

    def of_guest(self, guest: "Guest") -> Self:
        return self.filter(Q(first=guest) | Q(second=guest))

    def undecided(self) -> Self:
        return self.filter(dismissed_at__isnull=True)

    def dismissed(self) -> Self:
        return self.filter(dismissed_at__isnull=False)

    def still_alike(self) -> Self:
        """Pairs of whom both are still there and have name or e-mail in common; with the guests.

        Asked of one pair after the other: who wants a page of them, or whether there are a
        thousand, pays for so many and not for all.
        """
        there = {
            f"{side}__{field}": value
            for side in ("first", "second")
            for field, value in (("is_active", True), ("merged_into__isnull", True))
        }
        same_name = Q(first__name_key=F("second__name_key")) & ~Q(first__name_key="")
        same_email = Q(first_mail=Lower("second__email")) & ~Q(first__email="")
        alike: QuerySet[Any] = self.model._default_manager.filter(pk=OuterRef("pk"), **there)
        alike = alike.filter(first__phone__isnull=False, second__phone__isnull=False)
        alike = alike.annotate(first_mail=Lower("first__email")).filter(same_name | same_email)
        # No EXISTS: PostgreSQL would look at all pairs beforehand, and remember them.
        itself = Subquery(alike.values("pk"))
        return self.filter(IsNull(itself, False)).select_related("first", "second")

    def from_pair(self, first: int, second: int) -> Self:
        """That pair and those behind it, in the order of `in_order`: a range of its index."""
        behind = Q(first__gt=first) | Q(second__gte=second)
        return self.filter(behind, first__gte=first)

    def before_pair(self, first: int, second: int) -> Self:
        """Those before that pair, which may be gone."""
        before = Q(first__lt=first) | Q(second__lt=second)
        return self.filter(before, first__lte=first)

    def in_order(self, *, backwards: bool = False) -> Self:
        """By the guests: a search that finds a pair again leaves it in its place."""
        sign = "-" if backwards else ""
        return self.order_by(f"{sign}first_id", f"{sign}second_id")


def _positional(sql: str, values: dict[str, Any]) -> tuple[str, list[Any]]:
    """Return the statement with %s and its parameters in order: what every driver understands."""
    order = [match[1] for match in re.finditer(r"%\((\w+)\)s", sql)]
    return re.sub(r"%\(\w+\)s", "%s", sql), [values[name] for name in order]
