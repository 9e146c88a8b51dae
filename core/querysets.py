"""Every reusable read of the ground floor. A read starts from what the user may see."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models.expressions import RawSQL

if TYPE_CHECKING:
    from core.models import Company, Restaurant, User


class _RolePermissions(models.Expression):
    """The ids of the permissions that a member's role has, as text: "12,13,21"; None of none.

    As SQL, like the next: it is asked for on every page, and Django would take as long to write it
    as the database to answer.
    """

    output_field = models.TextField()

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[()]]:
        return self._of_role("string_agg(p.permission_id::text, ',')"), ()

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, tuple[()]]:
        return self._of_role("group_concat(p.permission_id)"), ()

    def _of_role(self, ids: str) -> str:
        rows = "auth_group_permissions p JOIN auth_group g ON g.id = p.group_id"
        return f"(SELECT {ids} FROM {rows} WHERE g.name = core_membership.role)"  # noqa: S608


_IS_LIMITED = RawSQL(
    "EXISTS (SELECT 1 FROM core_membership_restaurants r "
    "WHERE r.membership_id = core_membership.id)",
    (),
    models.BooleanField(),
)
#: What `core.auth.remember` needs to know of a member: what they may do, and whether they are for
#: some restaurants only.
_STANDING: Any = {"role_permissions": _RolePermissions(), "is_limited": _IS_LIMITED}


class CompanyOwnedQuerySet(models.QuerySet):
    """Rows of a table that carries `company_id`."""

    def for_company(self, company: "Company") -> Self:
        return self.filter(company=company)

    def is_more_than(self, count: int) -> bool:
        """Whether these are more, which is known after so many steps along an index."""
        return self.order_by()[count : count + 1].exists()


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

    def with_standing(self) -> Self:
        """Of `for_user`: each with what `core.auth.remember` needs to know of the membership."""
        return self.annotate(**_STANDING)


class RestaurantQuerySet(CompanyOwnedQuerySet):
    def of_member(self, company: "Company", user: "User") -> Self:
        """Those of the company that a member is for: all of them, unless only some were chosen."""
        from core.models import Membership

        if _is_known_for_all(user, company):
            return self.for_company(company)
        chosen = Membership.restaurants.through.objects.filter(
            membership__user=user.pk, membership__company=company
        )
        own = models.Exists(chosen.filter(restaurant=models.OuterRef("pk")))
        return self.for_company(company).filter(own | ~models.Exists(chosen))

    def limiting(self, company: "Company", user: "User") -> Self:
        """The only ones that a member is for; none of a member who is for all."""
        if _is_known_for_all(user, company):
            return self.none()
        return self.for_company(company).filter(
            membership__user=user.pk, membership__company=company
        )

    def active(self) -> Self:
        return self.filter(is_active=True)

    def offered(self, chosen: "models.QuerySet[Restaurant] | None") -> Self:
        """What a form offers, by name: open ones, and closed ones that are `chosen` already.

        Those must not go by saving: of a member of closed ones only it would make one of all.
        """
        kept = models.Q(is_active=True)
        if chosen is not None:
            kept |= models.Q(pk__in=chosen.order_by().values("pk"))
        return self.filter(kept).order_by("name", "pk")


def _is_known_for_all(user: "User", company: "Company") -> bool:
    """Whether it was read already that the member is for all restaurants."""
    standing = user.standings.get(company.pk)
    return standing is not None and not standing.is_limited


def _second_factor() -> models.Exists:
    """Whether the member's user has a second factor."""
    from django_otp.plugins.otp_totp.models import TOTPDevice

    return models.Exists(TOTPDevice.objects.filter(user=models.OuterRef("user"), confirmed=True))


class MembershipQuerySet(CompanyOwnedQuerySet):
    def active(self) -> Self:
        """Members as such: neither deactivated nor only invited."""
        return self.filter(is_active=True, user__is_active=True, accepted_at__isnull=False)

    def with_standing(self) -> Self:
        """With what `core.auth.remember` needs to know."""
        return self.annotate(**_STANDING)

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
