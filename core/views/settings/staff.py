"""Who belongs to the company."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.forms.settings import InvitationForm, MemberForm
from core.models import Change, Company, Membership, Restaurant
from core.services import companies, staff as services
from core.services.changes import ChangedMeanwhile
from core.texts import isolated
from core.web.access import CompanyRequest, company_view
from core.web.meanwhile import outdated


@company_view("core.view_membership")
def staff(request: CompanyRequest, company: Company) -> HttpResponse:
    """Show everybody who belongs to the company, active ones first."""
    context = {
        "members": Membership.objects.for_company(company).for_list(),
        "can_change": request.user.has_perm("core.change_membership", company),
    }
    return render(request, "core/settings/staff.html", context)


@company_view("core.change_membership")
def invite(request: CompanyRequest, company: Company) -> HttpResponse:
    """Make somebody a member and mail them."""
    form = InvitationForm(request.POST or None, company=company)
    if form.is_valid():
        try:
            membership = companies.invite(
                company=company,
                **form.cleaned_data,
                actor=request.user,
                source=Change.Source.WEB,
                now=timezone.now(),
            )
        except companies.AlreadyMember as refused:
            form.add_error("email", str(refused))
        else:
            words = _("%(email)s is invited: a mail is on its way.")
            messages.success(request, words % {"email": membership.user.email})
            return redirect("core:settings_staff", company.slug)
    return render(request, "core/settings/staff_invite.html", {"form": form})


@company_view("core.change_membership")
def member(request: CompanyRequest, company: Company, pk: int) -> HttpResponse:
    """Change what a member is, where, and whether they still belong here."""
    found = _member(company, pk)
    form = MemberForm(request.POST or None, instance=found, company=company)
    told: dict[str, Any] = {"form": form}
    if found.user_id == request.user.pk:
        for field in form.fields.values():
            field.disabled = True
    elif form.is_valid():
        try:
            if _save(request, found, form):
                words = _("%(user)s is saved.") % {"user": isolated(found.called)}
                messages.success(request, words)
                return redirect("core:settings_staff", company.slug)
        except ChangedMeanwhile:
            fresh = MemberForm(instance=_member(company, pk), company=company)
            told = outdated(company, form, fresh)
    context = {
        **told,
        "member": found,
        "is_oneself": found.user_id == request.user.pk,
        "is_invited": services.is_invited(_member(company, pk)),
    }
    return render(request, "core/settings/staff_member.html", context)


@company_view("core.change_membership")
@require_POST
def resend(request: CompanyRequest, company: Company, pk: int) -> HttpResponse:
    """Mail the invitation again."""
    found = _member(company, pk)
    try:
        services.resend_invitation(
            membership=found, actor=request.user, source=Change.Source.WEB, now=timezone.now()
        )
    except services.NothingToResend as refused:
        messages.info(request, str(refused))
    else:
        words = _("%(email)s is invited again: a mail is on its way.")
        messages.success(request, words % {"email": found.user.email})
    return redirect("core:settings_staff", company.slug)


def _member(company: Company, pk: int) -> Membership:
    return get_object_or_404(Membership.objects.for_company(company).select_related("user"), pk=pk)


def _save(request: CompanyRequest, membership: Membership, form: MemberForm) -> bool:
    """Save what the form says; False when the form now says why not. Raises ChangedMeanwhile."""
    chosen: list[Restaurant] = list(form.cleaned_data["restaurants"])
    try:
        services.change_member(
            membership=membership,
            role=form.cleaned_data["role"],
            restaurants=chosen,
            phone=form.cleaned_data["phone"],
            is_active=form.cleaned_data["is_active"],
            expected=form.expected,
            actor=request.user,
            source=Change.Source.WEB,
            now=timezone.now(),
        )
    except (services.LastOwner, services.OwnMembership) as refused:
        form.add_error(None, str(refused))
    return form.is_valid()
