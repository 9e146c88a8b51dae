"""A guest: who they are, and what services keep of them."""

from django.db import models
from django.db.models import Case, ExpressionWrapper, F, Q, When
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField, CodePointField
from core.models.companies import Consent
from guests.models import guest_indexes
from guests.models.groups import Category, MemberTier
from guests.models.keys import company_key, loose_key
from guests.querysets import GuestQuerySet


class Sex(models.TextChoices):
    MALE = "male", _("Male")
    FEMALE = "female", _("Female")
    OTHER = "other", _("Other")


class Guest(models.Model):
    """A visitor of the company's restaurants, found by phone.

    The phone is unique in the company, deleted guests included, so that restoring one never
    collides; it is empty only after erasure. `version` counts changes: undo and forms use it to
    know whether somebody else touched the guest.
    """

    company = company_key()
    phone = CodePointField(_("telephone"), max_length=16, null=True, help_text=_("E.164"))
    first_name = models.CharField(_("first name"), max_length=100, blank=True)
    middle_name = models.CharField(_("middle name"), max_length=100, blank=True)
    last_name = models.CharField(_("last name"), max_length=100, blank=True)
    birthday = models.DateField(_("date of birth"), null=True, blank=True)
    sex = models.CharField(_("sex"), max_length=6, choices=Sex, blank=True)
    email = CodePointField(_("e-mail"), max_length=254, blank=True)
    employee_id = models.CharField(_("employee ID"), max_length=64, blank=True)
    consent = models.CharField(_("consent"), max_length=8, choices=Consent, default=Consent.UNKNOWN)
    consent_details = models.CharField(_("consent details"), max_length=500, blank=True)
    consent_date = models.DateField(_("consent date"), null=True, blank=True)
    referrer = loose_key("self", null=True, blank=True)
    comment = models.TextField(_("comment"), blank=True, help_text=_("The permanent note."))
    subscribed = models.BooleanField(_("subscribed to e-mails and SMS"), default=True)
    is_active = models.BooleanField(_("active"), default=True)
    member_number = models.CharField(_("member number"), max_length=64, null=True, blank=True)
    member_tier = loose_key(MemberTier, null=True, blank=True)
    image_url = models.URLField(_("image address"), max_length=500, blank=True)
    registered_at = models.DateTimeField(_("registered"))
    version = models.PositiveIntegerField(default=1, editable=False)

    # Kept by services, never typed.
    opening_total = AmountField(_("opening total"), default=0)
    orders_count = models.PositiveIntegerField(_("orders"), default=0)
    orders_total = AmountField(_("total of orders"), default=0)
    last_visit_at = models.DateTimeField(_("last visit"), null=True, blank=True)
    last_promo_sms_at = models.DateTimeField(_("last promotional SMS"), null=True, blank=True)
    search_text = models.TextField(editable=False, blank=True)
    name_key = CodePointField(max_length=310, editable=False, blank=True)
    birthday_key = models.PositiveSmallIntegerField(
        null=True, editable=False, help_text="Month x 100 + day: 229 is the 29th of February."
    )
    merged_into = loose_key(
        "self", null=True, editable=False, help_text="The guest who was kept when two were one."
    )

    # Made by the database, to sort and filter by.
    total = models.GeneratedField(
        verbose_name=_("total"),
        expression=F("opening_total") + F("orders_total"),
        output_field=AmountField(),
        db_persist=True,
    )
    average_bill = models.GeneratedField(
        verbose_name=_("average bill"),
        expression=Case(
            When(
                orders_count__gt=0,
                then=ExpressionWrapper(
                    F("orders_total") / F("orders_count"), output_field=AmountField()
                ),
            )
        ),
        output_field=AmountField(null=True),
        db_persist=True,
        help_text="Cut to ten-thousandths; null without an order.",
    )

    categories = models.ManyToManyField(
        Category, through="GuestCategory", related_name="guests", blank=True
    )

    objects = GuestQuerySet.as_manager()

    class Meta:
        verbose_name = _("guest")
        verbose_name_plural = _("guests")
        permissions = [
            ("outlet_setup", _("Can delete and restore guests")),
            ("export_guest", _("Can export guests")),
            ("erase_guest", _("Can erase a guest for privacy")),
            ("merge_guest", _("Can merge two guests")),
            ("share_view", _("Can save views of the list for the whole company")),
        ]
        indexes = [
            *guest_indexes.INDEXES,
            # Few guests were referred or merged: without these each would be looked for in all.
            models.Index(
                fields=["referrer"],
                condition=Q(referrer__isnull=False),
                name="guest_by_referrer",
            ),
            models.Index(
                fields=["merged_into"],
                condition=Q(merged_into__isnull=False),
                name="guest_by_merged_into",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["company", "phone"], name="guest_phone_unique"),
            # What the composite foreign keys of cards, categories and external ids point at.
            models.UniqueConstraint(fields=["company", "id"], name="guest_company_key"),
            models.UniqueConstraint(
                fields=["company", "member_number"],
                condition=Q(member_number__isnull=False),
                name="guest_member_number_unique",
            ),
            models.CheckConstraint(condition=~Q(phone=""), name="guest_phone_not_blank"),
            models.CheckConstraint(
                condition=Q(referrer__isnull=True) | ~Q(referrer=F("id")),
                name="guest_not_own_referrer",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True)
                | (Q(is_active=False) & ~Q(merged_into=F("id"))),
                name="guest_merged_is_inactive",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name or self.phone or f"#{self.pk}"

    @cached_property
    def categories_by_name(self) -> list[Category]:
        """The guest's categories in the order of their names, read once."""
        return list(self.categories.order_by("name", "pk"))

    @property
    def is_open(self) -> bool:
        """Whether the record can still be changed: merged or erased, it is read only for ever."""
        return self.phone is not None and self.merged_into_id is None

    @property
    def is_erased(self) -> bool:
        """Whether contacts and names are gone. Who was merged may have no telephone either."""
        return self.phone is None and self.merged_into_id is None

    @property
    def full_name(self) -> str:
        return " ".join(filter(None, (self.first_name, self.middle_name, self.last_name)))
