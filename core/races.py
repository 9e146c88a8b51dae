"""PostgreSQL breaks a transaction off that stands in another's way: how to know it by its error."""

from django.db import OperationalError

#: Each waited for the other, or two serialisable transactions could not both be first.
_LOST = frozenset({"40P01", "40001"})


def is_lost_race(error: BaseException | None) -> bool:
    """Whether it is the error of a transaction that another one won over: begin it anew.

    SQLite has one writer at a time, and nobody to lose against: see `busy` for those who wait.
    """
    if not isinstance(error, OperationalError):
        return False
    return getattr(error.__cause__, "sqlstate", "") in _LOST
