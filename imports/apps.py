from django.apps import AppConfig
from django.utils.translation import gettext, gettext_lazy as _


class ImportsConfig(AppConfig):
    name = "imports"
    role_permissions = {
        "view_importjob": ["owner", "manager", "operator"],
        "add_importjob": ["owner", "manager", "operator"],
        "undo_importjob": ["owner", "manager"],
        "change_columnmapping": ["owner", "manager"],
    }

    def ready(self) -> None:
        from core import clock
        from core.web import checklist, navigation
        from guests.models import Guest
        from imports import approval_mail, dependents, guest_export, mail
        from imports.reports.waiting import waiting_imports
        from imports.services import demo_balances, demo_orders, retention, worker
        from imports.web import overview, settings_page
        from loyalty.web import waiting

        overview.register()
        settings_page.register()
        worker.register()
        dependents.register()
        guest_export.register()
        mail.register()
        approval_mail.register()
        waiting.register(waiting_imports)
        clock.every(3600, "forget old uploads")(retention.forget_old_uploads)
        demo_orders.register()
        demo_balances.register()
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
