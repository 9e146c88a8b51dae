"""The guests' pages in a company's settings, and how what is done there is read."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from core import money_kept
from core.models import Company
from core.web import actions, settings_pages, subjects
from core.web.settings_pages import Page
from core.web.subjects import Subject, link
from guests.models import Guest


def register() -> None:
    """Called once, when the app is ready."""
    settings_pages.register(
        Page(30, _("Categories"), "guests:categories", "guests.change_category")
    )
    settings_pages.register(Page(40, _("Member tiers"), "guests:tiers", "guests.change_membertier"))
    for action, words, name in (
        ("create_category", _("created the category"), _("Category created")),
        ("change_category", _("changed the category"), _("Category changed")),
        ("delete_category", _("deleted the category"), _("Category deleted")),
        ("create_tier", _("created the tier"), _("Tier created")),
        ("change_tier", _("changed the tier"), _("Tier changed")),
        ("save_view", _("saved the view"), _("View saved")),
        ("delete_view", _("deleted the view"), _("View deleted")),
        ("delete_tier", _("deleted the tier"), _("Tier deleted")),
    ):
        actions.register(action, words, name)
    subjects.register("guests.category", _category, permission="guests.change_category")
    subjects.register("guests.membertier", _tier, permission="guests.change_membertier")
    money_kept.register("guests", _("totals of guests"), _has_totals)


def _category(company: Company, row: Any) -> Subject:
    return Subject(str(row), link("guests:category", company, row.pk))


def _tier(company: Company, row: Any) -> Subject:
    return Subject(str(row), link("guests:tier", company, row.pk))


def _has_totals(company: Company) -> bool:
    return Guest.objects.for_company(company).exclude(opening_total=0).exists()
