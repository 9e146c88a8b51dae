"""What merging, duplicates and erasing add to the record, and how they are told."""

from collections.abc import Iterator

from django.db.models import Q
from django.utils.translation import gettext as _, gettext_lazy

from core.models import Company, Job
from core.texts import isolated
from core.web import actions, subjects
from core.web.access import CompanyRequest
from core.web.subjects import Subject, link
from guests.models import Erasure, Guest, PossibleDuplicate
from guests.web import record, way_back
from guests.web.pairs import Place, key_of
from guests.web.record import Action, Banner


def register() -> None:
    """Called once, when the apps are ready."""
    record.register_action(
        Action(70, gettext_lazy("Merge…"), "guests:merge", "guests.merge_guest", "users", menu=True)
    )
    record.register_action(
        Action(
            80,
            gettext_lazy("Download everything"),
            "guests:everything",
            "guests.export_guest",
            "download",
            menu=True,
        )
    )
    record.register_action(
        Action(90, gettext_lazy("Erase…"), "guests:erase", "guests.erase_guest", "x", menu=True)
    )
    record.register_notice(look_alikes)
    record.register_notice(cleaning)
    _tell()


def _tell() -> None:
    """Say how the actions are read in histories."""
    told = gettext_lazy
    actions.register(
        "download_guest", told("downloaded everything about"), told("downloaded everything")
    )
    actions.register("dismiss_duplicate", told("said to be two:"), told("said guests to be two"))
    actions.register(
        "doubt_duplicate", told("said to be perhaps one:"), told("said guests to be perhaps one")
    )
    subjects.register(
        PossibleDuplicate._meta.label_lower, _describe, permission="guests.merge_guest"
    )


def _describe(company: Company, pair: PossibleDuplicate) -> Subject:
    label = _("%(first)s and %(second)s") % {
        "first": isolated(pair.first),
        "second": isolated(pair.second),
    }
    place = Place(key_of(pair), dismissed=pair.dismissed_at is not None, beside=pair.pk)
    return Subject(label, place.url(company))


def look_alikes(request: CompanyRequest, company: Company, guest: Guest) -> Iterator[Banner]:
    """Say of a guest whom they may be the same as: a query, and one more of who may be."""
    if not guest.is_open or not request.user.has_perm("guests.merge_guest", company):
        return
    pairs = PossibleDuplicate.objects.for_company(company).of_guest(guest).undecided()
    # Most are like nobody: to see that costs less than to ask who still is.
    pair = pairs.still_alike().order_by("pk").first() if pairs.exists() else None
    if pair is not None:
        other = pair.second if pair.first_id == guest.pk else pair.first
        yield Banner(
            _("May be the same as %(name)s.") % {"name": isolated(other)},
            url=way_back.along(
                request, f"{link('guests:merge', company, guest.pk)}?with={other.pk}"
            ),
            link=_("Compare"),
        )


def cleaning(request: CompanyRequest, company: Company, guest: Guest) -> Iterator[Banner]:
    """Say of an erased guest that something is still being cleaned: one query."""
    if guest.phone is not None or guest.merged_into_id is not None:
        return
    unfinished = ~Q(state=Job.State.DONE)
    erasure = Erasure.objects.for_company(company).filter(unfinished, guest=guest).first()
    if erasure is None:
        return
    may_open = request.user.has_perm("guests.erase_guest", company)
    yield Banner(
        _("Files and histories that named this guest are still being cleaned."),
        level="info" if erasure.is_active else "warning",
        url=way_back.along(request, link("guests:erase", company, guest.pk)) if may_open else "",
        link=_("See how far it is"),
    )
