"""What guests are sorted into: categories and member tiers."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models import Company
from guests.querysets import CategoryQuerySet, MemberTierQuerySet


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

    objects = MemberTierQuerySet.as_manager()

    class Meta:
        verbose_name = _("member tier")
        verbose_name_plural = _("member tiers")
        constraints = [
            models.UniqueConstraint(fields=["company", "name"], name="member_tier_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name
