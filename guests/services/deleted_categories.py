"""The category itself, when all guests have left it, and when it is to come back.

Who was in it stands in the set of the bulk change; what it was, in `BulkChange.category_kept`:
{"id", "colour", "is_default", "changes": ids of other bulk changes that were about it}. It comes
back under its old id, so that saved views and receipts that speak of it are right again.
"""

from typing import Any

from guests import category_uses
from guests.models import BulkChange, Category
from guests.services.bulk_changes_steps import CategoryGone
from guests.services.categories import InUse, free_name


def kept_of(category: Category) -> dict[str, Any]:
    """Return what must be known to bring the category back."""
    changes = BulkChange.objects.for_company(category.company).filter(category=category)
    return {
        "id": category.pk,
        "colour": category.colour,
        "is_default": category.is_default,
        "changes": list(changes.order_by("pk").values_list("pk", flat=True)),
    }


def drop(change: BulkChange) -> None:
    """Delete the category of a change, whose guests have left it; `change` is saved by the caller.

    Raises InUse when something came to need it on the way, and CategoryGone.
    """
    category = Category.objects.select_for_update().filter(pk=change.category_id or 0).first()
    if category is None:
        raise CategoryGone
    category.company = change.company
    if uses := category_uses.of(category):
        raise InUse(" ".join(uses))
    change.category_kept = kept_of(category)
    category.delete()
    change.category = None


def bring_back(change: BulkChange) -> None:
    """Create the deleted category of a change anew, still empty. Raises NameTaken."""
    kept = change.category_kept
    change.category = Category.objects.create(
        pk=kept["id"],
        company=change.company,
        name=free_name(change.company, change.category_name),
        colour=kept["colour"],
        is_default=kept["is_default"],
    )
    changes = BulkChange.objects.for_company(change.company)
    changes.filter(pk__in=[change.pk, *kept["changes"]]).update(category=change.category)
