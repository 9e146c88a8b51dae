"""What a company runs for its guests: bonus points, deposits, discounts; and its rules for them."""

from datetime import date

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField
from core.models import Company
from core.querysets import CompanyOwnedQuerySet
from guests.models import Category
from loyalty.querysets import ProgramQuerySet, TermsQuerySet


class Program(models.Model):
    """A promise to guests. Of bonus points and deposits there is a ledger; of a discount none.

    Credits are given from `active_from` through `active_to`, both days of the company's time zone
    and either may be open; what a guest has can be spent at any time.
    """

    class Kind(models.TextChoices):
        POINTS = "points", _("Bonus points")
        DEPOSIT = "deposit", _("Deposit")
        DISCOUNT = "discount", _("Discount")

    class Expiry(models.TextChoices):
        """How long a credit lasts when nobody gives it a date of its own."""

        NEVER = "never", _("For ever")
        DAYS = "days", _("A number of days")
        MONTH_END = "month_end", _("To the end of the month")
        YEAR_END = "year_end", _("To the end of the year")

    class Audience(models.TextChoices):
        EVERYONE = "everyone", _("Every guest")
        CATEGORIES = "categories", _("Guests of some categories")
        ACCOUNT = "account", _("Guests with an account")

    company = models.ForeignKey(Company, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(_("name"), max_length=80)
    code = models.CharField(
        _("code"),
        max_length=40,
        validators=[RegexValidator(r"\A[A-Za-z0-9][A-Za-z0-9._-]*\Z")],
        help_text=_("What files and tills call it."),
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.POINTS)
    currency = models.CharField(
        _("currency"), max_length=3, validators=[RegexValidator(r"\A[A-Z]{3}\Z")]
    )
    active_from = models.DateField(_("from"), null=True, blank=True)
    active_to = models.DateField(_("to"), null=True, blank=True)
    expiry = models.CharField(
        _("a credit lasts"), max_length=9, choices=Expiry, default=Expiry.NEVER
    )
    expiry_days = models.PositiveIntegerField(_("days"), null=True, blank=True)
    audience = models.CharField(_("for"), max_length=10, choices=Audience, default=Audience.ACCOUNT)
    percentage = models.DecimalField(
        _("percentage"), max_digits=5, decimal_places=2, null=True, blank=True
    )
    adjustment_limit = AmountField(
        _("limit of one person"),
        null=True,
        blank=True,
        help_text=_("Above it a second person approves. Empty: the company's limit."),
    )
    is_active = models.BooleanField(
        _("active"),
        default=True,
        help_text=_("Nothing more is credited in one that is not; what guests have stays theirs."),
    )
    is_default = models.BooleanField(
        _("default of its currency"),
        default=False,
        help_text=_("Credits that name no program go here."),
    )
    categories = models.ManyToManyField(Category, through="ProgramCategory", related_name="+")

    objects = ProgramQuerySet.as_manager()

    class Meta:
        verbose_name = _("program")
        verbose_name_plural = _("programs")
        permissions = [
            ("adjust_balance", _("Can credit and debit guests")),
            ("approve_adjustment", _("Can approve credits and debits of others")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["company", "code"], name="program_code_unique"),
            models.UniqueConstraint(fields=["company", "name"], name="program_name_unique"),
            # What the composite foreign keys of accounts point at.
            models.UniqueConstraint(fields=["company", "id"], name="program_company_key"),
            models.UniqueConstraint(
                fields=["company", "currency"],
                condition=Q(is_default=True),
                name="program_default_of_currency",
            ),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(kind="points"), name="program_default_is_points"
            ),
            models.CheckConstraint(
                # Of nothing the database can say neither yes nor no, and lets it pass.
                condition=Q(
                    kind="discount",
                    percentage__isnull=False,
                    percentage__gt=0,
                    percentage__lte=100,
                )
                | (~Q(kind="discount") & Q(percentage__isnull=True)),
                name="program_percentage_of_discount",
            ),
            models.CheckConstraint(
                condition=Q(expiry="days", expiry_days__isnull=False, expiry_days__gt=0)
                | (~Q(expiry="days") & Q(expiry_days__isnull=True)),
                name="program_days_of_expiry",
            ),
            models.CheckConstraint(
                condition=Q(active_from__isnull=True)
                | Q(active_to__isnull=True)
                | Q(active_to__gte=F("active_from")),
                name="program_active_range",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def percent(self) -> str:
        """The percentage as it is read, "12.5%"; "" of what is no discount."""
        return "" if self.percentage is None else f"{self.percentage.normalize():f}%"

    def gives_on(self, day: date) -> bool:
        """Whether it gives credits on a day of the company's time zone."""
        return (
            self.is_active
            and (self.active_from is None or self.active_from <= day)
            and (self.active_to is None or day <= self.active_to)
        )

    @property
    def has_ledger(self) -> bool:
        """Whether guests own something in it: of a discount they own nothing."""
        return self.kind != self.Kind.DISCOUNT


class ProgramCategory(models.Model):
    """A category whose guests take part in a program."""

    pk = models.CompositePrimaryKey("program_id", "category_id")
    company = models.ForeignKey(Company, models.CASCADE, related_name="+", db_index=False)
    program = models.ForeignKey(Program, models.CASCADE, related_name="+", db_index=False)
    category = models.ForeignKey(Category, models.CASCADE, related_name="+")

    objects = CompanyOwnedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.category_id} in {self.program_id}"


class Terms(models.Model):
    """A company's rules for money that are no program's: grace, limits."""

    company = models.OneToOneField(
        "core.Company", models.CASCADE, primary_key=True, related_name="loyalty_terms"
    )
    grace_days = models.PositiveSmallIntegerField(
        _("days of grace"),
        default=30,
        help_text=_("How long a credit lasts that comes back after its own last day."),
    )
    adjustment_limit = AmountField(
        _("limit of adjustments"),
        null=True,
        blank=True,
        help_text=_("Above it a second person approves. Empty: no limit."),
    )

    objects = TermsQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.grace_days} days of grace"
