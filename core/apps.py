from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CoreConfig(AppConfig):
    name = "core"
    # Which roles have which permission of this app (core.roles).
    role_permissions = {
        "view_company": ["owner", "manager", "operator", "host"],
        "view_change": ["owner", "manager"],
        "change_company": ["owner"],
        "view_membership": ["owner", "manager"],
        "change_membership": ["owner"],
        "add_restaurant": ["owner", "manager"],
        "change_restaurant": ["owner", "manager"],
    }

    def ready(self) -> None:
        from core import bulk, checks, guards, roles  # noqa: F401

        bulk.register_lookups()
        post_migrate.connect(roles.sync, dispatch_uid="core.roles.sync")
        post_migrate.connect(guards.install, dispatch_uid="core.guards.install")
