"""A guest to be."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from core.models import Change, Company
from core.texts import isolated
from core.web.access import CompanyRequest, company_view
from core.web.telephones import called
from guests import normalize
from guests.forms import state as states
from guests.forms.record import RecordForm
from guests.models import Guest
from guests.services.claims import Draft, find_claims
from guests.services.records import Forgotten, Taken, TierGone, create_guest
from guests.views.record_form import changes_rows, claims_context, form_for, is_confirmed


@company_view("guests.add_guest")
def create(request: CompanyRequest, company: Company) -> HttpResponse:
    """Create a guest; `?phone=` is what somebody looked for and did not find."""
    if request.method != "POST":
        phone = request.GET.get("phone", "").strip()[:40]
        form = form_for(request, company, None, states.of_new(company, phone))
        _warn(company, form, phone)
        return _page(request, company, form)
    typed = states.of_post(request.POST)
    if changes_rows(request, typed):
        return _page(request, company, form_for(request, company, None, typed))
    form = form_for(request, company, None, typed, bound=True)
    if form.is_valid() and (guest := _created(request, company, form)):
        messages.success(
            request, _("%(guest)s is a guest now.") % {"guest": isolated(called(guest))}
        )
        return redirect("guests:record", company.slug, guest.pk)
    return _page(request, company, form)


def _created(request: CompanyRequest, company: Company, form: RecordForm) -> Guest | None:
    """Create the guest of a valid form; None where it has to say why not."""
    try:
        return create_guest(
            company=company,
            draft=form.draft(),
            actor=request.user,
            source=Change.Source.WEB,
            now=timezone.now(),
            despite_wish=is_confirmed(request, form),
        )
    except Taken as taken:
        form.blame(taken.claims)
    except Forgotten:
        form.ask_again()
    except TierGone:
        form.offer_tiers_anew()
    return None


def _warn(company: Company, form: RecordForm, phone: str) -> None:
    """Say before anything is typed whose the telephone is: mostly a deleted guest's."""
    try:
        number = normalize.phone(phone, region=company.region) if phone else ""
    except normalize.Invalid:
        return
    if number:
        form.warn(find_claims(company, Draft({"phone": number})))


def _page(request: CompanyRequest, company: Company, form: RecordForm) -> HttpResponse:
    context = {**claims_context(request, company, form), "form": form, "guest": None}
    return render(request, "guests/new.html", context)
