"""Crediting or debiting many guests at once: what was confirmed, in the worker, with Undo."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import BigIntegerField, F, Max, Value

from core import bulk as bulk_writes
from core.fields import to_units
from core.models import Company, Restaurant, User
from core.services.jobs import enqueue
from guests.models import BulkChange
from guests.querysets import GuestQuerySet
from guests.services.bulk_changes_sets import Mark, concerned, mark_of
from loyalty.models import Adjustment, BulkAdjustment, BulkAdjustmentGuest, Program
from loyalty.money import is_rounded
from loyalty.services.asking import ask, is_of_their_restaurants
from loyalty.services.bulk_undoing import (
    action_of,
    begin_undo,
    is_undoable,
    moved_back,
    tell,
)
from loyalty.services.limits import above_limit
from loyalty.services.retrying import whole

Step = BulkAdjustment.Step


class SetChanged(Exception):
    """Other guests are meant by now than those that were shown; `mark` is of those."""

    def __init__(self, mark: Mark) -> None:
        super().__init__(f"the set has changed, it has {mark.count} guests now")
        self.mark = mark


class ConfirmedBefore(Exception):
    """The same page was sent before; `change` is what it led to."""

    def __init__(self, change: BulkAdjustment) -> None:
        super().__init__(f"bulk adjustment {change.pk} was confirmed on this page")
        self.change = change


class NobodyMeant(Exception):
    """The set is empty."""


class NotNow(Exception):
    """It is under way, or there is nothing to stop or take back."""


class NotYours(Exception):
    """It is another restaurant's."""


def guests_of(guests: GuestQuerySet) -> GuestQuerySet:
    """Return those of `guests` who can be credited: neither merged nor erased, and not deleted."""
    # Deleted guests keep what they have, but nobody gives them more by the hundred.
    return concerned(guests, BulkChange.Action.DELETE)


def confirm_bulk(
    *,
    company: Company,
    guests: GuestQuerySet,
    seen: str,
    program: Program,
    amount: Decimal,
    restaurant: Restaurant | None,
    reason: str,
    comment: str,
    query: str,
    words: Sequence[str],
    ref: str = "",
    actor: User,
    source: str,
    now: datetime,
) -> BulkAdjustment:
    """Write down whom it is about and hand it to the worker; above the limit have it approved.

    `seen` is the mark of the set that was shown (bulk_changes_sets.mark_of). The limit is for the
    sum of all. A state of draft means that it waits for a second person. `ref` names the page that
    asked: sent twice, it gives once.
    Raises ConfirmedBefore, SetChanged, NobodyMeant, and ValueError for an amount that is none of
    the currency.
    """
    if not amount or not is_rounded(amount, program.currency):
        raise ValueError(f"not an amount of {program.currency}: {amount}")

    def act() -> BulkAdjustment:
        change = BulkAdjustment(
            company=company,
            actor=actor,
            program=program,
            amount=amount,
            restaurant=restaurant,
            reason=reason,
            comment=comment,
            ref=ref,
            query=query,
            words=list(words),
        )
        _write_down(change, guests_of(guests.for_company(company)), seen=seen)
        _begin(change, actor=actor, source=source, now=now)
        return change

    return whole(act)


def confirmed_on(*, company: Company, ref: str, actor: User | None) -> BulkAdjustment | None:
    """Return what `actor` confirmed on this page, if it was sent already."""
    if not ref:
        return None
    return BulkAdjustment.objects.for_company(company).filter(actor=actor, ref=ref).first()


def _begin(change: BulkAdjustment, *, actor: User, source: str, now: datetime) -> None:
    """Hand what was written down to the worker; above the limit have it approved first."""
    total = change.amount * change.total
    to_units(total)
    if above_limit(change.company, change.program, total):
        change.save(update_fields=["total"])
        ask(
            company=change.company,
            guest=None,
            bulk=change,
            program=change.program,
            amount=total,
            restaurant=change.restaurant,
            reason=change.reason,
            comment=change.comment,
            ref=f"bulk:{change.pk}",
            actor=actor,
            source=source,
            now=now,
        )
    else:
        enqueue(change, now=now, total=change.total)
    tell(change, action_of(change), actor=actor, source=source, now=now)


def may_touch(change: BulkAdjustment, actor: User) -> bool:
    """Whether `actor`, who may adjust balances, may stop it or take it back: a member of some
    restaurants only what they began themselves, or what was noted with one of these."""
    if change.actor_id == actor.pk:
        return True
    return is_of_their_restaurants(change.company, actor, change.restaurant_id)


@transaction.atomic
def request_stop(*, change: BulkAdjustment, actor: User) -> None:
    """Ask the worker to stop: what is posted by then stays. Raises NotYours and NotNow."""
    if not may_touch(change, actor):
        raise NotYours
    locked = _locked(change)
    if not locked.is_active or locked.step == Step.UNDO:
        raise NotNow
    locked.stop_asked = True
    locked.save(update_fields=["stop_asked"])


@transaction.atomic
def request_undo(
    *, change: BulkAdjustment, actor: User, source: str, now: datetime
) -> Adjustment | None:
    """Have every entry reversed, as far as what was given is still there.

    Above the limit a second person approves it first, whether it gives out what was taken or takes
    what was given, as of one entry (`adjusting.reverse_entry`); the request that waits is returned.
    Raises NotYours, and NotNow, also while one waits.
    """
    if not may_touch(change, actor):
        raise NotYours
    locked = _locked(change)
    if not is_undoable(locked) or undo_request(locked, now=now):
        raise NotNow
    if not undo_needs_approval(locked):
        begin_undo(locked, actor=actor, source=source, now=now)
        return None
    return ask(
        company=locked.company,
        guest=None,
        bulk=None,
        undoes=locked,
        program=locked.program,
        amount=moved_back(locked),
        restaurant=locked.restaurant,
        reason=locked.reason,
        comment=locked.comment,
        # A request that was declined may be made again.
        ref=f"undo_bulk:{locked.pk}:{locked.undo_requests.count()}",
        actor=actor,
        source=source,
        now=now,
    )


def undo_request(change: BulkAdjustment, *, now: datetime) -> Adjustment | None:
    """Return the request to undo it that waits for a second person."""
    return change.undo_requests.waiting(now=now).first()


def undo_needs_approval(change: BulkAdjustment) -> bool:
    """Whether its undo gives or takes more than one person may."""
    return above_limit(change.company, change.program, moved_back(change))


def _write_down(change: BulkAdjustment, guests: GuestQuerySet, *, seen: str) -> None:
    """Write down the change and whom it is about, under the company's next number.

    Raises ConfirmedBefore, SetChanged when `seen` is not the mark of these guests, and NobodyMeant.
    """
    _save_numbered(change)
    _write_down_set(change, guests)
    mark = _mark_of_set(change)
    if str(mark) != seen:
        raise SetChanged(mark)
    if not mark.count:
        raise NobodyMeant
    change.total = mark.count


def _save_numbered(change: BulkAdjustment) -> None:
    """Save it under the company's next number; the lock keeps two from taking the same, and the
    same page from giving twice. Raises ConfirmedBefore.
    """
    Company.objects.select_for_update(no_key=True).get(pk=change.company_id)
    if first := confirmed_on(company=change.company, ref=change.ref, actor=change.actor):
        raise ConfirmedBefore(first)
    (change.pk,) = bulk_writes.reserve_ids(BulkAdjustment, 1)
    rows = BulkAdjustment.objects.filter(company_id=change.company_id)
    change.number = (rows.aggregate(last=Max("number"))["last"] or 0) + 1
    change.save(force_insert=True)


def _write_down_set(change: BulkAdjustment, guests: GuestQuerySet) -> None:
    chosen = guests.order_by().values(
        "company_id",
        change_key=Value(change.pk, BigIntegerField()),
        guest_key=F("pk"),
        is_waiting=Value(BulkAdjustmentGuest.Outcome.WAITING),
        no_code=Value(""),
        no_params=Value("{}"),
    )
    sql, params = chosen.query.sql_with_params()
    table = BulkAdjustmentGuest._meta.db_table
    params_column = "s.no_params::jsonb" if connection.vendor == "postgresql" else "s.no_params"
    with connection.cursor() as cursor:
        cursor.execute(
            # Names are our own, values are parameters.
            f'INSERT INTO "{table}" '  # noqa: S608
            '("company_id", "change_id", "guest_id", "outcome", "code", "params") '
            "SELECT s.company_id, s.change_key, s.guest_key, s.is_waiting, s.no_code, "
            f"{params_column} FROM ({sql}) s",
            params,
        )


def _mark_of_set(change: BulkAdjustment) -> Mark:
    """Return the mark of the set as it is written down, like that of the guests shown."""
    from guests.models import Guest

    ids = BulkAdjustmentGuest.objects.filter(change_id=change.pk).values("guest_id")
    return mark_of(Guest.objects.filter(company_id=change.company_id, pk__in=ids))


def _locked(change: BulkAdjustment) -> BulkAdjustment:
    locked = BulkAdjustment.objects.select_for_update(of=("self",)).get(pk=change.pk)
    locked.company = change.company
    return locked
