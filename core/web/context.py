"""What the frame around every page needs."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from core.models import Company, User
from core.web import navigation, settings_pages


def frame(request: HttpRequest) -> dict[str, Any]:
    """Give templates what the frame shows: company, places, theme, the pages of settings."""
    company: Company | None = getattr(request, "company", None)
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"company": None, "nav": []}
    return {
        "company": company,
        "nav": navigation.items(user, company, request.path) if company else [],
        "can_search": company is not None and user.has_perm("guests.view_guest", company),
        "theme": user.theme,
        "settings_nav": SimpleLazyObject(
            lambda: settings_pages.items(user, company, request.path) if company else []
        ),
        "can_switch": SimpleLazyObject(lambda: _has_several(request, user)),
    }


def _has_several(request: HttpRequest, user: User) -> bool:
    """Whether the user has another company to go to; the view of a company knows it already."""
    if (known := getattr(request, "has_other_companies", None)) is not None:
        return bool(known)
    return Company.objects.for_user(user)[:2].count() > 1
