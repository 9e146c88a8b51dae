"""Who may do what, asked per company: `user.has_perm("guests.outlet_setup", company)`."""

from functools import lru_cache
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission

from core.models import Company, Membership, Standing, User


class CompanyBackend(ModelBackend):
    """Signs in by e-mail; answers permissions from the membership in the company asked about.

    Without a company nothing is permitted, and a superuser has no more than their membership
    gives: the wall between companies has no door for the staff of the installation.
    """

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        return perm in permissions_in(user_obj, obj)

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return set(permissions_in(user_obj, obj))

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return False


def permissions_in(user: Any, company: Any) -> frozenset[str]:
    """Return the "app.codename" names of what the user may do in the company; without one, none."""
    if not isinstance(company, Company) or not user.is_active or user.is_anonymous:
        return frozenset()
    return standing_of(user, company).permissions


def standing_of(user: User, company: Company) -> Standing:
    """Return what the user is in the company: a query, the first time."""
    if company.pk not in user.standings:
        members: Any = Membership.objects.for_company(company).active().filter(user=user)
        found = members.with_standing().values_list("role_permissions", "is_limited").first()
        if found is None:
            user.standings[company.pk] = Standing()
        else:
            remember(user, company, *found)
    return user.standings[company.pk]


def remember(user: User, company: Company, role_permissions: str | None, is_limited: bool) -> None:
    """Spare the query of `standing_of`: what the user is was read together with the company."""
    user.standings[company.pk] = Standing(_permissions(role_permissions or ""), is_limited)


@lru_cache(maxsize=32)
def _permissions(ids: str) -> frozenset[str]:
    """Return the permissions of these ids as "app.codename".

    Read once for each role, and anew when a role has others: then these are other ids.
    """
    rows = Permission.objects.filter(pk__in=filter(None, ids.split(",")))
    names = rows.order_by().values_list("content_type__app_label", "codename")
    return frozenset(f"{app}.{codename}" for app, codename in names)
