from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.querysets import ChangeQuerySet


class Change(models.Model):
    """Who changed what, when and from where; written by services in the change's transaction.

    What an import does to single guests is told by its ImportRows instead: a million lines here
    would say the same twice.
    """

    class Source(models.TextChoices):
        WEB = "web", _("Web")
        API = "api", _("API")
        COMMAND = "command", _("Command line")
        WORKER = "worker", _("Worker")

    company = models.ForeignKey("core.Company", models.CASCADE, db_index=False, related_name="+")
    at = models.DateTimeField(_("when"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    source = models.CharField(_("from"), max_length=8, choices=Source)
    action = models.CharField(_("action"), max_length=40)
    subject = models.CharField(_("subject"), max_length=60, help_text="app.model")
    subject_id = models.BigIntegerField(null=True)
    values = models.JSONField(_("values"), default=dict, help_text="{field: [old, new]}")

    objects = ChangeQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["company", "-at", "-id"], name="change_by_time"),
            # The company's activity, narrowed down to one person or one kind of action.
            models.Index(fields=["company", "actor", "-at", "-id"], name="change_by_actor"),
            models.Index(fields=["company", "action", "-at", "-id"], name="change_by_action"),
            models.Index(fields=["subject", "subject_id"], name="change_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject} {self.subject_id}"
