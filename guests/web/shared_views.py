"""How a saved view of the whole company is named where a change of it is told."""

from core.models import Company
from core.web import subjects
from core.web.subjects import Subject
from guests.models import SavedView


def register() -> None:
    """Called once, when the apps are ready."""
    subjects.register(
        SavedView._meta.label_lower,
        _describe,
        permission="guests.view_guest",
    )


def _describe(company: Company, view: SavedView) -> Subject:
    return Subject(f"“{view.name}”", f"{subjects.link('guests:list', company)}?{view.query}")
