"""Who the guests are.

Imports fill these tables by the million, and a foreign-key check costs more than the insert
itself. So `company` and the references that may safely dangle carry no constraint, and cards,
categories and external ids carry one: the composite key to the guest, which is also the wall
between companies (declared in guests.guards, installed by core.guards).
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField
from core.models import Company
from core.models.companies import Consent
from core.querysets import CompanyOwnedQuerySet
from guests.querysets import CardQuerySet, CategoryQuerySet, GuestQuerySet


def _company_key() -> models.ForeignKey:
    """The company of a row in a table that imports fill: every index starts with it anyway."""
    return models.ForeignKey(
        Company, models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )


class Colour(models.TextChoices):
    """Palette of categories; each value is a CSS class with colours for light and dark."""

    GREEN = "green", _("Green")
    TEAL = "teal", _("Teal")
    BLUE = "blue", _("Blue")
    VIOLET = "violet", _("Violet")
    PINK = "pink", _("Pink")
    RED = "red", _("Red")
    ORANGE = "orange", _("Orange")
    GREY = "grey", _("Grey")


class Category(models.Model):
    """A group of guests that campaigns and filters speak of."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(_("name"), max_length=80)
    colour = models.CharField(_("colour"), max_length=8, choices=Colour, default=Colour.GREY)
    is_default = models.BooleanField(_("for new guests"), default=False)

    objects = CategoryQuerySet.as_manager()

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        constraints = [
            models.UniqueConstraint(fields=["company", "name"], name="category_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class MemberTier(models.Model):
    """A tier of the member programme (silver, gold): what a host sees, and who waits less."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(_("name"), max_length=80)
    rank = models.PositiveSmallIntegerField(_("rank"), default=0)
    is_vip = models.BooleanField(_("VIP"), default=False)
    priority_minutes = models.PositiveSmallIntegerField(_("minutes of priority"), default=0)
    restaurants = models.ManyToManyField(
        "core.Restaurant", blank=True, related_name="+", help_text=_("None chosen: everywhere.")
    )

    objects = CompanyOwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("member tier")
        verbose_name_plural = _("member tiers")
        constraints = [
            models.UniqueConstraint(fields=["company", "name"], name="member_tier_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name


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

    company = _company_key()
    phone = models.CharField(_("telephone"), max_length=16, null=True, help_text=_("E.164"))
    first_name = models.CharField(_("first name"), max_length=100, blank=True)
    middle_name = models.CharField(_("middle name"), max_length=100, blank=True)
    last_name = models.CharField(_("last name"), max_length=100, blank=True)
    birthday = models.DateField(_("date of birth"), null=True, blank=True)
    sex = models.CharField(_("sex"), max_length=6, choices=Sex, blank=True)
    email = models.CharField(_("e-mail"), max_length=254, blank=True)
    employee_id = models.CharField(_("employee ID"), max_length=64, blank=True)
    consent = models.CharField(_("consent"), max_length=8, choices=Consent, default=Consent.UNKNOWN)
    consent_details = models.CharField(_("consent details"), max_length=500, blank=True)
    consent_date = models.DateField(_("consent date"), null=True, blank=True)
    referrer = models.ForeignKey(
        "self",
        models.DO_NOTHING,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    comment = models.TextField(_("comment"), blank=True, help_text=_("The permanent note."))
    subscribed = models.BooleanField(_("subscribed to e-mails and SMS"), default=True)
    is_active = models.BooleanField(_("active"), default=True)
    member_number = models.CharField(_("member number"), max_length=64, null=True, blank=True)
    member_tier = models.ForeignKey(
        MemberTier,
        models.DO_NOTHING,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
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
    name_key = models.CharField(max_length=310, editable=False, blank=True)

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
        ]

    def __str__(self) -> str:
        return self.full_name or self.phone or f"#{self.pk}"

    @property
    def full_name(self) -> str:
        return " ".join(filter(None, (self.first_name, self.middle_name, self.last_name)))


class Card(models.Model):
    """A card of a guest: the track on its magnetic stripe, the number printed on it, or both."""

    company = _company_key()
    guest = models.ForeignKey(Guest, models.CASCADE, db_constraint=False, related_name="cards")
    track = models.CharField(_("track"), max_length=64, null=True, blank=True)
    number = models.CharField(_("number"), max_length=64, null=True, blank=True)

    objects = CardQuerySet.as_manager()

    class Meta:
        verbose_name = _("card")
        verbose_name_plural = _("cards")
        constraints = [
            models.UniqueConstraint(
                fields=["company", "track"],
                condition=Q(track__isnull=False),
                name="card_track_unique",
            ),
            models.UniqueConstraint(
                fields=["company", "number"],
                condition=Q(number__isnull=False),
                name="card_number_unique",
            ),
            models.CheckConstraint(
                condition=Q(track__isnull=False) | Q(number__isnull=False),
                name="card_has_track_or_number",
            ),
        ]

    def __str__(self) -> str:
        return self.number or self.track or ""


class GuestCategory(models.Model):
    """A guest's place in a category."""

    pk = models.CompositePrimaryKey("guest_id", "category_id")
    company = _company_key()
    guest = models.ForeignKey(
        Guest, models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    category = models.ForeignKey(
        Category, models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )

    objects = CompanyOwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("guest's category")
        verbose_name_plural = _("guests' categories")
        indexes = [models.Index(fields=["category", "guest"], name="guest_category_by_category")]

    def __str__(self) -> str:
        return f"{self.guest_id} in {self.category_id}"


class ExternalId(models.Model):
    """An id that another system gave a guest. Many may lead to one: so an id outlives a merge.

    At most 45 characters: the customer contract of reservations and waitlists.
    """

    company = _company_key()
    guest = models.ForeignKey(
        Guest, models.CASCADE, db_constraint=False, related_name="external_ids"
    )
    value = models.CharField(_("external id"), max_length=45)

    objects = CompanyOwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("external id")
        verbose_name_plural = _("external ids")
        constraints = [
            models.UniqueConstraint(fields=["company", "value"], name="external_id_unique"),
        ]

    def __str__(self) -> str:
        return self.value


class ErasedPhone(models.Model):
    """A keyed hash of the phone of somebody who was erased: imports never bring them back."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="+", db_index=False)
    digest = models.CharField(max_length=64)

    objects = CompanyOwnedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "digest"], name="erased_phone_unique"),
        ]

    def __str__(self) -> str:
        return self.digest
