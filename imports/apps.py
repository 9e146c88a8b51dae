from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "imports"
    role_permissions = {
        "view_importjob": ["owner", "manager", "operator"],
        "add_importjob": ["owner", "manager", "operator"],
        "undo_importjob": ["owner", "manager"],
    }

    def ready(self) -> None:
        from imports.services import worker

        worker.register()
