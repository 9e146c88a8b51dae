"""What people keep of the guests' list: saved views, chosen columns, guests last opened."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import Company
from core.querysets import CompanyOwnedQuerySet
from guests.models.guests import Guest
from guests.models.keys import company_key
from guests.querysets import RecentGuestQuerySet, SavedViewQuerySet


class SavedView(models.Model):
    """A set of filters and an order under a name: for its owner, or without one for everybody."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="+", db_index=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+"
    )
    name = models.CharField(_("name"), max_length=60)
    query = models.TextField(help_text="The list's address after the question mark.")

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        constraints = [
            models.UniqueConstraint(
                fields=["company", "owner", "name"], name="saved_view_name_unique"
            ),
            models.UniqueConstraint(
                fields=["company", "name"],
                condition=Q(owner__isnull=True),
                name="saved_view_shared_name_unique",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class GuestListChoice(models.Model):
    """Which columns somebody wants to see in a company's list, and how many guests a page."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    columns = models.JSONField(default=list, help_text="Keys of guests.tables; none: the usual.")
    page_size = models.PositiveSmallIntegerField(default=50)

    objects = CompanyOwnedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "user"], name="guest_list_choice_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.company_id}"


class RecentGuest(models.Model):
    """A guest whose record somebody opened lately."""

    company = company_key()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    guest = models.ForeignKey(
        Guest, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    opened_at = models.DateTimeField()

    objects = RecentGuestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "user", "guest"], name="recent_guest_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} opened {self.guest_id}"
