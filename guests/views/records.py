"""One guest's record: looked at, and saved."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.busy import in_passing
from core.models import Change, Company
from core.texts import isolated
from core.web.access import CompanyRequest
from core.web.telephones import called
from guests.forms import state as states
from guests.forms.meanwhile import combined, compare
from guests.forms.record import RecordForm
from guests.forms.state import Seen, State
from guests.models import Guest
from guests.services.recent import note_opened
from guests.services.records import (
    ChangedMeanwhile,
    Closed,
    Forgotten,
    Taken,
    TierGone,
    set_active,
    update_guest,
)
from guests.views.meanwhile import who_changed
from guests.views.record_facts import facts_of
from guests.views.record_form import changes_rows, claims_context, form_for, is_confirmed
from guests.web import way_back
from guests.web.record import guest_view, panels, record_context


@guest_view("guests.view_guest")
def record(request: CompanyRequest, company: Company, guest: Guest) -> HttpResponse:
    """Show the details of a guest; save them, for whoever may."""
    present = states.of_guest(company, guest)
    if request.method == "POST":
        if not request.user.has_perm("guests.change_guest", company):
            raise PermissionDenied
        return _save(request, company, guest, present)
    with in_passing():
        note_opened(request.user, guest, timezone.now())
    return _page(request, company, guest, _shown(request, company, guest, present))


@guest_view("guests.outlet_setup")
@require_POST
def restore(request: CompanyRequest, company: Company, guest: Guest) -> HttpResponse:
    """Restore a guest whose telephone was about to be given to another."""
    try:
        set_active(
            company=company,
            guest=guest,
            is_active=True,
            actor=request.user,
            source=Change.Source.WEB,
            now=timezone.now(),
        )
    except Closed:
        messages.error(request, _("An erased guest cannot be restored."))
    else:
        messages.success(request, _("%(guest)s is restored.") % {"guest": isolated(called(guest))})
    return redirect("guests:record", company.slug, guest.pk)


def _save(request: CompanyRequest, company: Company, guest: Guest, present: State) -> HttpResponse:
    typed = states.of_post(request.POST)
    # Without what was before them nobody can be told what changed: then they are told to look.
    seen = Seen.read(request.POST.get("seen", "")) or Seen(0, present)
    if changes_rows(request, typed):
        form = form_for(request, company, guest, typed, seen=seen)
        return _page(request, company, guest, form)
    form = form_for(
        request, company, guest, typed, bound=True, seen=seen, shown_phone=present["phone"]
    )
    if form.is_valid():
        try:
            answer = _update(request, company, guest, form, seen)
        except ChangedMeanwhile:
            return _bring_up_to_date(request, company, guest.pk, typed, seen)
        if answer is not None:
            return answer
    return _page(request, company, guest, form)


def _update(
    request: CompanyRequest, company: Company, guest: Guest, form: RecordForm, seen: Seen
) -> HttpResponse | None:
    """Save what the form says and go back to the record; None when the form now says why not.

    Raises ChangedMeanwhile.
    """
    try:
        told = update_guest(
            company=company,
            guest=guest,
            expected=seen.version,
            draft=form.draft(),
            actor=request.user,
            source=Change.Source.WEB,
            now=timezone.now(),
            despite_wish=is_confirmed(request, form),
        )
    except Taken as taken:
        form.blame(taken.claims)
        return None
    except Forgotten:
        form.ask_again()
        return None
    except TierGone:
        form.offer_tiers_anew()
        return None
    except Closed:
        messages.error(request, _("Nothing was saved: this record is closed by now."))
    else:
        messages.success(request, _("Saved.") if told else _("Nothing was changed."))
    url = reverse("guests:record", args=[company.slug, guest.pk])
    return redirect(way_back.along(request, url))


def _bring_up_to_date(
    request: CompanyRequest, company: Company, pk: int, typed: State, seen: Seen
) -> HttpResponse:
    """Tell what somebody else saved meanwhile. What was typed stays, and can be saved now."""
    guest = Guest.objects.for_company(company).of_record(pk)
    guest.company = company
    now = states.of_guest(company, guest)
    form = form_for(
        request,
        company,
        guest,
        combined(seen.state, now, typed),
        seen=Seen(guest.version, now),
    )
    differences = compare(form.person, seen.state, now, typed, who_changed(company, guest))
    return _page(request, company, guest, form, is_outdated=True, differences=differences)


def _shown(request: CompanyRequest, company: Company, guest: Guest, present: State) -> RecordForm:
    return form_for(request, company, guest, present, seen=Seen(guest.version, present))


def _page(
    request: CompanyRequest, company: Company, guest: Guest, form: RecordForm, **more: Any
) -> HttpResponse:
    head = record_context(request, company, guest, tab="details")
    context = {
        **head,
        **claims_context(request, company, form),
        "form": form,
        "panels": panels(request, company, guest),
        "facts": [] if head["can_change"] else facts_of(company, guest, form),
        **more,
    }
    return render(request, "guests/record_details.html", context)
