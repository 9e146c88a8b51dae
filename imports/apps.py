from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ImportsConfig(AppConfig):
    name = "imports"
    role_permissions = {
        "view_importjob": ["owner", "manager", "operator"],
        "add_importjob": ["owner", "manager", "operator"],
        "undo_importjob": ["owner", "manager"],
    }

    def ready(self) -> None:
        from core.web import navigation
        from imports import mail
        from imports.services import worker

        worker.register()
        mail.register()
        navigation.register(
            navigation.Entry(
                order=30,
                label=_("Imports"),
                url_name="imports:list",
                permission="imports.view_importjob",
                namespace="imports",
            )
        )
