"""What belongs to a guest: cards, places in categories, ids of other systems."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import CodePointField
from core.models import Company
from core.querysets import CompanyOwnedQuerySet
from guests.models.groups import Category
from guests.models.guests import Guest
from guests.models.keys import company_key
from guests.querysets import CardQuerySet


class Card(models.Model):
    """A card of a guest: the track on its magnetic stripe, the number printed on it, or both."""

    company = company_key()
    guest = models.ForeignKey(Guest, models.CASCADE, db_constraint=False, related_name="cards")
    track = CodePointField(_("track"), max_length=64, null=True, blank=True)
    number = CodePointField(_("number"), max_length=64, null=True, blank=True)

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
    company = company_key()
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

    company = company_key()
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
