"""The roles' permissions. Each app declares its own in `AppConfig.role_permissions`."""

from typing import Any

from django.apps import AppConfig, apps
from django.contrib.auth.models import Group, Permission
from django.db import transaction

from core.models import Role

OWNER, MANAGER, OPERATOR, HOST = Role.OWNER, Role.MANAGER, Role.OPERATOR, Role.HOST


def declared() -> dict[str, frozenset[str]]:
    """Return for every "app.codename" that the apps declare the roles that have it."""
    found: dict[str, frozenset[str]] = {}
    for config in apps.get_app_configs():
        for name, roles in getattr(config, "role_permissions", {}).items():
            found[f"{config.label}.{name}"] = frozenset(roles)
    return found


def sync(app_config: AppConfig, **kwargs: Any) -> None:
    """Make the groups have exactly what the app declares. Connected to `post_migrate`."""
    own = getattr(app_config, "role_permissions", None)
    if own is None:
        return
    with transaction.atomic():
        of_app = Permission.objects.filter(content_type__app_label=app_config.label)
        known = {permission.codename: permission for permission in of_app.order_by("pk")}
        for role in Role.values:
            group, _created = Group.objects.get_or_create(name=role)
            wanted = {known[name] for name, roles in own.items() if role in roles}
            present = set(group.permissions.filter(content_type__app_label=app_config.label))
            group.permissions.add(*wanted - present)
            group.permissions.remove(*present - wanted)
