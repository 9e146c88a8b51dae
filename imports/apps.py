from django.apps import AppConfig


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
        from imports import approval_mail, dependents, guest_export, mail
        from imports.reports import waiting as waiting_imports
        from imports.services import demo_balances, demo_orders, retention, worker
        from imports.web import overview, places, settings_page
        from loyalty.web import waiting

        places.register()
        overview.register()
        settings_page.register()
        worker.register()
        dependents.register()
        guest_export.register()
        mail.register()
        approval_mail.register()
        waiting.register(waiting_imports.rows, waiting_imports.told)
        clock.every(3600, "forget old uploads")(retention.forget_old_uploads)
        demo_orders.register()
        demo_balances.register()
