"""What somebody wants to see of the list: columns, and how many guests a page."""

from collections.abc import Sequence

from core.models import Company, User
from guests.models import GuestListChoice

PAGE_SIZES = (25, 50, 100, 200)


class NoSuchSize(ValueError):
    """A page can hold 25, 50, 100 or 200 guests."""


def choose_columns(
    *, company: Company, actor: User, columns: Sequence[str], page_size: int
) -> GuestListChoice:
    """Remember the columns (keys of guests.tables) and the size of a page for `actor`.

    No columns: the usual ones. A preference is no change of the company's: nothing is recorded.
    Raises NoSuchSize.
    """
    if page_size not in PAGE_SIZES:
        raise NoSuchSize(page_size)
    choice, _created = GuestListChoice.objects.update_or_create(
        company=company,
        user=actor,
        defaults={"columns": list(columns), "page_size": page_size},
    )
    return choice
