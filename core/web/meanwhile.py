"""What the page of a form says when the same row was saved elsewhere since it was opened."""

from typing import Any

from django.db.models import Model

from core.forms.meanwhile import OpenedForm, Who, take_up
from core.models import Change, Company

#: So many of the latest changes are looked at.
LATEST = 50


def outdated(company: Company, form: OpenedForm, fresh: OpenedForm) -> dict[str, Any]:
    """Return the context of the page: the form to go on with, and what others changed.

    `form` is what was sent, `fresh` the same without anything sent, of the row as it is now.
    """
    assert fresh.row is not None
    differences = take_up(form, fresh, who_changed(company, fresh.row))
    return {"form": fresh, "differences": differences, "is_outdated": True}


def who_changed(company: Company, row: Model) -> dict[str, Who]:
    """Return for each field of a row who changed it last. One query."""
    changes = Change.objects.for_company(company).about(row).select_related("actor")
    last: dict[str, Who] = {}
    for change in changes.newest_first()[:LATEST]:
        by = str(change.actor or change.get_source_display())
        who = Who(by, change.at, change.actor_id)
        for name in change.values:
            last.setdefault(name, who)
    return last
