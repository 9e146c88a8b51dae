from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models.companies import Company
from core.querysets import OutgoingMailQuerySet


class OutgoingMail(models.Model):
    """A mail that has to go out, and is tried until it does. Its text is made when it is sent.

    The Message-ID is derived from what the mail is about, and unique: the same mail is never
    asked for twice, and one that the server took twice is recognisable as a repeat.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Given up")

    # Only mails about an account have none, and their builders do not ask.
    company: "models.ForeignKey[Company | None, Company]" = models.ForeignKey(  # type: ignore[misc]
        "core.Company",
        models.CASCADE,
        null=True,
        related_name="+",
        help_text="None: about a user's own account.",
    )
    kind = models.CharField(max_length=40, help_text="The name under which core.mail knows it.")
    subject_id = models.BigIntegerField(help_text="What it is about: the kind knows the table.")
    to = models.EmailField(_("to"))
    message_id = models.CharField(max_length=200, unique=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"))
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = OutgoingMailQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(state="waiting"),
                name="outgoing_mail_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.to}"
