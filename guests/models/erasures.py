"""Guests who were erased on their wish, and how far what was kept of them is cleaned."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models import Job
from guests.models.guests import Guest
from guests.models.keys import loose_key


class Erasure(Job):
    """What is left to clean after a guest's record was emptied: logs, uploads, mails, exports.

    It must know what to look for (`traces`: telephone, e-mail, names). That goes when it has
    ended; until then it is the only place that still holds it.
    """

    guest = loose_key(Guest)
    traces = models.JSONField(default=dict, help_text="guests.privacy.Traces; {} when it is over.")
    part = models.CharField(max_length=40, blank=True, help_text="The last part that is clean.")
    counts = models.JSONField(default=dict, help_text="{what: how many were cleaned or removed}")

    class Meta:
        verbose_name = _("erasure of a guest")
        verbose_name_plural = _("erasures of guests")
        constraints = [
            models.UniqueConstraint(fields=["company", "guest"], name="erasure_of_guest_unique"),
        ]
        indexes = [
            models.Index(
                fields=["state"],
                condition=models.Q(state__in=["queued", "running"]),
                name="erasure_active",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.guest_id}: {self.state}"
