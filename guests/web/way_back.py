"""The way back to a list: of guests or of pairs, from a record that was opened in it, and from what
was done to rows that were ticked in it.

What follows the question mark of the list's address goes along in a parameter of the other's: so it
outlives tabs and saving, two lists beside each other, and needs no script. Of what comes back
only what a list knows is used, and it leads nowhere but to this company's list.
"""

from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict

from core.models import Company
from guests.web.addresses import ListAddress
from guests.web.pairs import MARK, place_in
from guests.web.selection import list_url

FROM = "list"
#: So long a list's address goes along: it is in the link of every row, written twice over, and a
#: browser is led on to no address that is much longer.
LONGEST = 2_000


def carried(address: ListAddress) -> str:
    """Return what follows the question mark of a record in this list; "" of too long a one."""
    return from_list(_query(address))


def from_list(came_from: str) -> str:
    """Return the same for a list of that address, without its question mark."""
    return urlencode({FROM: came_from}) if len(came_from) <= LONGEST else ""


def of_form(address: ListAddress) -> str:
    """Return what a form in this list sends in FROM; "" where the list's address is too long."""
    return _not_too_long(_query(address))


def along(request: HttpRequest, url: str) -> str:
    """Return another address about a guest with the same way back; "" of ""."""
    came_from = _came_from(request)
    if not url or not came_from:
        return url
    path, _mark, query = url.partition("?")
    return f"{path}?{query}{'&' if query else ''}{urlencode({FROM: came_from})}"


def context(request: HttpRequest, company: Company) -> dict[str, str | bool]:
    """Return what the pages about one guest need to lead back, and on to others that do.

    `list_url`: the list that the record was opened from; "" for who comes from elsewhere. `along`:
    what stands behind addresses of records, from the question mark on, or "". `came_from`: what a
    form that sends its fields in the address has to send in FROM. `from_pairs`: whether that list
    is the one of possible duplicates.
    """
    came_from = _came_from(request)
    return {
        "list_url": url(request, company),
        "along": f"?{urlencode({FROM: came_from})}" if came_from else "",
        "came_from": came_from,
        "from_pairs": MARK in QueryDict(came_from),
    }


def url(request: HttpRequest, company: Company) -> str:
    """Return the address of the list; "" for who comes from elsewhere."""
    if not (came_from := _came_from(request)):
        return ""
    query = QueryDict(came_from)
    if MARK in query:
        return place_in(query).url(company)
    return list_url(company, _query(ListAddress(query)))


def to_list(request: HttpRequest, company: Company, query: str) -> str:
    """Return the address of the list; for who comes from elsewhere the list of that query."""
    return url(request, company) or list_url(company, query)


def _query(address: ListAddress) -> str:
    return address.with_(all=None).removeprefix("?")


def _came_from(request: HttpRequest) -> str:
    return _not_too_long(request.GET.get(FROM, ""))


def _not_too_long(came_from: str) -> str:
    return came_from if len(came_from) <= LONGEST else ""
