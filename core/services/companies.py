"""How a company begins, and how people come to belong to it."""

from collections.abc import Collection
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from core import mail as mails, validators
from core.models import Company, Membership, OutgoingMail, Restaurant, User
from core.services.changes import record
from core.services.mail import post
from core.services.passwords import link_of

INVITATION = "invitation"


class AlreadyMember(Exception):
    """The person belongs to the company already; the text says who."""


def create_company(
    *,
    slug: str,
    name: str,
    region: str = "GB",
    currency: str = "GBP",
    timezone: str = "UTC",
    actor: User | None,
    source: str,
    now: datetime,
) -> Company:
    """Make a company. Raises ValidationError with a sentence for each field that cannot be."""
    company = Company(
        slug=slug, name=name.strip(), region=region, currency=currency, timezone=timezone
    )
    validate(company)
    with transaction.atomic():
        company.save(force_insert=True)
        record(
            company=company,
            actor=actor,
            source=source,
            action="created",
            subject=company,
            values={"slug": [None, slug], "name": [None, company.name]},
            now=now,
        )
    return company


def invite(
    *,
    company: Company,
    email: str,
    role: str,
    restaurants: Collection[Restaurant] = (),
    actor: User | None,
    source: str,
    now: datetime,
) -> Membership:
    """Mail somebody an invitation. They belong to the company once they have said yes.

    Who is new gets a link that lets them choose a password, once. Without `restaurants` they will
    see all of them. Raises AlreadyMember, and ValidationError when the address is not one.
    """
    address = User.objects.normalize_email(email)
    with transaction.atomic():
        # Two who invite the same person would both not find them: the lock lets one wait.
        Company.objects.select_for_update().get(pk=company.pk)
        user = _user_with(address)
        before = Membership.objects.for_company(company).filter(user=user).first()
        if before is not None:
            raise AlreadyMember(_already(before) % {"email": address, "company": company})
        membership = Membership.objects.create(
            company=company, user=user, role=role, accepted_at=None
        )
        membership.restaurants.set(restaurants)
        record(
            company=company,
            actor=actor,
            source=source,
            action="invited",
            subject=membership,
            values={
                "user": [None, address],
                "role": [None, role],
                **({"restaurants": [[], [each.pk for each in restaurants]]} if restaurants else {}),
            },
            now=now,
        )
        post(
            company=company,
            kind=INVITATION,
            subject_id=membership.pk,
            to=address,
            message_id=mails.message_id(INVITATION, membership.pk),
            now=now,
        )
    return membership


def _user_with(address: str) -> User:
    """Return whoever signs in with the address; somebody new cannot until they chose a password.

    Raises ValidationError when it is no address.
    """
    user = User.objects.filter(email=address).first()
    if user is None:
        user = User(email=address)
        user.set_unusable_password()
        user.full_clean()
        user.save(force_insert=True)
    return user


def _already(membership: Membership) -> str:
    if membership.is_active:
        return _("%(email)s belongs to %(company)s already.")
    return _(
        "%(email)s belonged to %(company)s before, and was deactivated. Edit them in the list of "
        "staff, and tick Active."
    )


def build_invitation(mail: OutgoingMail) -> EmailMessage:
    """Make the invitation when it is sent: the link's time runs from then."""
    membership = (
        Membership.objects.for_company(mail.company)
        .invited()
        .select_related("user")
        .filter(pk=mail.subject_id)
        .first()
    )
    if membership is None:
        raise mails.Unwanted(_("The invitation was withdrawn, or answered already."))
    context = {
        "membership": membership,
        "link": settings.BASE_URL + _way_in(membership.user),
        "days": settings.PASSWORD_RESET_TIMEOUT // 86400,
        "is_new": not membership.user.has_usable_password(),
    }
    return mails.render(mail, "core/mail/invitation", context)


def _way_in(user: User) -> str:
    """Return the address at which `user` chooses a password, or answers with the one they have."""
    return reverse("core:choose_company") if user.has_usable_password() else link_of(user)


def validate(company: Company) -> None:
    """Raise all that is wrong at once, by field."""
    errors: dict[str, list[ValidationError]] = {}
    try:
        company.full_clean()
    except ValidationError as error:
        errors = error.error_dict
    if any(error.code == "unique" for error in errors.get("slug", ())):
        text = _("There is a company at /c/%(slug)s/ already.") % {"slug": company.slug}
        errors["slug"] = [ValidationError(text, code="unique")]
    for field, check in (
        ("region", validators.region),
        ("currency", validators.currency),
        ("timezone", validators.time_zone),
    ):
        try:
            check(getattr(company, field))
        except ValidationError as error:
            errors[field] = [error]
    if errors:
        raise ValidationError(errors)
