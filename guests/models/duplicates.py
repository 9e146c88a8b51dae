"""Guests who may be one person twice: found by a search of the whole company, judged by people."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.models import Job
from guests.models.guests import Guest
from guests.models.keys import company_key, loose_key
from guests.querysets.duplicates import PossibleDuplicateQuerySet


class PossibleDuplicate(models.Model):
    """Two guests who look alike; `first` has the smaller id. No foreign keys: found by the million.

    What they have in common is not kept: a page looks at them as they are now. That they are not
    the same is: it outlives every later search.
    """

    company = company_key()
    first = loose_key(Guest)
    second = loose_key(Guest)
    found_at = models.DateTimeField(_("found"))
    dismissed_at = models.DateTimeField(_("said to be two"), null=True)
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )

    objects = PossibleDuplicateQuerySet.as_manager()

    class Meta:
        verbose_name = _("possible duplicate")
        verbose_name_plural = _("possible duplicates")
        indexes = [
            models.Index(fields=["company", "second"], name="possible_duplicate_of_second"),
            # Judged pairs are few among many.
            models.Index(
                fields=["company", "first", "second"],
                condition=Q(dismissed_at__isnull=False),
                name="possible_duplicate_dismissed",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["company", "first", "second"], name="possible_duplicate_unique"
            ),
            models.CheckConstraint(
                condition=Q(first__lt=F("second")), name="possible_duplicate_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} and {self.second_id}"


class DuplicateSearch(Job):
    """The search through a company's guests: one row a company, which waits and runs again."""

    class Meta:
        verbose_name = _("search for duplicates")
        verbose_name_plural = _("searches for duplicates")
        constraints = [
            models.UniqueConstraint(fields=["company"], name="duplicate_search_of_company"),
        ]

    def __str__(self) -> str:
        return f"{self.company_id}: {self.state}"
