"""Saying yes or no to an invitation. Until then the company knows an address and nothing more."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from core.models import Company, Membership, User
from core.services.changes import record
from core.texts import isolated


class NoInvitation(Exception):
    """It was withdrawn, or answered already; the text says so."""


@transaction.atomic
def accept(*, user: User, company: Company, source: str, now: datetime) -> Membership:
    """Make the invited a member. Raises NoInvitation."""
    membership = _waiting(user, company)
    membership.accepted_at = now
    membership.save(update_fields=["accepted_at"])
    record(
        company=company,
        actor=user,
        source=source,
        action="accept_invitation",
        subject=membership,
        values={"role": [None, membership.role]},
        now=now,
    )
    return membership


@transaction.atomic
def decline(*, user: User, company: Company, source: str, now: datetime) -> None:
    """Take the invitation away; the company reads that the address said no. Raises NoInvitation."""
    membership = _waiting(user, company)
    record(
        company=company,
        # Not the person: their name is none of the company's business.
        actor=None,
        source=source,
        action="decline_invitation",
        subject=membership,
        values={"user": [user.email, None]},
        now=now,
    )
    membership.delete()


def _waiting(user: User, company: Company) -> Membership:
    """Return the invitation, locked against an answer at the same moment and a withdrawal."""
    # In the order in which staff is changed: the company first.
    Company.objects.select_for_update().get(pk=company.pk)
    waiting = Membership.objects.for_company(company).invited().filter(user=user)
    membership = waiting.select_related("user").first()
    if membership is None:
        raise NoInvitation(
            _("There is no invitation to %(company)s any more.") % {"company": isolated(company)}
        )
    return membership
