"""Where imports stand in the bar, and among the first steps of a new company."""

from django.utils.translation import gettext, gettext_lazy as _

from core.web import checklist, navigation
from guests.models import Guest


def register() -> None:
    """Called once, when the app is ready."""
    checklist.register(
        checklist.Step(
            order=20,
            title=_("Bring your guests in"),
            text=lambda company: gettext(
                "A .csv or .xlsx from your till or your old system. It is checked before "
                "anything is written, and can be undone."
            ),
            is_done=lambda company: Guest.objects.for_company(company).exists(),
            permission="imports.add_importjob",
            url_name="imports:new",
            action=_("Import guests"),
        )
    )
    navigation.register(
        navigation.Entry(
            order=30,
            label=_("Imports"),
            url_name="imports:list",
            permission="imports.view_importjob",
            namespace="imports",
        )
    )
