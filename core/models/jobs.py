from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.querysets import JobQuerySet


class Job(models.Model):
    """Long work, done by a worker in chunks that commit together with their checkpoint.

    The row is the truth and the queue only a hint: whoever claims the row (core.services.jobs)
    does the work. A subclass says in `perform` what the work is.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        DONE_WITH_ERRORS = "done_with_errors", _("Done with errors")
        REFUSED = "refused", _("Refused")
        STOPPED = "stopped", _("Stopped")
        FAILED = "failed", _("Failed")
        UNDONE = "undone", _("Undone")

    ACTIVE: ClassVar[frozenset[str]] = frozenset({State.QUEUED, State.RUNNING})

    company = models.ForeignKey("core.Company", models.CASCADE, related_name="+")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.DRAFT)
    done = models.PositiveBigIntegerField(_("done"), default=0, help_text=_("Units behind it."))
    total = models.PositiveBigIntegerField(_("total"), default=0, help_text=_("0: not known yet."))
    attempt = models.PositiveIntegerField(
        _("attempt"), default=0, help_text=_("Who writes must hold the present one.")
    )
    tries = models.PositiveSmallIntegerField(
        default=0, help_text=_("Attempts since the last checkpoint.")
    )
    heartbeat_at = models.DateTimeField(_("last sign of life"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    queued_at = models.DateTimeField(_("queued"), null=True, blank=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def is_active(self) -> bool:
        """Whether a worker has it, or is about to."""
        return self.state in self.ACTIVE
