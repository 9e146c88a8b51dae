"""Who belongs to a company, as what, and until when. It takes effect with their next click."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import mail as mails
from core.models import Company, Membership, OutgoingMail, Restaurant, Role, User
from core.services.changes import (
    comparable,
    heed_others,
    record,
    state_of,
)
from core.services.companies import INVITATION
from core.services.mail import post
from core.services.sessions import end_sessions
from core.texts import isolated


class LastOwner(Exception):
    """Nobody would be left who can run the company; the text says so."""


class OwnMembership(Exception):
    """Nobody changes what they may do themselves, up or down; the text says so."""


class NothingToResend(Exception):
    """The person has joined already, or no longer belongs here; the text says so."""


@transaction.atomic
def change_member(
    *,
    membership: Membership,
    role: str,
    restaurants: Collection[Restaurant],
    phone: str | None = None,
    is_active: bool,
    expected: Mapping[str, Any] | None = None,
    actor: User | None,
    source: str,
    now: datetime,
) -> Membership:
    """Set what a member is, where, by which number (E.164 or "") the company knows them, and
    whether they still belong here. A `phone` of None leaves it as it is.

    Whoever no longer does is signed out everywhere, unless another company still has them: that
    one's sessions go on, and this company is closed to them at once all the same.
    Raises OwnMembership, LastOwner and ChangedMeanwhile. The company's lock lets two owners who
    remove each other go one after the other.
    """
    company = Company.objects.select_for_update().get(pk=membership.company_id)
    locked = Membership.objects.select_related("user").get(pk=membership.pk)
    phone = locked.phone if phone is None else phone
    values = {
        "role": role,
        "restaurants": list(restaurants),
        "phone": phone,
        "is_active": is_active,
    }
    changed = _changes(locked, values)
    if not changed:
        return locked
    if actor is not None and actor.pk == locked.user_id:
        raise OwnMembership(_("Somebody else has to change what you may do here."))
    heed_others(locked, expected, values)
    locked.role, locked.phone, locked.is_active = role, phone, is_active
    locked.save(update_fields=["role", "phone", "is_active"])
    locked.restaurants.set(restaurants)
    _keep_an_owner(company)
    record(
        company=company,
        actor=actor,
        source=source,
        action=_action(changed),
        subject=locked,
        values=changed,
        now=now,
    )
    if not is_active and not Company.objects.for_user(locked.user).exists():
        end_sessions(locked.user)
    return locked


@transaction.atomic
def resend_invitation(
    *, membership: Membership, actor: User | None, source: str, now: datetime
) -> None:
    """Mail the invitation again, with a new link. Raises NothingToResend."""
    locked = (
        Membership.objects.select_for_update(of=("self",))
        .select_related("user", "company")
        .get(pk=membership.pk)
    )
    if not is_invited(locked):
        raise NothingToResend(_("%(user)s has joined already.") % {"user": isolated(locked.called)})
    before = OutgoingMail.objects.for_company(locked.company).filter(
        kind=INVITATION, subject_id=locked.pk
    )
    post(
        company=locked.company,
        kind=INVITATION,
        subject_id=locked.pk,
        to=locked.user.email,
        # Each time a mail of its own: the same Message-ID is posted only once.
        message_id=mails.message_id(f"{INVITATION}-{before.count()}", locked.pk),
        now=now,
    )
    record(
        company=locked.company,
        actor=actor,
        source=source,
        action="invite_again",
        subject=locked,
        values={"user": [None, locked.user.email]},
        now=now,
    )


def is_invited(membership: Membership) -> bool:
    """Whether the person is still expected to say yes."""
    return membership.is_active and membership.accepted_at is None


def _changes(membership: Membership, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return {field: [old, new]} of what would be another."""
    wanted = {name: comparable(value) for name, value in values.items()}
    present = state_of(membership, values)
    return {name: [old, wanted[name]] for name, old in present.items() if old != wanted[name]}


def _action(changed: dict[str, Any]) -> str:
    if "is_active" in changed:
        return "reactivate_member" if changed["is_active"][1] else "deactivate_member"
    return "change_member"


def _keep_an_owner(company: Company) -> None:
    owners = Membership.objects.for_company(company).active().filter(role=Role.OWNER)
    if not owners.exists():
        raise LastOwner(
            _("%(company)s must keep an active owner. Make somebody else one first.")
            % {"company": company}
        )
