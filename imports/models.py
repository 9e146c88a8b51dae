"""How guests come in: one ImportJob per file, one narrow ImportRow per line of it."""

from pathlib import PurePath

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.models import Company, Job
from core.querysets import CompanyOwnedQuerySet
from imports.querysets import ImportJobQuerySet, ImportRowQuerySet


def upload_path(job: "ImportJob", filename: str) -> str:
    """Where an upload is kept. Nothing of the uploaded name but a known ending gets into it."""
    suffix = PurePath(filename).suffix.lower()
    return f"imports/{job.company_id}/{job.key}{suffix if suffix in ('.csv', '.xlsx') else '.bin'}"


class ImportJob(Job):
    """A file on its way in: checked, imported, undone. Each is one `step` of the same Job.

    `dialect`, `mapping` and `options` say how it is read (imports.pipeline.read.Dialect), which
    column is which field, and what the operator chose (imports.options.Options).
    """

    class Kind(models.TextChoices):
        GUESTS = "guests", _("Guests")
        BALANCES = "balances", _("Balances")
        ORDERS = "orders", _("Orders")

    class Step(models.TextChoices):
        CHECK = "check", _("Check")
        IMPORT = "import", _("Import")
        UNDO = "undo", _("Undo")

    class Then(models.TextChoices):
        """What follows the present step: nothing, the import itself, or being refused."""

        IMPORT = "import", "import"
        REFUSE = "refuse", "refuse"

    class StopRequest(models.TextChoices):
        KEEP = "keep", _("Keep what is in")
        UNDO = "undo", _("Undo what is in")

    number = models.PositiveIntegerField(_("number"), help_text=_("Counted in the company."))
    key = models.UUIDField(editable=False, help_text="Names the stored upload.")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.GUESTS)
    step = models.CharField(_("step"), max_length=8, choices=Step, default=Step.CHECK)
    file = models.FileField(_("file"), upload_to=upload_path, max_length=200, blank=True)
    filename = models.CharField(_("file name"), max_length=255)
    file_size = models.PositiveBigIntegerField(_("size"), help_text=_("Bytes."))
    file_hash = models.CharField(max_length=64, help_text="SHA-256 of the file, hexadecimal.")
    dialect = models.JSONField(default=dict)
    header = models.JSONField(null=True, help_text="Cells of the header row; null without one.")
    width = models.PositiveSmallIntegerField(default=0, help_text="Columns of the file.")
    signature = models.CharField(
        max_length=64, blank=True, help_text="Equal for files with the same columns."
    )
    mapping = models.JSONField(default=list, help_text="A column key or null for each column.")
    options = models.JSONField(default=dict)
    results_to = models.EmailField(_("results to"), blank=True)
    batch = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The first import of a chain of corrected error files.",
    )
    corrects = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="corrections"
    )
    checkpoint = models.PositiveBigIntegerField(
        default=0, help_text="The last line of the file that is accounted for in this step."
    )
    counts = models.JSONField(default=dict, help_text="Lines by outcome, of the import.")
    money = models.JSONField(default=dict, help_text="What it gave, by program (pipeline.money).")
    findings = models.JSONField(default=dict, help_text="What the last check found.")
    checked_key = models.CharField(
        max_length=64, blank=True, help_text="Digest of what the last finished check was made with."
    )
    undo_counts = models.JSONField(default=dict, help_text="Lines by how their undo ended.")
    then = models.CharField(
        max_length=6, choices=Then, blank=True, help_text="What the present step leads to."
    )
    approval_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    approval_asked_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    stop_request = models.CharField(max_length=4, choices=StopRequest, blank=True)
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = ImportJobQuerySet.as_manager()  # type: ignore[misc]  # narrower than a Job's

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        permissions = [("undo_importjob", _("Can undo an import"))]
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="import_number_unique"),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True)
                | (Q(approval_asked_by__isnull=False) & ~Q(approved_by=F("approval_asked_by"))),
                name="import_approved_by_another",
            ),
            # Two imports that write at once could each see the other's half: the next one waits.
            models.UniqueConstraint(
                fields=["company"],
                condition=Q(state="running") & ~Q(step="check"),
                name="import_one_writer",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "-id"], name="import_by_time"),
            models.Index(fields=["company", "file_hash"], name="import_by_hash"),
            models.Index(
                fields=["state"], condition=Q(state__in=["queued", "running"]), name="import_active"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.filename}"

    @property
    def writes(self) -> bool:
        """Whether the present step changes guests: a check never does."""
        return self.step != self.Step.CHECK


class ImportRow(models.Model):
    """What became of one line of a file.

    From these come the report, the error file, a guest's history and Undo. A check leaves rows
    only for the lines it rejects; the import replaces them by one for every line.
    No foreign keys: it is a log, and the widest table there is.
    """

    class Outcome(models.IntegerChoices):
        CREATED = 1, _("Created")
        UPDATED = 2, _("Updated")
        UNCHANGED = 3, _("Unchanged")
        SKIPPED = 4, _("Skipped")
        FAILED = 5, _("Failed")
        NOT_REACHED = 6, _("Not reached")

    class Undo(models.IntegerChoices):
        UNDONE = 1, _("Undone")
        IN_PART = 2, _("Undone in part")
        KEPT = 3, _("Kept")

    pk = models.CompositePrimaryKey("job_id", "line")
    company = models.ForeignKey(
        Company, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    job = models.ForeignKey(
        ImportJob, models.CASCADE, db_constraint=False, db_index=False, related_name="rows"
    )
    line = models.PositiveIntegerField(_("line"))
    outcome = models.PositiveSmallIntegerField(_("outcome"), choices=Outcome)
    guest = models.ForeignKey(
        "guests.Guest",
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    replaced = models.JSONField(
        null=True,
        # And "external_ids": [values], "completed": [[card, "track" or "number", value]].
        help_text='{"fields": {name: [old, new]}, "cards": [ids], "categories": [ids], '
        '"entries": [ids]}',
    )
    reasons = models.JSONField(null=True, help_text="[[code, column, value, params], ...]")
    notes = models.JSONField(null=True, help_text="As reasons: what was done otherwise than asked.")
    cells = models.JSONField(
        null=True, help_text="The raw cells of a line that belongs into the error file."
    )
    undo = models.PositiveSmallIntegerField(_("undo"), choices=Undo, null=True)
    undo_notes = models.JSONField(null=True, help_text="As reasons: what could not be undone.")

    objects = ImportRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("import row")
        verbose_name_plural = _("import rows")
        indexes = [
            models.Index(
                fields=["guest"], condition=Q(guest__isnull=False), name="import_row_by_guest"
            ),
            # The error file of a million lines must not read them all.
            models.Index(
                fields=["job", "line"], condition=Q(cells__isnull=False), name="import_row_to_mend"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job_id}:{self.line}"


class ColumnMapping(models.Model):
    """A mapping saved under a name, offered when a file with the same columns comes."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(
        _("kind"), max_length=8, choices=ImportJob.Kind, default=ImportJob.Kind.GUESTS
    )
    signature = models.CharField(max_length=64, db_index=True)
    mapping = models.JSONField(default=list)
    header = models.JSONField(
        null=True,
        help_text="The names of the columns; null of files without a header, and where they were "
        "not kept: in mappings that were saved before 2026-11-28.",
    )
    dialect = models.JSONField(default=dict, help_text="What was overruled in the reading.")
    updated_at = models.DateTimeField(_("saved"), auto_now=True)

    objects = CompanyOwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("column mapping")
        verbose_name_plural = _("column mappings")
        constraints = [
            models.UniqueConstraint(fields=["company", "name"], name="column_mapping_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name
