"""Where one lands after signing in."""

from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.models import Change, Company, User
from core.services import invitations
from core.texts import isolated
from core.web import checklist, overview
from core.web.access import CompanyRequest, UserRequest, company_view, signed_in_view


@signed_in_view
def home(request: HttpRequest) -> HttpResponse:
    """Go to the only company, or ask which; invitations are to be answered first."""
    user = cast(User, request.user)
    companies = list(Company.objects.for_user(user).order_by("name", "pk"))
    waiting = user.memberships.invited().select_related("company")
    invited = list(waiting.order_by("company__name", "pk"))
    if len(companies) == 1 and not invited:
        return redirect("core:company", companies[0].slug)
    context = {"companies": companies, "invitations": invited}
    return render(request, "core/choose_company.html", context)


@signed_in_view
@require_POST
def accept(request: UserRequest, slug: str) -> HttpResponse:
    """Say yes to an invitation."""
    company = _inviting(request, slug)
    try:
        invitations.accept(
            user=request.user, company=company, source=Change.Source.WEB, now=timezone.now()
        )
    except invitations.NoInvitation as gone:
        messages.info(request, str(gone))
        return redirect("core:choose_company")
    messages.success(request, _("You belong to %(company)s now.") % {"company": isolated(company)})
    return redirect("core:company", company.slug)


@signed_in_view
@require_POST
def decline(request: UserRequest, slug: str) -> HttpResponse:
    """Say no to an invitation."""
    company = _inviting(request, slug)
    try:
        invitations.decline(
            user=request.user, company=company, source=Change.Source.WEB, now=timezone.now()
        )
    except invitations.NoInvitation as gone:
        messages.info(request, str(gone))
    else:
        messages.success(
            request,
            _("You declined the invitation to %(company)s.") % {"company": isolated(company)},
        )
    return redirect("core:home")


def _inviting(request: UserRequest, slug: str) -> Company:
    """Return a company that the user has anything to do with: others are not there."""
    return get_object_or_404(Company, slug=slug, memberships__user=request.user)


@company_view("core.view_company")
def company_home(request: CompanyRequest, company: Company) -> HttpResponse:
    """Show how the company does, and at the start what is left to do.

    Whoever may not see that goes to the first screen of their role, or is told that there is none.
    What takes long to count the page asks for by htmx, panel by panel; without it, a link does.
    """
    if not request.user.has_perm(overview.PERMISSION, company):
        url = overview.landing(request.user, company)
        return redirect(url) if url else render(request, "core/no_screen.html")
    if request.htmx and (name := request.GET.get("panel")):
        panel = overview.panel(request, company, name)
        if panel is None:
            raise Http404
        return render(request, "core/home_panel.html", {"each": panel})
    steps = checklist.items(request.user, company)
    left = sum(not step["done"] for step in steps)
    panels = overview.panels(request, company, whole="whole" in request.GET)
    context = {
        "checklist": steps if left else [],
        "checklist_left": left,
        "panels": panels,
        "are_all_there": not any(each["later"] for each in panels),
    }
    return render(request, "core/home.html", context)
