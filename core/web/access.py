"""Who may open a page. Every view declares it with one of these three decorators.

A system check (core.E001) fails for an address whose view does not.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.db.models.lookups import Exact
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails

from core.auth import remember
from core.models import Company, User
from core.services import second_factor

#: What `view.access` is where it is no permission.
PUBLIC, SIGNED_IN = "public", "signed in"

View = Callable[..., HttpResponseBase]


class UserRequest(HttpRequest):
    """A request of somebody who is signed in, behind `signed_in_view`."""

    user: User


class CompanyRequest(UserRequest):
    """A request of a signed-in member, behind `company_view`."""

    company: Company
    htmx: HtmxDetails


def company_view(permission: str) -> Callable[[View], View]:
    """Open the page to members of its company whose role has `permission`.

    The address names the company by its slug, the view gets the Company, and times are shown in
    the company's time zone. Whoever is no member gets 404, so that the answer does not tell
    whether the company exists; a member without the permission gets 403. Where the company demands
    a second factor, a member without one is led to set it up before anything else.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, company: str, *args: Any, **kwargs: Any) -> Any:
            if not request.user.is_authenticated:
                return _to_sign_in(request)
            user = request.user
            found, request.has_other_companies = _company_of(user, company)  # type: ignore[attr-defined]
            if found.requires_second_factor and not second_factor.is_on(user):
                return _first(request, redirect("account_second_factor"))
            if not user.has_perm(permission, found):
                raise PermissionDenied
            request.company = found  # type: ignore[attr-defined]
            with timezone.override(ZoneInfo(found.timezone)):
                return _kept_nowhere(view(request, found, *args, **kwargs))

        guarded.access = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


def _company_of(user: User, slug: str) -> tuple[Company, bool]:
    """Return the user's company of that address, and whether they have others, in one query, which
    tells what the user may do there, too.

    Raises Http404 where the user is no member.
    """
    # Whichever other comes second will do.
    named_first = Exact(F("slug"), slug).desc()
    first_two = list(Company.objects.for_user(user).with_standing().order_by(named_first)[:2])
    if not first_two or first_two[0].slug != slug:
        raise Http404
    found: Any = first_two[0]
    remember(user, found, found.role_permissions, found.is_limited)
    return found, len(first_two) > 1


def signed_in_view(view: View) -> View:
    """Open the page to everybody who is signed in."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        return _kept_nowhere(view(request, *args, **kwargs))

    guarded.access = SIGNED_IN  # type: ignore[attr-defined]
    return guarded


def public_view(view: View) -> View:
    """Open the page to everybody: what belongs to signing in, and nothing else."""
    view.access = PUBLIC  # type: ignore[attr-defined]
    return view


def _to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """Lead to signing in, and from there to the address that was asked for."""
    if request.method == "POST":
        # The page behind it looks as if it had been saved.
        text = _("You were signed out in between: what you sent was not saved.")
        messages.warning(request, text)
    return _first(request, redirect_to_login(request.get_full_path()))


def _first(request: HttpRequest, page: HttpResponseBase) -> HttpResponseBase:
    """Lead to `page`, where somebody has to go first.

    Who asks for a part of a page would get all of `page` put into its place: they are told instead
    (frame.js), and what they have typed stays to be copied.
    """
    if "HX-Request" not in request.headers:
        return page
    text = _("You have to sign in again: reload the page. What is not saved yet is lost with that.")
    return HttpResponse(text, status=401, content_type="text/plain")


def _kept_nowhere(response: HttpResponseBase) -> HttpResponseBase:
    """Have no browser and no proxy keep what only whoever is signed in may see.

    Else the next one at a shared screen finds guests by the Back button, after a sign-out.
    """
    response.headers.setdefault("Cache-Control", "private, no-store")
    return response
