"""Guests on their way out, as a file."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import Job


def export_path(export: "GuestExport", filename: str) -> str:
    """Where an export is kept until it is forgotten: each attempt has a file of its own."""
    return path_of_attempt(export, export.attempt)


def path_of_attempt(export: "GuestExport", attempt: int) -> str:
    return f"exports/{export.company_id}/{export.key}-{attempt}.{export.format}"


class GuestExport(Job):
    """A file of the guests that a list showed, and the receipt that is left of it.

    A short one is made while its reader waits, and is kept nowhere. A longer one is made by a
    worker and kept for a few days; then `file` is empty again. `total` counts its guests.
    """

    class Format(models.TextChoices):
        CSV = "csv", _("CSV")
        XLSX = "xlsx", _("Excel (.xlsx)")

    class Shape(models.TextChoices):
        LIST = "list", _("The columns shown")
        IMPORT = "import", _("Everything, in the form the import takes back")

    number = models.PositiveIntegerField(_("number"), help_text=_("Counted in the company."))
    key = models.UUIDField(editable=False, help_text="Names the stored file.")
    format = models.CharField(_("format"), max_length=4, choices=Format, default=Format.CSV)
    shape = models.CharField(_("columns"), max_length=6, choices=Shape, default=Shape.LIST)
    columns = models.JSONField(default=list, help_text="Keys of the list's columns, in order.")
    query = models.TextField(blank=True, help_text="The list's address.")
    words = models.JSONField(default=list, help_text="Its filters in words.")
    sort = models.CharField(max_length=40, blank=True, help_text="The list's order.")
    file = models.FileField(upload_to=export_path, max_length=200, blank=True)
    file_size = models.PositiveBigIntegerField(default=0, help_text="Bytes.")
    results_to = models.EmailField(_("e-mail when it is ready"), blank=True)
    stop_asked = models.BooleanField(default=False, help_text="Nobody waits for it any more.")

    class Meta:
        verbose_name = _("export of guests")
        verbose_name_plural = _("exports of guests")
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="guest_export_number"),
        ]
        indexes = [
            models.Index(fields=["company", "-id"], name="guest_export_by_time"),
            models.Index(
                fields=["state"],
                condition=Q(state__in=["queued", "running"]),
                name="guest_export_active",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.number}.{self.format}"
