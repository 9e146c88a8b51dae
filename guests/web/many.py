"""What bulk changes and exports make known to the rest: jobs, a mail, and how they are told."""

from django.utils.translation import gettext_lazy as _

from core import clock
from core.web import actions, subjects
from guests import mail
from guests.models import BulkChange, GuestExport
from guests.services import bulk_changes_worker, exports
from guests.web import bulk_words, export_tables, export_words


def register() -> None:
    """Called once, when the apps are ready."""
    bulk_changes_worker.register()
    exports.register()
    export_tables.register()
    mail.register()
    clock.every(3600, "forget old exports")(exports.forget_old_files)
    actions.register("delete_guests", _("deleted"), _("deleted many guests"))
    actions.register("restore_guests", _("restored"), _("restored many guests"))
    actions.register("add_category_guests", _("put into a category"), _("put many into a category"))
    actions.register(
        "remove_category_guests", _("took out of a category"), _("took many out of a category")
    )
    actions.register("set_tier_guests", _("set the tier of"), _("set the tier of many"))
    actions.register("undo_bulk_change", _("undid the change of"), _("undid a bulk change"))
    actions.register("export_guests", _("exported"), _("exported guests"))
    subjects.register(
        BulkChange._meta.label_lower, bulk_words.describe, permission="guests.change_guest"
    )
    subjects.register(
        GuestExport._meta.label_lower, export_words.describe, permission="guests.export_guest"
    )
