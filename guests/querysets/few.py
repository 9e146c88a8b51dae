"""Guests of whom an index alone tells who they are: how a page of them is met soon.

A page of a list is the first of an order, so a database likes to go along that order until it has
met enough of those that were asked for, and looks at every guest on its way. Of a hundred among a
million it meets none for long. How many were asked for its statistics only guess, from one day to
the next; so they are counted here, as far as it needs to be known.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import BooleanField, F, Func, OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import In, IsNull

#: So few are looked up one by one, and then sorted.
FEW = 2_000
#: Of so many a set is made: the index of an order tells who of its guests is in it, and only those
#: are looked at. More are met soon enough by looking at everybody.
SOME = 25_000
#: So many steps along an index cost no more than to look up one guest; and how many are gone before
#: that is done after all.
STEPS, FAR = 15, 40_000
#: Of some that are spread evenly among a million, a page is met within so many steps divided by how
#: many they are, and four times as soon most often.
EVENLY = 200_000_000

#: Of a word that many have in common enough are met so near the beginning of an order, or at least
#: so many that the rest is not far; all others are looked for by their trigrams.
NEAR, PROMISING = 2_500, 13
#: Of a stretch of an order and of a word each index knows who is in it. PostgreSQL puts the two
#: together, and looks at those in both, where the stretch is so small a part of all guests.
PART = 90


class _LookedUp(In):
    """`id IN (...)`, which PostgreSQL may not turn into a search of its own order."""

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        left, left_values = self.process_lhs(compiler, connection)
        right, right_values = self.process_rhs(compiler, connection)
        return f"{left} = ANY(ARRAY{right})", (*left_values, *right_values)


class _IsTrue(Func):
    """A condition that the database asks of one guest after the other, and turns into no join."""

    template = "(%(expressions)s) IS TRUE"
    output_field = BooleanField()


@dataclass(frozen=True)
class Seed:
    """Ids among which are those of all guests that were asked for, and how many ids they are."""

    ids: "QuerySet[Any]"
    count: int

    @property
    def is_few(self) -> bool:
        return self.count <= FEW

    @property
    def stretches(self) -> tuple[int, ...]:
        """How far an order is gone along before they are all looked up instead: first as far as it
        most often takes, for to find out where a way ends is to go it, too."""
        far = min(self.count * STEPS, FAR)
        near = EVENLY // self.count
        return (near, far) if near < far else (far,)

    def looked_up(self, guests: "QuerySet[Any]") -> "QuerySet[Any]":
        """Return the same guests, each looked up by its id."""
        return guests.filter(Q(_LookedUp(F("pk"), self.ids.query)))

    def on_the_way(self, guests: "QuerySet[Any]", everybody: "QuerySet[Any]") -> "QuerySet[Any]":
        """Return the same guests, each looked up when an order of `everybody` comes to its id."""
        itself = Subquery(guests.filter(pk=OuterRef("pk")).values("pk"))
        return everybody.filter(_IsTrue(In(F("pk"), self.ids.query)), IsNull(itself, False))


def seed_of(queries: "Iterable[QuerySet[Any]]") -> Seed | None:
    """Return the first that are few of these queries of ids, else the first of some; None if all
    have many. Each is to be one that an index answers without a look at the guests."""
    some = None
    for ids in queries:
        # The same bound where they are used: it tells the database that they are few.
        bound = ids.order_by()[: SOME + 1]
        found = Seed(bound, bound.count())
        if found.is_few:
            return found
        if some is None and found.count <= SOME:
            some = found
    return some


def stretch(met: int, count: int) -> int:
    """Return how far an order is most often to be gone to meet `count` of whom `met` are among the
    first NEAR; 0 where nobody knows, or all guests in whom the word stands are sooner looked at.

    Where so many were met there may as well be one more, and they are not spread evenly: twice as
    far as to the average.
    """
    steps = 2 * NEAR * count // (met + 1)
    return steps if met and steps * PART < guests_known() else 0


def guests_known() -> int:
    """Return how many guests of all companies there were when PostgreSQL last counted: the trigrams
    know no companies."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reltuples::bigint FROM pg_class WHERE oid = 'guests_guest'::regclass"
        )
        return int(cursor.fetchone()[0])


def has_trigrams() -> bool:
    """Whether texts are searched by trigrams: on SQLite they are read one by one anyway."""
    return connection.vendor == "postgresql"


def by_trigrams() -> AbstractContextManager[None]:
    """Within this PostgreSQL looks for a text by its trigrams, and goes along no order.

    Its statistics know little of what stands inside of texts: the guess may be off a hundredfold.
    """
    return _without("seqscan", "indexscan", "indexonlyscan")


def along_the_order() -> AbstractContextManager[None]:
    """Within this PostgreSQL goes along an order as an index has it, and sorts nothing.

    It would sort who has a text, met by trigrams or by a look at everybody, where it guesses that
    they are few; or go with others, who are longer in coming than the way is.
    """
    return _without("sort", "gathermerge")


@contextmanager
def _without(*ways: str) -> Iterator[None]:
    """Keep PostgreSQL from these ways of reading a table.

    Where there is no other way it takes one of them all the same, thinks it dearer than anything,
    and would compile the query first, which takes longer than most of them: so not that either.
    """
    names = [*(f"enable_{way}" for way in ways), "jit"]
    goes_on = connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("; ".join(f"SET LOCAL {name} = off" for name in names))
        yield
        # What is set holds as long as the transaction, of which this may be a part.
        if goes_on:
            cursor.execute("; ".join(f"SET LOCAL {name} TO DEFAULT" for name in names))
