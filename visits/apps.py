from django.apps import AppConfig


class VisitsConfig(AppConfig):
    name = "visits"
    role_permissions = {
        "view_order": ["owner", "manager", "operator", "host"],
    }

    def ready(self) -> None:
        from visits import guards  # noqa: F401
