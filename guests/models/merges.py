"""Two guests who were one."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.querysets import CompanyOwnedQuerySet
from guests.models.guests import Guest
from guests.models.keys import company_key, loose_key


class GuestMerge(models.Model):
    """What a merge did: enough to take it back while the kept guest has not changed since.

    The merged guest stays as an inactive row that points at the kept one (`Guest.merged_into`),
    with its phone: so a till or a file that still knows it by that phone finds the kept guest.
    """

    company = company_key()
    kept = loose_key(Guest)
    merged = loose_key(Guest)
    at = models.DateTimeField(_("when"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    kept_version = models.PositiveIntegerField(help_text="Of the kept guest, after the merge.")
    kept_before = models.JSONField(help_text="{field: value} of the kept guest, where changed.")
    moved = models.JSONField(help_text="{dependent: receipt}, what `put_back` needs.")
    merged_version = models.PositiveIntegerField(
        default=0, help_text="Of the merged guest, after the merge."
    )
    merged_before = models.JSONField(
        default=dict, help_text="{field: value} of the merged guest, where changed."
    )
    undone_at = models.DateTimeField(null=True)

    objects = CompanyOwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("merge of guests")
        verbose_name_plural = _("merges of guests")
        indexes = [
            models.Index(fields=["company", "kept"], name="guest_merge_by_kept"),
            models.Index(fields=["company", "merged"], name="guest_merge_by_merged"),
        ]

    def __str__(self) -> str:
        return f"{self.merged_id} into {self.kept_id}"
