"""Where one stands in the list of possible duplicates, as addresses tell it."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.http import QueryDict

from core.models import Company
from core.web.ids import LONGEST, id_in
from core.web.subjects import link
from guests.models import PossibleDuplicate

#: The parameters of the list: the pair that a page begins with, the pair that it ends before, and
#: whether the pairs are shown that were said to be two.
START, BEFORE, DISMISSED = "from", "before", "dismissed"
#: In a way back: the pair that one looked at, and the mark of all ways that lead to this list.
BESIDE, MARK = "beside", "pairs"
#: Asks for the number of pairs.
COUNT = "count"

#: The ids of a pair's two guests.
Pair = tuple[int, int]
#: Behind every pair: a page that begins there is the last one.
END: Pair = (10**LONGEST - 1, 10**LONGEST - 1)


@dataclass(frozen=True)
class Place:
    """A page of the list. A pair that it names may be gone: it begins or ends there all the same.

    `beside`: the number of the pair at which the page opens.
    """

    start: Pair | None = None
    before: Pair | None = None
    dismissed: bool = False
    beside: int | None = None

    @property
    def query(self) -> str:
        """What follows the question mark of the list's address, with it; "?" for its beginning."""
        return f"?{urlencode(self._values())}"

    @property
    def count_query(self) -> str:
        """What asks this page for the number of pairs."""
        return f"?{urlencode({**self._values(), COUNT: 1})}"

    @property
    def carried(self) -> str:
        """What a page about a guest carries along, to lead back to here."""
        beside = {} if self.beside is None else {BESIDE: self.beside}
        return urlencode({MARK: 1, **self._values(), **beside})

    def at(self, beside: int | None) -> "Place":
        return replace(self, beside=beside)

    def url(self, company: Company) -> str:
        """Return the address in this company; "" where there is no such page."""
        address = link("guests:duplicates", company)
        anchor = "" if self.beside is None else f"#pair-{self.beside}"
        return address and f"{address}{self.query.removesuffix('?')}{anchor}"

    def _values(self) -> dict[str, str]:
        found = {START: _written(self.start), BEFORE: _written(self.before)}
        found[DISMISSED] = "1" if self.dismissed else ""
        return {name: value for name, value in found.items() if value}


def place_in(query: QueryDict) -> Place:
    """Return the place that an address tells; what cannot be read counts as not said."""
    return Place(
        start=_read(query.get(START, "")),
        before=_read(query.get(BEFORE, "")),
        dismissed=query.get(DISMISSED) == "1",
        beside=id_in(query.get(BESIDE, "")),
    )


def key_of(pair: PossibleDuplicate) -> Pair:
    return pair.first_id, pair.second_id


def _written(pair: Pair | None) -> str:
    return "" if pair is None else f"{pair[0]}-{pair[1]}"


def _read(text: str) -> Pair | None:
    first, second = (id_in(part) for part in (text.partition("-")[0], text.partition("-")[2]))
    return None if first is None or second is None else (first, second)
