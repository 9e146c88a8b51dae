"""Two guests who are one: merged, and taken apart again while nobody touched the kept one."""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import F

from core.models import Company, User
from core.services.changes import record
from guests import dependents
from guests.models import Guest, GuestMerge
from guests.services.bulk import DERIVED, derived
from guests.services.merge_choices import read, resolve, stored
from guests.services.records import ChangedMeanwhile, Closed
from guests.services.retrying import begun_anew
from guests.services.tiers import held

#: So many merges in a row are followed; a ring cannot come about, but must not hang anybody.
LONGEST_CHAIN = 50


class NotUndoable(Exception):
    """The merge cannot be undone any more: changed since, or a guest is erased."""


class AlreadyUndone(NotUndoable):
    """Somebody has undone the merge before."""


@begun_anew
def merge_guests(
    *,
    company: Company,
    kept: Guest,
    merged: Guest,
    choices: Mapping[str, str],
    kept_version: int,
    merged_version: int,
    actor: User | None,
    source: str,
    now: datetime,
) -> GuestMerge:
    """Make one guest of two, and return the receipt.

    `choices` says by field (merge_choices.FIELDS) which side it comes from. The versions are those
    that whoever merges has seen. Raises ChangedMeanwhile, Closed for a guest who was merged or
    erased, ValueError for a choice that does not exist, and dependents.Refused.
    """
    kept, merged = _locked_pair(company, kept.pk, merged.pk)
    for guest, seen in ((kept, kept_version), (merged, merged_version)):
        if not guest.is_open:
            raise Closed(guest)
        if guest.version != seen:
            raise ChangedMeanwhile(guest)
    resolved = resolve(kept, merged, choices)
    merge = GuestMerge(company=company, kept=kept, merged=merged, at=now, actor=actor)
    merge.moved = {
        part.key: part.move(source=merged, target=kept) for part in dependents.all_dependents()
    }
    kept_before = _present(kept, resolved.kept)
    merge.kept_before = stored(kept_before)
    merge.merged_before = stored(_present(merged, resolved.merged))
    _write_pair(kept, resolved.kept, merged, resolved.merged)
    merge.kept_version, merge.merged_version = kept.version, merged.version
    merge.save(force_insert=True)
    tell = partial(record, company=company, actor=actor, source=source, now=now)
    values = {"merged_guest": [None, str(merged)], **_told(kept_before, resolved.kept)}
    tell(action="merge_guest", subject=kept, values=values)
    values = {"merged_into_id": [None, kept.pk]}
    tell(action="merge_into_guest", subject=merged, values=values)
    return merge


@begun_anew
def undo_merge(
    *, company: Company, merge: GuestMerge, actor: User | None, source: str, now: datetime
) -> None:
    """Give both guests back what they had before they were merged.

    Raises NotUndoable when either was touched since, AlreadyUndone, and dependents.Refused when
    something that was moved cannot go back.
    """
    try:
        kept, merged = _locked_pair(company, merge.kept_id, merge.merged_id)
    except Guest.DoesNotExist as gone:
        raise NotUndoable(str(merge)) from gone
    merge = GuestMerge.objects.for_company(company).select_for_update().get(pk=merge.pk)
    if merge.undone_at is not None:
        raise AlreadyUndone(str(merge))
    if not is_undoable(merge, kept, merged):
        raise NotUndoable(str(merge))
    kept_before, merged_before = read(merge.kept_before), read(merge.merged_before)
    # Before the parts: whoever holds tiers and categories holds the tiers first.
    _forget_tier_that_is_gone(company, kept_before)
    for key in sorted(merge.moved, reverse=True):
        part = dependents.dependent(key)
        part.put_back(merge.moved[key], source=merged, target=kept)
    told = _told(_present(kept, kept_before), kept_before)
    _write_pair(kept, kept_before, merged, merged_before)
    merge.undone_at = now
    merge.save(update_fields=["undone_at"])
    _let_earlier_be_undone(company, merge, kept, merged)
    tell = partial(record, company=company, actor=actor, source=source, now=now)
    values = {"merged_guest": [str(merged), None], **told}
    tell(action="undo_merge", subject=kept, values=values)
    values = {"merged_into_id": [kept.pk, None]}
    tell(action="undo_merge_into", subject=merged, values=values)


def is_undoable(merge: GuestMerge, kept: Guest, merged: Guest) -> bool:
    """Whether both guests are as the merge left them."""
    return (
        merge.undone_at is None
        and merged.merged_into_id == kept.pk
        and kept.phone is not None
        and (kept.version, merged.version) == (merge.kept_version, merge.merged_version)
    )


def kept_ids(company: Company, ids: Collection[int]) -> dict[int, int]:
    """Return for those of the guests who were merged the id of the guest who was kept in the end.

    One query for each merge in a row, and so nearly always two at most.
    """
    leads = {pk: pk for pk in ids}
    open_ends = set(ids)
    for _step in range(LONGEST_CHAIN):
        rows = Guest.objects.for_company(company).filter(
            pk__any=open_ends, merged_into__isnull=False
        )
        into = dict(rows.values_list("pk", "merged_into_id")) if open_ends else {}
        if not into:
            break
        leads = {pk: into.get(end, end) for pk, end in leads.items()}
        open_ends = set(into.values())
    return {pk: end for pk, end in leads.items() if pk != end}


def _locked_pair(company: Company, kept: int, merged: int) -> tuple[Guest, Guest]:
    """Return both guests, locked in the order of their ids. Raises Guest.DoesNotExist."""
    if kept == merged:
        raise ValueError("a guest cannot be merged with themselves")
    found = {g.pk: g for g in Guest.objects.for_company(company).locked({kept, merged})}
    if len(found) < 2:
        raise Guest.DoesNotExist(f"guests {kept} and {merged}")
    for guest in found.values():
        guest.company = company
    return found[kept], found[merged]


def _write_pair(
    kept: Guest, on_kept: dict[str, Any], merged: Guest, on_merged: dict[str, Any]
) -> None:
    """Write both guests. What is unique leaves one of them before the other gets it."""
    exchanged = {name: None for name in ("phone", "member_number") if name in on_merged}
    if exchanged:
        Guest.objects.filter(pk=merged.pk).update(**exchanged)
    _write(kept, on_kept)
    _write(merged, on_merged)


def _write(guest: Guest, values: dict[str, Any]) -> None:
    """Write these fields only: the parts have written others (counters) on the row itself."""
    for name, value in values.items():
        setattr(guest, name, value)
    followed = derived(vars(guest))
    Guest.objects.filter(pk=guest.pk).update(**values, **followed, version=F("version") + 1)
    guest.refresh_from_db(fields=[*values, *DERIVED, "version"])


def _present(guest: Guest, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: getattr(guest, name) for name in values}


def _told(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return old and new of every field, as a Change has them."""
    old, new = stored(before), stored(after)
    return {name: [old[name], new[name]] for name in new}


def _forget_tier_that_is_gone(company: Company, values: dict[str, Any]) -> None:
    """Bring no tier back that was deleted since the merge: nobody held it then."""
    tier = values.get("member_tier_id")
    if tier and not held(company.pk, [tier]):
        values["member_tier_id"] = None


def _let_earlier_be_undone(company: Company, merge: GuestMerge, kept: Guest, merged: Guest) -> None:
    """Whoever is as they were before this merge can also be parted from whom they were merged with
    before it: nobody has touched them but the merge that is undone."""
    for guest, after in ((kept, merge.kept_version), (merged, merge.merged_version)):
        GuestMerge.objects.for_company(company).filter(
            kept=guest, kept_version=after - 1, undone_at__isnull=True
        ).update(kept_version=guest.version)
