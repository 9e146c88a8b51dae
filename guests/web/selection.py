"""Which guests an action on many is about, read from its address.

The address of an action is the list's, with the same filters after the question mark
(`guests/delete/?tier=3`); or it names the ticked rows (`guests/delete/?guest=7&guest=12`), and then
those alone count, whatever filters stand beside them.
"""

from datetime import date
from functools import cached_property

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from core.models import Company, User
from core.web.access import CompanyRequest
from core.web.ids import id_in
from core.web.subjects import link
from guests.filters import GuestFilter
from guests.models import Guest
from guests.paging import DEFAULT_SORT
from guests.querysets import GuestQuerySet
from guests.web.addresses import SORT, filters_among

#: The parameter that names a ticked row. It may come as often as a page has rows.
TICKED = "guest"


class Selection:
    """The guests of a company that an address means.

    `today` is a day of the company's time zone: filters such as "not for 90 days" count from it.
    An address that names ticked rows, but none that can be one, means nobody. `seen_by` is who
    chose them: a member of some restaurants asks for no visits to others; None: nobody's choice.
    """

    def __init__(
        self, address: QueryDict | str, *, company: Company, today: date, seen_by: User | None
    ) -> None:
        given = QueryDict(address) if isinstance(address, str) else address
        self.company = company
        self._ticks = TICKED in given
        self.ids: list[int] = _ids(given.getlist(TICKED))
        """The ticked guests, in the order of the address; empty when the filters count."""
        self.filter = GuestFilter(
            filters_among(given), company=company, today=today, seen_by=seen_by
        )

    @property
    def is_ticked(self) -> bool:
        """Whether single rows are meant, and no filters."""
        return self._ticks

    @property
    def is_valid(self) -> bool:
        """Whether every filter could be read; else the selection is empty (`filter.errors`)."""
        return self._ticks or self.filter.is_valid()

    @property
    def is_everyone(self) -> bool:
        """Whether nothing leaves anybody out: no ticks, and no filter that narrows."""
        return not self._ticks and self.is_valid and not self.filter.narrows

    @cached_property
    def guests(self) -> GuestQuerySet:
        """The guests as the list shows them, in no order: deleted ones only where it shows them."""
        if self._ticks:
            everybody = Guest.objects.for_company(self.company).listed(inactive=True)
            return everybody.filter(pk__any=self.ids)
        return self.filter.qs

    @cached_property
    def has_deleted(self) -> bool:
        """Whether some of the guests are deleted; asks only where there may be such."""
        may_have = self._ticks or "inactive" in self.filter.data
        return may_have and self.guests.filter(is_active=False).exists()

    @cached_property
    def words(self) -> list[str]:
        """The filters in words; none when everybody is meant."""
        if self._ticks:
            return [_("Ticked one by one")]
        return [each.label for each in self.filter.descriptions()]

    @cached_property
    def query(self) -> str:
        """What follows the question mark: the filters or the ticks alone, no order and no page."""
        if self._ticks:
            kept = QueryDict(mutable=True)
            kept.setlist(TICKED, [str(pk) for pk in self.ids] or [""])
            return kept.urlencode()
        return self.filter.data.urlencode()


def selection_in(request: CompanyRequest) -> Selection:
    """Return whom the request's address means, to whoever asks and on the company's day."""
    return Selection(
        request.GET, company=request.company, today=timezone.localdate(), seen_by=request.user
    )


def list_url(company: Company, query: str = "") -> str:
    """Return the address of the list with these filters; ticks are none."""
    address = link("guests:list", company) or reverse("core:company", args=[company.slug])
    if TICKED in QueryDict(query):
        return address
    # An address that asks for nothing gets no list: everybody is asked for by an order.
    return f"{address}?{query or f'{SORT}={DEFAULT_SORT}'}"


def _ids(values: list[str]) -> list[int]:
    """Return the ids among the values, each once. What is no number belongs to nobody."""
    found = dict.fromkeys(map(id_in, values))
    return [pk for pk in found if pk is not None]
