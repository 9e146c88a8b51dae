"""Every reusable read of the ground floor. A read starts from what the user may see."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from core.models import Company, User


class CompanyOwnedQuerySet(models.QuerySet):
    """Rows of a table that carries `company_id`."""

    def for_company(self, company: "Company") -> Self:
        return self.filter(company=company)


class CompanyQuerySet(models.QuerySet):
    def for_user(self, user: "User") -> Self:
        """Companies the user is an active member of: superusers too see no others.

        Whoever is only invited is none yet.
        """
        return self.filter(
            memberships__user_id=user.pk,
            memberships__is_active=True,
            memberships__accepted_at__isnull=False,
        )


class RestaurantQuerySet(CompanyOwnedQuerySet):
    def of_member(self, company: "Company", user: "User") -> Self:
        """Those of the company that a member is for: all of them, unless only some were chosen."""
        from core.models import Membership

        chosen = Membership.restaurants.through.objects.filter(
            membership__user=user.pk, membership__company=company
        )
        own = models.Exists(chosen.filter(restaurant=models.OuterRef("pk")))
        return self.for_company(company).filter(own | ~models.Exists(chosen))

    def limiting(self, company: "Company", user: "User") -> Self:
        """The only ones that a member is for; none of a member who is for all."""
        return self.for_company(company).filter(
            membership__user=user.pk, membership__company=company
        )

    def active(self) -> Self:
        return self.filter(is_active=True)


def _second_factor() -> models.Exists:
    """Whether the member's user has a second factor."""
    from django_otp.plugins.otp_totp.models import TOTPDevice

    return models.Exists(TOTPDevice.objects.filter(user=models.OuterRef("user"), confirmed=True))


class MembershipQuerySet(CompanyOwnedQuerySet):
    def active(self) -> Self:
        """Members as such: neither deactivated nor only invited."""
        return self.filter(is_active=True, user__is_active=True, accepted_at__isnull=False)

    def invited(self) -> Self:
        """Those that wait for the person to say yes."""
        return self.filter(is_active=True, user__is_active=True, accepted_at__isnull=True)

    def with_email(self, email: str) -> Self:
        return self.filter(user__email=email.strip().lower())

    def for_list(self) -> Self:
        """With user, restaurants and `has_second_factor`; active ones first, then by name.

        Invited ones have no name yet, not even for the order.
        """
        name = models.Case(
            models.When(accepted_at__isnull=False, then="user__name"), default=models.Value("")
        )
        return (
            self.select_related("user")
            .prefetch_related("restaurants")
            .annotate(has_second_factor=_second_factor(), known_name=name)
            .order_by("-is_active", "known_name", "user__email", "pk")
        )

    def without_second_factor(self) -> Self:
        return self.filter(~_second_factor())


class JobQuerySet(CompanyOwnedQuerySet):
    """Reads of any Job table."""

    def waiting(self) -> Self:
        return self.filter(state="queued")

    def running(self) -> Self:
        return self.filter(state="running")

    def stale(self, *, before: datetime) -> Self:
        """Running jobs whose worker has given no sign of life since `before`."""
        return self.running().filter(heartbeat_at__lt=before)


class OutgoingMailQuerySet(CompanyOwnedQuerySet):
    def due(self, *, now: datetime) -> Self:
        return self.filter(state="waiting", next_attempt_at__lte=now)


class ChangeQuerySet(CompanyOwnedQuerySet):
    def about(self, subject: models.Model) -> Self:
        return self.filter(subject=subject._meta.label_lower, subject_id=subject.pk)

    def newest_first(self) -> Self:
        return self.order_by("-at", "-pk")

    def oldest_first(self) -> Self:
        return self.order_by("at", "pk")

    def older_than(self, at: datetime, pk: int) -> Self:
        """What comes after that change in a list of the newest first.

        The first condition bounds the index; the second only settles what has the same moment.
        """
        return self.filter(at__lte=at).exclude(at=at, pk__gte=pk)

    def newer_than(self, at: datetime, pk: int) -> Self:
        """What comes before that change in a list of the newest first."""
        return self.filter(at__gte=at).exclude(at=at, pk__lte=pk)
