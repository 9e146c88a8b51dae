"""Changing many guests at once: what was confirmed is done, no more and no less, and can be undone.

The set is written down in the transaction in which it is confirmed (BulkChangeGuest). Up to a size
it is carried out there and then, so that it happens as a whole or not at all; larger ones are left
to a worker (guests.services.bulk_changes_worker).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from core import bulk
from core.models import Company, Job, User
from core.services.changes import record
from core.services.jobs import enqueue
from guests.models import BulkChange, Category, GuestCategory, MemberTier
from guests.querysets import GuestQuerySet
from guests.services import deleted_categories
from guests.services.bulk_changes_sets import Mark, concerned, write_down
from guests.services.bulk_changes_steps import (
    CATEGORISING,
    CategoryGone,
    change_next,
    undo_next,
)
from guests.services.categories import InUse, uses_of
from guests.services.retrying import whole

Action, State, Step = BulkChange.Action, Job.State, BulkChange.Step

#: From so many guests on a worker does it.
LARGE = 10_000
#: States in which guests may have been changed, and nothing is under way any more.
UNDOABLE = frozenset({State.DONE, State.STOPPED, State.FAILED})


class SetChanged(Exception):
    """Other guests are meant by now than those that were shown; `mark` is of those."""

    def __init__(self, mark: Mark) -> None:
        super().__init__(f"the set has changed, it has {mark.count} guests now")
        self.mark = mark


class ConfirmedBefore(Exception):
    """The same page was sent before; `change` is what it led to."""

    def __init__(self, change: BulkChange) -> None:
        super().__init__(f"bulk change {change.pk} was confirmed on this page")
        self.change = change


class NothingToChange(Exception):
    """Every guest of the set is as asked already."""


class NotNow(Exception):
    """The change is under way, or has come too far for what was asked; `change` is as it is now."""

    def __init__(self, change: BulkChange) -> None:
        super().__init__(f"bulk change {change.pk} is {change.state}")
        self.change = change


def confirm_change(
    *,
    company: Company,
    action: str,
    guests: GuestQuerySet,
    seen: str,
    query: str,
    words: Sequence[str],
    category: Category | None = None,
    tier: MemberTier | None = None,
    ref: str = "",
    actor: User | None,
    source: str,
    now: datetime,
) -> BulkChange:
    """Change those of `guests` whom the action is about, and return the receipt.

    `seen` is the mark of the set that was shown (bulk_changes_sets.mark_of); `query` and `words`
    tell how it was chosen; `tier` is the one to be set, None to have none; `ref` names the page
    that asked. A large one waits for a worker when this returns.

    Raises ConfirmedBefore when the page was sent already, SetChanged when another set is meant by
    now, NothingToChange when there is nothing to be done, CategoryGone and TierGone. Nothing is
    written then.
    """

    def confirm() -> BulkChange:
        change = BulkChange(
            company=company,
            actor=actor,
            action=action,
            category=category,
            category_name=category.name if category else "",
            member_tier=tier,
            tier_name=tier.name if tier else "",
            ref=ref,
            query=query,
            words=list(words),
        )
        (change.pk,) = bulk.reserve_ids(BulkChange, 1)
        mark = write_down(change, concerned(guests.for_company(company), action))
        if str(mark) != seen:
            raise SetChanged(mark)
        change.total = mark.count
        _save_numbered(change)
        _begin(change, now=now)
        if not (change.changed or change.is_active):
            raise NothingToChange
        _record(change, f"{action}_guests", actor=actor, source=source, now=now)
        return change

    try:
        return whole(confirm)
    except (SetChanged, NothingToChange):
        # Nobody may be left because the same click did it, a moment before.
        if first := confirmed_on(company=company, ref=ref, actor=actor):
            raise ConfirmedBefore(first) from None
        raise


def confirmed_on(*, company: Company, ref: str, actor: User | None) -> BulkChange | None:
    """Return the change that `actor` confirmed on this page, if it was sent already."""
    if not ref:
        return None
    return BulkChange.objects.for_company(company).filter(actor=actor, ref=ref).first()


def delete_category(
    *, category: Category, actor: User | None, source: str, now: datetime
) -> BulkChange:
    """Delete a category, and return the receipt. No guest is deleted; Undo puts them back into it.

    One that many are in waits for a worker when this returns. Raises InUse.
    """

    def delete() -> BulkChange:
        # Not its key, which others look at when they commit: whoever is putting a guest into the
        # category would wait for this, and this for them.
        company = Company.objects.select_for_update(no_key=True).get(pk=category.company_id)
        if uses := uses_of(category):
            raise InUse(" ".join(uses))
        places = GuestCategory.objects.for_company(company).filter(category=category)
        change = BulkChange(
            company=company,
            actor=actor,
            action=Action.DELETE_CATEGORY,
            category=category,
            category_name=category.name,
            words=[_("Category: %(name)s") % {"name": category.name}],
            total=places.count(),
        )
        _save_numbered(change)
        _begin(change, now=now)
        _record(change, "delete_category", actor=actor, source=source, now=now)
        return change

    return whole(delete)


def request_undo(
    *, change: BulkChange, actor: User | None, source: str, now: datetime
) -> BulkChange:
    """Take the change back for everybody whom nobody touched since, and return it as it is then.

    A large one waits for a worker. Raises NotNow when there is nothing to take back or something
    is under way, CategoryGone, and NameTaken by another category than the one to be brought back.
    """

    def undo() -> BulkChange:
        locked = _locked(change)
        if not is_undoable(locked):
            raise NotNow(locked)
        if is_category_gone(locked):
            raise CategoryGone
        if locked.action == Action.DELETE_CATEGORY and locked.category_id is None:
            deleted_categories.bring_back(locked)
        fields = {"step": Step.UNDO, "checkpoint": 0, "undone_by": actor, "stop_asked": False}
        if locked.changed < LARGE:
            for name, value in fields.items():
                setattr(locked, name, value)
            piece = undo_next(locked, LARGE)
            locked.undone += piece.changed if piece else 0
            locked.state, locked.finished_at, locked.error = State.UNDONE, now, ""
            locked.save(update_fields=[*fields, "undone", "state", "finished_at", "error"])
        else:
            enqueue(locked, now=now, **fields)
        _record(locked, "undo_bulk_change", actor=actor, source=source, now=now)
        return locked

    return whole(undo)


@transaction.atomic
def request_stop(*, change: BulkChange) -> BulkChange:
    """Ask the worker to stop: whoever is changed by then stays so. Raises NotNow."""
    locked = _locked(change)
    if not locked.is_active or locked.step == Step.UNDO:
        raise NotNow(locked)
    locked.stop_asked = True
    locked.save(update_fields=["stop_asked"])
    return locked


def is_undoable(change: BulkChange) -> bool:
    """Whether there is anything to take back, and nothing under way."""
    if change.state not in UNDOABLE:
        return False
    # An empty category, too, can come back.
    return bool(change.category_kept) or change.changed > change.undone


def is_category_gone(change: BulkChange) -> bool:
    """Whether the change's category is not there, and cannot be brought back by it."""
    is_about_one = change.action in {*CATEGORISING, Action.DELETE_CATEGORY}
    return is_about_one and change.category_id is None and not change.category_kept


def _begin(change: BulkChange, *, now: datetime) -> None:
    """Carry the change out, or leave it to a worker."""
    if change.total >= LARGE:
        enqueue(change, now=now)
        return
    if piece := change_next(change, LARGE):
        change.changed, change.done, change.checkpoint = piece.changed, piece.met, piece.last
    if change.action == Action.DELETE_CATEGORY:
        deleted_categories.drop(change)
    change.state, change.started_at, change.finished_at = State.DONE, now, now
    change.save()


def _save_numbered(change: BulkChange) -> None:
    """Save the change under the company's next number; the lock keeps two from taking the same.

    Raises ConfirmedBefore.
    """
    Company.objects.select_for_update(no_key=True).get(pk=change.company_id)
    if first := confirmed_on(company=change.company, ref=change.ref, actor=change.actor):
        raise ConfirmedBefore(first)
    last = BulkChange.objects.filter(company_id=change.company_id).aggregate(last=Max("number"))
    change.number = (last["last"] or 0) + 1
    change.save(force_insert=True)


def _locked(change: BulkChange) -> BulkChange:
    locked = BulkChange.objects.select_for_update(of=("self",)).get(pk=change.pk)
    locked.company = change.company
    return locked


def _record(
    change: BulkChange, action: str, *, actor: User | None, source: str, now: datetime
) -> None:
    values: dict[str, Any] = {}
    if change.action == Action.ADD_CATEGORY:
        values = {"category": [None, change.category_name]}
    elif change.action == Action.REMOVE_CATEGORY:
        values = {"category": [change.category_name, None]}
    elif change.action == Action.SET_TIER and change.tier_name:
        values = {"member_tier": [None, change.tier_name]}
    elif action == "delete_category" and change.total:
        values = {"guests": [change.total, 0]}
    record(
        company=change.company,
        actor=actor,
        source=source,
        action=action,
        subject=change,
        values=values,
        now=now,
    )
