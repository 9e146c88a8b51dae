"""What saved views of the whole company make known to the rest: how a change of them is told."""

from django.utils.translation import gettext_lazy as _

from core.models import Company
from core.web import actions, subjects
from core.web.subjects import Subject
from guests.models import SavedView


def register() -> None:
    """Called once, when the apps are ready."""
    actions.register("save_view", _("shared the view"), _("shared a view of the list"))
    actions.register("delete_view", _("deleted the view"), _("deleted a shared view"))
    subjects.register(
        SavedView._meta.label_lower,
        _describe,
        permission="guests.view_guest",
    )


def _describe(company: Company, view: SavedView) -> Subject:
    return Subject(f"“{view.name}”", f"{subjects.link('guests:list', company)}?{view.query}")
