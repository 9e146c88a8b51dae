"""The imports' page in a company's settings, and how what is done there is read."""

from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext, gettext_lazy as _

from core.models import Company
from core.web import actions, settings_pages, subjects
from core.web.subjects import Subject, link
from guests import category_uses
from guests.models import Category
from imports.models import ImportJob


def register() -> None:
    """Called once, when the app is ready."""
    settings_pages.register(
        settings_pages.Page(
            60, _("Column mappings"), "mappings:list", "imports.change_columnmapping"
        )
    )
    actions.register("import", _("imported"), _("Imported"))
    actions.register("undo_import", _("undid the import"), _("Import undone"))
    actions.register("save_mapping", _("saved the column mapping"), _("Mapping saved"))
    actions.register("rename_mapping", _("renamed the column mapping"), _("Mapping renamed"))
    actions.register("delete_mapping", _("deleted the column mapping"), _("Mapping deleted"))
    category_uses.register("imports", _imports_under_way)
    subjects.register("imports.importjob", _import, permission="imports.view_importjob")
    subjects.register("imports.columnmapping", _mapping, permission="imports.change_columnmapping")


def _imports_under_way(category: Category) -> list[str]:
    """An import puts guests into categories by their ids, which it read when it began."""
    jobs = ImportJob.objects.for_company(category.company)
    writing = jobs.filter(state__in=ImportJob.ACTIVE).exclude(step=ImportJob.Step.CHECK)
    sentence = gettext("Import %(number)s is under way: wait until it is done.")
    return [sentence % {"number": job.number} for job in writing.order_by("pk")[:1]]


def _import(company: Company, row: Any) -> Subject:
    """An import with how it ended: the record was written when it began."""
    note = str(row.get_state_display())
    if created := row.counts.get("created"):
        note += " · " + gettext("%(count)s created") % {"count": intcomma(created)}
    if updated := row.counts.get("updated"):
        note += " · " + gettext("%(count)s updated") % {"count": intcomma(updated)}
    return Subject(str(row), link("imports:detail", company, row.number), note)


def _mapping(company: Company, row: Any) -> Subject:
    return Subject(str(row), link("mappings:edit", company, row.pk))
