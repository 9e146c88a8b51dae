"""Places in an order, and how they are written into an address.

A cursor is signed: what comes back was written here, and nothing in it needs to be doubted. One
that was tampered with, or that belongs to another order, names no place.
"""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer

from guests.paging.orders import Order

_signer = Signer(salt="guests.paging")
_LAST = "last"


@dataclass(frozen=True)
class Place:
    """Where a guest stands: the segment, the key's value (None without a key), the primary key."""

    segment: int
    value: Any
    pk: int


@dataclass(frozen=True)
class Cursor:
    """The page after `place`, or the one before it; before none is the last page."""

    place: Place | None
    backwards: bool


FIRST = Cursor(None, backwards=False)
LAST = Cursor(None, backwards=True)


def write(cursor: Cursor, order: Order) -> str:
    """Return the cursor as text for an address."""
    way = "<" if cursor.backwards else ">"
    place = cursor.place
    if place is None:
        return _LAST if cursor.backwards else "first"
    value = None if place.value is None else str(place.value)
    return _signer.sign_object([order.sort, way, place.segment, value, place.pk], compress=True)


def read(text: str, order: Order) -> Cursor:
    """Return what `write` wrote; the first page for all else."""
    if text == _LAST:
        return LAST
    try:
        sort, way, segment, value, pk = _signer.unsign_object(text)
        if sort != order.sort or not 0 <= segment < len(order.segments):
            return FIRST
        key = order.segments[segment].key
        if bool(key) != (value is not None):
            return FIRST
        place = Place(segment, order.segments[segment].field.to_python(value) if key else None, pk)
    except (BadSignature, ValidationError, ValueError, TypeError):
        return FIRST
    return Cursor(place, backwards=way == "<")
