"""Adjustments above the company's limit: asking a second person, and who that may be."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Q, QuerySet

from core import mail as mails
from core.models import Company, Membership, Restaurant, User
from core.roles import declared
from core.services.changes import record
from core.services.mail import post
from guests.models import Guest
from loyalty.models import Adjustment, BulkAdjustment, LedgerEntry, Program

APPROVAL_MAIL = "adjustment"
#: So long somebody may decide.
PATIENCE = timedelta(days=7)
_PERMISSION = "loyalty.approve_adjustment"


def ask(
    *,
    company: Company,
    guest: Guest | None,
    bulk: BulkAdjustment | None,
    program: Program,
    amount: Decimal,
    restaurant: Restaurant | None,
    reason: str,
    comment: str,
    ref: str,
    actor: User,
    source: str,
    now: datetime,
    undoes: BulkAdjustment | None = None,
    reverses: LedgerEntry | None = None,
    shortfall: str = "",
) -> Adjustment:
    """Have a second person decide, and mail those who may. Called inside a transaction.

    It is about one of `guest`, `bulk` and `undoes`.
    """
    adjustment = Adjustment.objects.create(
        company=company,
        guest=guest,
        bulk=bulk,
        undoes=undoes,
        program=program,
        amount=amount,
        reverses=reverses,
        shortfall=shortfall,
        restaurant=restaurant,
        reason=reason,
        comment=comment,
        source_ref=ref,
        asked_by=actor,
        asked_at=now,
        lapses_at=now + PATIENCE,
    )
    _mail_approvers(adjustment, now=now)
    write_down(adjustment, "ask_adjustment", actor=actor, source=source, now=now)
    return adjustment


def _mail_approvers(adjustment: Adjustment, *, now: datetime) -> None:
    for member in approvers(adjustment.company, adjustment):
        post(
            company=adjustment.company,
            kind=APPROVAL_MAIL,
            subject_id=adjustment.pk,
            to=member.user.email,
            message_id=mails.message_id(f"{APPROVAL_MAIL}.{member.pk}", adjustment.pk),
            now=now,
        )


def approvers(company: Company, adjustment: Adjustment) -> QuerySet[Membership]:
    """Return the members who may decide it: never the one who asks."""
    return possible_approvers(
        company, asked_by=adjustment.asked_by_id, restaurant=adjustment.restaurant_id
    )


def possible_approvers(
    company: Company, *, asked_by: int, restaurant: int | None
) -> QuerySet[Membership]:
    """Return the members who may decide what is asked for: nobody where one is alone."""
    members = Membership.objects.for_company(company).active().select_related("user")
    members = members.filter(role__in=declared().get(_PERMISSION, ()))
    everywhere = Q(restaurants__isnull=True)
    own = everywhere | Q(restaurants=restaurant) if restaurant else everywhere
    return members.exclude(user=asked_by).filter(own).distinct().order_by("pk")


def is_of_their_restaurants(company: Company, user: User, restaurant: int | None) -> bool:
    """Whether something noted with `restaurant` is for a member who may be for some only."""
    membership = Membership.objects.for_company(company).active().filter(user=user)
    own = set(membership.filter(restaurants__isnull=False).values_list("restaurants", flat=True))
    return not own or restaurant in own


def write_down(
    adjustment: Adjustment, action: str, *, actor: User | None, source: str, now: datetime
) -> None:
    """Write down what was done with it."""
    record(
        company=adjustment.company,
        actor=actor,
        source=source,
        action=action,
        subject=adjustment,
        values={
            "program": [None, adjustment.program_id],
            "amount": [None, f"{adjustment.amount:f}"],
        },
        now=now,
    )
