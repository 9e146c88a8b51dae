"""Credits and debits by hand: those that wait for a second person, and those of many at once."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField
from core.models import Job, Restaurant
from core.querysets import CompanyOwnedQuerySet
from guests.models import Guest
from guests.models.keys import company_key
from loyalty.models.ledger import LedgerEntry
from loyalty.models.programs import Program
from loyalty.querysets import AdjustmentQuerySet


class Reason(models.TextChoices):
    """Why somebody credits or debits by hand: a list, so that it can be counted."""

    APOLOGY = "apology", _("To make up for something")
    BIRTHDAY = "birthday", _("Birthday")
    WELCOME = "welcome", _("Welcome")
    PROMOTION = "promotion", _("Promotion")
    DEPOSIT = "deposit", _("Paid in")
    SPENT = "spent", _("Spent in a restaurant")
    REFUND = "refund", _("Paid out or given back")
    CORRECTION = "correction", _("To correct a mistake")
    OTHER = "other", _("Something else")


class BulkAdjustment(Job):
    """The same credit or debit for many guests, and the receipt that is left of it.

    The set is written down when it is confirmed (`BulkAdjustmentGuest`), and that set is carried
    out. A draft is one that waits for a second person (`Adjustment`).
    """

    class Step(models.TextChoices):
        POST = "post", _("Post")
        UNDO = "undo", _("Undo")

    number = models.PositiveIntegerField(_("number"), help_text=_("Counted in the company."))
    program = models.ForeignKey(Program, models.PROTECT, related_name="+", db_index=False)
    amount = AmountField(_("amount"), help_text=_("For each guest; below zero when it is taken."))
    restaurant = models.ForeignKey(
        Restaurant, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    reason = models.CharField(_("reason"), max_length=24, choices=Reason)
    comment = models.CharField(_("comment"), max_length=500, blank=True)
    ref = models.CharField(
        max_length=40, blank=True, help_text="The page it was confirmed on: sent twice, it is one."
    )
    query = models.TextField(blank=True, help_text="The list's address that was confirmed.")
    words = models.JSONField(default=list, help_text="The filters as they were confirmed.")
    step = models.CharField(_("step"), max_length=8, choices=Step, default=Step.POST)
    checkpoint = models.PositiveBigIntegerField(default=0, help_text="The last guest done with.")
    stop_asked = models.BooleanField(default=False)
    posted = models.PositiveBigIntegerField(_("posted"), default=0)
    refused = models.PositiveBigIntegerField(_("refused"), default=0)
    undone = models.PositiveBigIntegerField(_("taken back"), default=0)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("bulk credit or debit")
        verbose_name_plural = _("bulk credits and debits")
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="bulk_adjustment_number"),
            models.CheckConstraint(condition=~Q(amount=0), name="bulk_adjustment_not_zero"),
        ]
        indexes = [
            models.Index(
                fields=["state"],
                condition=Q(state__in=["queued", "running"]),
                name="bulk_adjustment_active",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.number}"


class BulkAdjustmentGuest(models.Model):
    """One guest of a bulk credit or debit, and what became of it. No foreign keys: it is a log."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        POSTED = "posted", _("Posted")
        REFUSED = "refused", _("Refused")
        UNDONE = "undone", _("Taken back")
        IN_PART = "in_part", _("Taken back in part")
        KEPT = "kept", _("Not taken back")

    pk = models.CompositePrimaryKey("change_id", "guest_id")
    company = company_key()
    change = models.ForeignKey(
        BulkAdjustment, models.CASCADE, db_constraint=False, db_index=False, related_name="guests"
    )
    guest = models.ForeignKey(
        Guest, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome, default=Outcome.WAITING)
    entry = models.ForeignKey(
        LedgerEntry,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    code = models.CharField(max_length=24, blank=True, help_text="Why not; see REFUSALS.")
    params = models.JSONField(default=dict)

    objects = CompanyOwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("guest of a bulk credit or debit")
        verbose_name_plural = _("guests of bulk credits and debits")
        indexes = [models.Index(fields=["guest"], name="bulk_adjustment_by_guest")]

    def __str__(self) -> str:
        return f"{self.guest_id} in {self.change_id}"


class Adjustment(models.Model):
    """A credit or debit above the company's limit: a second person decides, or it lapses, or
    whoever asked withdraws it.

    About one guest, or about many: `bulk`, whose `amount` here is the sum of all, or the undo of
    the bulk credit or debit that it `undoes`, whose `amount` is what that moves back.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        APPROVED = "approved", _("Approved")
        DECLINED = "declined", _("Declined")
        LAPSED = "lapsed", _("Lapsed")
        WITHDRAWN = "withdrew", _("Withdrawn")

    company = models.ForeignKey("core.Company", models.CASCADE, related_name="+", db_index=False)
    guest = models.ForeignKey(
        Guest, models.DO_NOTHING, null=True, db_constraint=False, related_name="+"
    )
    bulk = models.OneToOneField(
        BulkAdjustment, models.CASCADE, null=True, related_name="adjustment"
    )
    undoes = models.ForeignKey(
        BulkAdjustment, models.CASCADE, null=True, related_name="undo_requests"
    )
    program = models.ForeignKey(Program, models.PROTECT, related_name="+", db_index=False)
    amount = AmountField(_("amount"), help_text=_("Below zero when it is taken."))
    restaurant = models.ForeignKey(
        Restaurant, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    reverses = models.ForeignKey(
        LedgerEntry,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        help_text="The entry that is to be taken back.",
    )
    shortfall = models.CharField(
        max_length=12, blank=True, help_text="Of a credit that is spent: see postings.Reversal."
    )
    reason = models.CharField(_("reason"), max_length=24, choices=Reason, blank=True)
    comment = models.CharField(_("comment"), max_length=500, blank=True)
    source_ref = models.CharField(max_length=100, help_text="Of the entry that it becomes.")
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
    asked_at = models.DateTimeField(_("asked"))
    lapses_at = models.DateTimeField(_("lapses"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(_("decided"), null=True)
    note = models.CharField(_("why not"), max_length=500, blank=True)
    entry = models.ForeignKey(
        LedgerEntry,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )

    objects = AdjustmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("credit or debit to approve")
        verbose_name_plural = _("credits and debits to approve")
        constraints = [
            models.UniqueConstraint(
                fields=["company", "source_ref"], name="adjustment_cause_unique"
            ),
            models.CheckConstraint(
                condition=Q(guest__isnull=False, bulk__isnull=True, undoes__isnull=True)
                | Q(guest__isnull=True, bulk__isnull=False, undoes__isnull=True)
                | Q(guest__isnull=True, bulk__isnull=True, undoes__isnull=False),
                name="adjustment_of_one_or_many",
            ),
            models.CheckConstraint(condition=~Q(amount=0), name="adjustment_not_zero"),
            # Nobody decides what they asked for themselves, whatever the code does.
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by")),
                name="adjustment_by_another_person",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["approved", "declined"], decided_by__isnull=False)
                | Q(state__in=["waiting", "lapsed", "withdrew"], decided_by__isnull=True),
                name="adjustment_decided_by",
            ),
        ]
        indexes = [
            models.Index(
                fields=["company", "lapses_at"],
                condition=Q(state="waiting"),
                name="adjustment_waiting",
            ),
            models.Index(fields=["company", "-id"], name="adjustment_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} to {self.guest_id or self.many}"

    @property
    def many(self) -> BulkAdjustment | None:
        """The bulk credit or debit that it carries out or takes back; None: it is of a guest."""
        return self.bulk or self.undoes

    @property
    def guest_count(self) -> int:
        """How many guests it is about."""
        if self.undoes is not None:
            return self.undoes.posted
        return self.bulk.total if self.bulk is not None else 1
