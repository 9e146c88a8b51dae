"""What the frame around every page needs."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from core.models import Company
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
        "companies_count": SimpleLazyObject(lambda: Company.objects.for_user(user).count()),
    }
