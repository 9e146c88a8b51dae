"""Two guests who are one: finding the other, side by side, the receipt and the way back."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from core.models import Change, Company
from core.texts import isolated
from core.web.access import CompanyRequest
from core.web.ids import id_in
from core.web.telephones import called
from guests import dependents
from guests.forms.merging import MergeForm
from guests.models import Guest, GuestMerge, PossibleDuplicate
from guests.services.merging import (
    AlreadyUndone,
    NotUndoable,
    is_undoable,
    merge_guests,
    undo_merge,
)
from guests.services.records import ChangedMeanwhile, Closed
from guests.web import merge_words, way_back
from guests.web.record import guest_view

#: So many are offered of those who were searched for.
HITS = 10


@guest_view("guests.merge_guest")
def merge(request: CompanyRequest, company: Company, guest: Guest) -> HttpResponse:
    """Choose with whom the guest is merged, then field by field what comes of it."""
    if not guest.is_open:
        messages.info(request, _("This guest was erased: there is nothing to merge."))
        return _to(request, "guests:record", company, guest.pk)
    wanted = id_in(request.GET.get("with", ""))
    if wanted is None:
        return _find(request, company, guest)
    others = Guest.objects.for_company(company).select_related("member_tier")
    other = get_object_or_404(others, pk=wanted)
    if other.pk == guest.pk or not other.is_open:
        messages.error(request, _why_not(guest, other))
        return _to(request, "guests:merge", company, guest.pk)
    other.company = company
    return _side_by_side(request, company, guest, other)


@guest_view("guests.merge_guest")
def merged(request: CompanyRequest, company: Company, guest: Guest, merge: int) -> HttpResponse:
    """Show the receipt of a merge, and take it back while nobody touched the guest."""
    merges = GuestMerge.objects.for_company(company).select_related("actor", "kept", "merged")
    done = get_object_or_404(merges, pk=merge, kept=guest)
    if request.method == "POST":
        return _undo(request, company, done)
    context = {
        **way_back.context(request, company),
        "guest": guest,
        "merge": done,
        "can_undo": is_undoable(done, done.kept, done.merged),
        "moved": merge_words.moves(done.kept),
    }
    return render(request, "guests/merged.html", context)


def _find(request: CompanyRequest, company: Company, guest: Guest) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:200]
    hits: list[Guest] = []
    if text:
        found = Guest.objects.for_company(company).listed(inactive=True).search(text, company)
        found = found.filter(phone__isnull=False).exclude(pk=guest.pk)
        hits = list(found.select_related("member_tier").order_by("name_key", "pk")[: HITS + 1])
    alike = PossibleDuplicate.objects.for_company(company).of_guest(guest)
    merges = GuestMerge.objects.for_company(company).filter(kept=guest)
    context = {
        **way_back.context(request, company),
        "guest": guest,
        "text": text,
        "hits": [_candidate(guest, each) for each in hits[:HITS]],
        "more": len(hits) > HITS,
        "alike": [
            _candidate(guest, pair.second if pair.first_id == guest.pk else pair.first)
            for pair in alike.undecided().still_alike().order_by("pk")[:HITS]
        ],
        "merges": merges.select_related("merged", "actor").order_by("-pk")[:HITS],
    }
    return render(request, "guests/merge_find.html", context)


def _why_not(guest: Guest, other: Guest) -> str:
    """Say why the guest is not merged with the other, or the other no longer with anybody."""
    named = {"guest": isolated(called(other))}
    if other.merged_into == guest:
        return _("%(guest)s was merged into this guest already.") % named
    if other.merged_into is not None:
        told = {**named, "kept": isolated(called(other.merged_into))}
        return _("%(guest)s was merged already, into %(kept)s: choose that guest.") % told
    if other.pk != guest.pk or not other.is_open:
        return _("%(guest)s was erased: there is nothing to merge.") % named
    return _("%(guest)s is this guest: choose another.") % named


def _candidate(guest: Guest, other: Guest) -> dict[str, Any]:
    return {"guest": other, "reasons": merge_words.reasons(guest, other)}


def _side_by_side(
    request: CompanyRequest, company: Company, kept: Guest, other: Guest
) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = MergeForm(data, company=company, kept=kept, merged=other)
    changed: Guest | None = None
    if form.is_valid():
        try:
            return _merge(request, company, kept, other, form)
        except ChangedMeanwhile as late:
            # As they are by now, with what was chosen: to be looked at once more.
            changed = late.guest
            kept, other = (changed if each.pk == changed.pk else each for each in (kept, other))
            form = MergeForm(_again(request, kept, other), company=company, kept=kept, merged=other)
        except Closed as late:
            messages.error(request, _why_not(kept, late.guest))
            return _to(request, "guests:merge", company, kept.pk)
        except dependents.Refused as reason:
            form.add_error(None, str(reason))
    texts = merge_words.values_of(company, kept, other)
    context = {
        **way_back.context(request, company),
        "guest": kept,
        "other": other,
        "form": form,
        "changed": changed,
        "decided": merge_words.decided(kept, other, texts),
        "alike": merge_words.alike(kept, other, texts),
        "moves": merge_words.moves(other),
        "reasons": merge_words.reasons(kept, other),
    }
    return render(request, "guests/merge.html", context)


def _again(request: CompanyRequest, kept: Guest, other: Guest) -> QueryDict:
    """Return what was sent, for the guests as they are by now."""
    data = request.POST.copy()
    data["kept_version"], data["merged_version"] = str(kept.version), str(other.version)
    return data


def _merge(
    request: CompanyRequest, company: Company, kept: Guest, other: Guest, form: MergeForm
) -> HttpResponse:
    done = merge_guests(
        company=company,
        kept=kept,
        merged=other,
        choices=form.choices,
        kept_version=form.cleaned_data["kept_version"],
        merged_version=form.cleaned_data["merged_version"],
        actor=request.user,
        source=Change.Source.WEB,
        now=timezone.now(),
    )
    return _to(request, "guests:merged", company, kept.pk, done.pk)


def _undo(request: CompanyRequest, company: Company, done: GuestMerge) -> HttpResponse:
    try:
        undo_merge(
            company=company,
            merge=done,
            actor=request.user,
            source=Change.Source.WEB,
            now=timezone.now(),
        )
    except AlreadyUndone:
        messages.info(request, _("This merge was undone before: nothing was changed."))
    except NotUndoable:
        messages.error(
            request, _("This merge cannot be undone any more: a guest was changed since.")
        )
    except dependents.Refused as reason:
        messages.error(request, str(reason))
    else:
        messages.success(request, _("The merge was undone: both guests are as they were."))
    return _to(request, "guests:merged", company, done.kept_id, done.pk)


def _to(request: CompanyRequest, name: str, company: Company, *ids: int) -> HttpResponse:
    """Lead on to another page about a guest, from which the same way leads back."""
    return redirect(way_back.along(request, reverse(name, args=[company.slug, *ids])))
