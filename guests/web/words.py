"""How what is done to single guests is read in a history and in a company's activity."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from core.models import Company
from core.web import actions, subjects
from core.web.subjects import Subject, link
from core.web.telephones import called
from core.web.values import register_label
from guests.models import Guest

ACTIONS: tuple[tuple[str, Any, Any], ...] = (
    ("create_guest", _("created"), _("Guest created")),
    ("update_guest", _("changed"), _("Guest changed")),
    ("delete_guest", _("deleted"), _("Guest deleted")),
    ("restore_guest", _("restored"), _("Guest restored")),
    ("merge_guest", _("merged another guest into"), _("Guests merged")),
    ("merge_into_guest", _("merged away"), _("Guest merged into another")),
    ("undo_merge", _("took a merged guest out of"), _("Merge undone")),
    ("undo_merge_into", _("brought back"), _("Guest brought back")),
    ("erase_guest", _("erased"), _("Guest erased")),
    ("unsubscribe_guest", _("unsubscribed"), _("Guest unsubscribed")),
)


def register() -> None:
    """Called once, when the apps are ready."""
    for action, words, name in ACTIONS:
        actions.register(action, words, name)
    register_label("external_ids", _("External IDs"))
    register_label("despite_wish", _("Came back after asking to be forgotten"))
    register_label("merged_guest", _("Merged guest"))
    register_label("merged_into_id", _("Merged into"))
    register_label("ledger_entries", _("Entries in the ledger"))
    subjects.register(Guest._meta.label_lower, _guest, permission="guests.view_guest")


def _guest(company: Company, row: Any) -> Subject:
    return Subject(called(row), link("guests:record", company, row.pk))
