"""Erasing a guest on their wish: what goes and what stays, and how far the cleaning is."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from core.models import Change, Company
from core.web.access import CompanyRequest
from guests.forms.merging import EraseForm
from guests.models import Erasure, Guest
from guests.services.download import download_everything
from guests.services.erasing import erase_guest, try_again
from guests.services.records import ChangedMeanwhile, Closed
from guests.web import erasure_words, merge_words, way_back
from guests.web.record import guest_view


@guest_view("guests.erase_guest")
def erase(request: CompanyRequest, company: Company, guest: Guest) -> HttpResponse:
    """Say what goes and what stays, and have it done; afterwards show how far it is."""
    if guest.phone is None:
        return _progress(request, company, guest)
    form = EraseForm(request.POST or None, guest=guest)
    has_changed = False
    if form.is_valid():
        try:
            erase_guest(
                company=company,
                guest=guest,
                expected=form.cleaned_data["version"],
                actor=request.user,
                source=Change.Source.WEB,
                now=timezone.now(),
            )
        except ChangedMeanwhile:
            has_changed, form = True, EraseForm(guest=guest)
        except Closed:
            pass
        if not has_changed:
            return _to_progress(request, company, guest)
    context = {
        **way_back.context(request, company),
        "guest": guest,
        "form": form,
        "has_changed": has_changed,
        "hanging": merge_words.moves(guest),
        **erasure_words.promise(company, guest),
    }
    return render(request, "guests/erase.html", context)


def _progress(request: CompanyRequest, company: Company, guest: Guest) -> HttpResponse:
    erasure = Erasure.objects.for_company(company).filter(guest=guest).first()
    if request.method == "POST" and erasure is not None:
        try_again(company=company, erasure=erasure, now=timezone.now())
        messages.info(request, _("It is tried again."))
        return _to_progress(request, company, guest)
    context: dict[str, Any] = {
        **way_back.context(request, company),
        "guest": guest,
        "erasure": erasure,
        "figures": erasure_words.figures(erasure) if erasure else [],
    }
    return render(request, "guests/erased.html", context)


def _to_progress(request: CompanyRequest, company: Company, guest: Guest) -> HttpResponse:
    url = reverse("guests:erase", args=[company.slug, guest.pk])
    return redirect(way_back.along(request, url))


@guest_view("guests.export_guest")
def everything(request: CompanyRequest, company: Company, guest: Guest) -> HttpResponseBase:
    """Give everything that is kept about the guest as one JSON file; who asked is written down."""
    told = download_everything(company=company, guest=guest, actor=request.user, now=timezone.now())
    response = JsonResponse(told, json_dumps_params={"ensure_ascii": False, "indent": 2})
    response["Cache-Control"] = "no-store"
    # Who is to get it must not take a part for the whole.
    part = "-own-restaurants-only" if "orders_only_of" in told else ""
    name = f"guest-{guest.pk}{part}.json"
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response
