"""What the changes of many guests at once make known to the rest: jobs, and how they are told."""

from django.utils.translation import gettext_lazy as _

from core.web import actions, subjects
from guests.models import BulkChange
from guests.services import bulk_changes_worker
from guests.web import bulk_words


def register() -> None:
    """Called once, when the apps are ready."""
    bulk_changes_worker.register()
    actions.register("delete_guests", _("deleted"), _("deleted many guests"))
    actions.register("restore_guests", _("restored"), _("restored many guests"))
    actions.register("add_category_guests", _("put into a category"), _("put many into a category"))
    actions.register(
        "remove_category_guests", _("took out of a category"), _("took many out of a category")
    )
    actions.register("undo_bulk_change", _("undid the change of"), _("undid a bulk change"))
    subjects.register(
        BulkChange._meta.label_lower, bulk_words.describe, permission="guests.change_guest"
    )
