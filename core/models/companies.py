from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.text import get_text_list
from django.utils.translation import gettext_lazy as _

from core.querysets import CompanyQuerySet, MembershipQuerySet, RestaurantQuerySet


class PhoneCheck(models.TextChoices):
    """How much a phone must prove before it is accepted."""

    POSSIBLE = "possible", _("Possible number")
    VALID = "valid", _("Valid number")
    MOBILE = "mobile", _("Valid mobile number")


class Consent(models.TextChoices):
    """What a guest said about the processing of personal data."""

    UNKNOWN = "unknown", _("Not known")
    GIVEN = "given", _("Given")
    REVOKED = "revoked", _("Revoked")


class ImportPreset(models.TextChoices):
    """Which overwrite rules an import starts from (imports.policy has the rules)."""

    UPDATE = "update", _("Update")
    PROTECT = "protect", _("Protect personal data")


class Role(models.TextChoices):
    """The four roles of a company. Each is a Group whose permissions core.roles declares."""

    OWNER = "owner", _("Owner")
    MANAGER = "manager", _("Manager")
    OPERATOR = "operator", _("Operator")
    HOST = "host", _("Host")


class Company(models.Model):
    """A tenant: the wall that no guest, job or balance ever crosses."""

    slug = models.SlugField(_("address"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    timezone = models.CharField(_("time zone"), max_length=64, default="UTC")
    currency = models.CharField(
        _("currency"), max_length=3, default="GBP", validators=[RegexValidator(r"\A[A-Z]{3}\Z")]
    )
    region = models.CharField(
        _("region"),
        max_length=2,
        default="GB",
        validators=[RegexValidator(r"\A[A-Z]{2}\Z")],
        help_text=_("ISO 3166-1 code: phones without a country are read as numbers of it."),
    )
    phone_check = models.CharField(
        _("phone check"), max_length=8, choices=PhoneCheck, default=PhoneCheck.POSSIBLE
    )
    default_consent = models.CharField(
        _("consent of new guests"), max_length=8, choices=Consent, default=Consent.UNKNOWN
    )
    default_subscribed = models.BooleanField(_("new guests are subscribed"), default=True)
    import_preset = models.CharField(
        _("import preset"), max_length=8, choices=ImportPreset, default=ImportPreset.UPDATE
    )
    requires_second_factor = models.BooleanField(
        _("second factor demanded"),
        default=False,
        help_text=_("Members without a second factor set one up before anything else opens."),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = CompanyQuerySet.as_manager()

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")

    def __str__(self) -> str:
        return self.name


class Restaurant(models.Model):
    """An outlet of a company."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="restaurants")
    name = models.CharField(_("name"), max_length=120)
    is_active = models.BooleanField(_("active"), default=True)

    objects = RestaurantQuerySet.as_manager()

    class Meta:
        verbose_name = _("restaurant")
        verbose_name_plural = _("restaurants")
        constraints = [
            models.UniqueConstraint(fields=["company", "name"], name="restaurant_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """What one user is in one company; optionally only for some of its restaurants."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=8, choices=Role)
    restaurants = models.ManyToManyField(
        Restaurant, blank=True, help_text=_("None chosen: all of them.")
    )
    phone = models.CharField(
        _("telephone"),
        max_length=16,
        blank=True,
        help_text=_("E.164, as the company knows it: users may have said another, or none."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    accepted_at = models.DateTimeField(
        _("accepted"),
        null=True,
        default=timezone.now,
        help_text=_("Empty: invited, and has not said yes. Until then the company is closed."),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(fields=["company", "user"], name="membership_user_unique"),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="membership_role"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.called} · {self.company} · {self.get_role_display()}"

    @property
    def called(self) -> str:
        """How the company knows the person: by the address it typed, until they have joined.

        Their name is theirs to give: an invitation must not be a way to look people up.
        """
        return self.user.email if self.accepted_at is None else str(self.user)

    @property
    def where(self) -> str:
        """The restaurants that the member is for, in words. One query."""
        names = self.restaurants.order_by("name", "pk").values_list("name", flat=True)
        return str(get_text_list([*names], _("and")) or _("all restaurants"))
