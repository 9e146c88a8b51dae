"""Who may do what, asked per company: `user.has_perm("guests.outlet_setup", company)`."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission

from core.models import Company, Membership, User


class CompanyBackend(ModelBackend):
    """Signs in by e-mail; answers permissions from the membership in the company asked about.

    Without a company nothing is permitted, and a superuser has no more than their membership
    gives: the wall between companies has no door for the staff of the installation.
    """

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        return perm in self.get_all_permissions(user_obj, obj)

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not isinstance(obj, Company) or not user_obj.is_active or user_obj.is_anonymous:
            return set()
        cache: dict[int, set[str]] = user_obj.__dict__.setdefault("_company_permissions", {})
        if obj.pk not in cache:
            cache[obj.pk] = _permissions_of(user_obj, obj)
        return cache[obj.pk]

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return False


def _permissions_of(user: User, company: Company) -> set[str]:
    """Return the "app.codename" names that the user's role has in the company."""
    role = (
        Membership.objects.for_company(company)
        .active()
        .filter(user=user)
        .values_list("role", flat=True)
        .first()
    )
    if role is None:
        return set()
    rows = Permission.objects.filter(group__name=role).values_list(
        "content_type__app_label", "codename"
    )
    return {f"{app}.{codename}" for app, codename in rows.order_by()}
