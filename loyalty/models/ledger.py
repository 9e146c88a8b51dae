"""Who owns how much, and why: accounts, entries, and what is left of each credit.

Three sums always agree: the balance of an account, its entries, and what its lots have left.
Entries and uses of lots can be neither changed nor removed (loyalty.guards). All of it is written
by loyalty.services.ledger and by nothing else.
"""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField
from core.models import Restaurant
from core.querysets import CompanyOwnedQuerySet
from guests.models import Guest
from guests.models.keys import company_key, loose_key
from loyalty.models.programs import Program
from loyalty.querysets import (
    AccountQuerySet,
    CreditLotQuerySet,
    HoldQuerySet,
    LedgerEntryQuerySet,
)


class Account(models.Model):
    """What one guest has in one program. `held` is the part that holds have reserved."""

    company = company_key()
    guest = models.ForeignKey(Guest, models.DO_NOTHING, db_constraint=False, related_name="+")
    program = models.ForeignKey(
        Program, models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    balance = AmountField(_("balance"), default=0)
    held = AmountField(_("held"), default=0)

    objects = AccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            models.UniqueConstraint(
                fields=["company", "program", "guest"], name="account_of_guest_unique"
            ),
            models.UniqueConstraint(fields=["company", "id"], name="account_company_key"),
            models.CheckConstraint(
                condition=Q(held__gte=0) & Q(balance__gte=F("held")), name="account_covers_holds"
            ),
        ]
        indexes = [
            models.Index(fields=["company", "program", "balance", "id"], name="account_by_balance"),
        ]

    def __str__(self) -> str:
        return f"{self.guest_id} in {self.program_id}"

    @property
    def available(self) -> Decimal:
        """What may be spent: the balance without what holds have set aside."""
        available: Decimal = self.balance - self.held
        return available


class LedgerEntry(models.Model):
    """One movement of a balance. Never changed, never removed.

    `source` and `source_ref` name its cause, once in a program: the same cause never pays twice.
    """

    class Kind(models.TextChoices):
        CREDIT = "credit", _("Credit")
        DEBIT = "debit", _("Debit")
        EXPIRY = "expiry", _("Expired")
        REVERSAL = "reversal", _("Reversal")

    class Source(models.TextChoices):
        MANUAL = "manual", _("By hand")
        BULK = "bulk", _("Bulk change")
        IMPORT = "import", _("Import")
        API = "api", _("API")
        HOLD = "hold", _("Hold")
        MERGE = "merge", _("Merge")
        LEDGER = "ledger", _("The ledger itself")

    company = company_key()
    account = models.ForeignKey(
        Account, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="entries"
    )
    program = loose_key(Program)
    at = models.DateTimeField(_("when"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    amount = AmountField(_("amount"), help_text=_("Below zero when it was taken."))
    balance_after = AmountField(_("balance after it"))
    source = models.CharField(_("source"), max_length=8, choices=Source)
    source_ref = models.CharField(max_length=100)
    reverses = models.ForeignKey(
        "self",
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    reason = models.CharField(_("reason"), max_length=24, blank=True, help_text="A code.")
    restaurant = loose_key(Restaurant, null=True)
    actor = loose_key(settings.AUTH_USER_MODEL, null=True)

    objects = LedgerEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        constraints = [
            models.UniqueConstraint(
                fields=["company", "program", "source", "source_ref"], name="ledger_cause_unique"
            ),
            models.UniqueConstraint(
                fields=["reverses"],
                condition=Q(reverses__isnull=False),
                name="ledger_reversed_once",
            ),
            models.CheckConstraint(condition=~Q(amount=0), name="ledger_amount_not_zero"),
            models.CheckConstraint(
                condition=Q(balance_after__gte=0), name="ledger_balance_not_negative"
            ),
        ]
        indexes = [models.Index(fields=["account", "id"], name="ledger_by_account")]

    def __str__(self) -> str:
        return f"{self.amount} to {self.account_id}"


class EntryComment(models.Model):
    """What somebody wrote beside an entry: apart from it, so that erasure can take it away."""

    entry = models.OneToOneField(
        LedgerEntry, models.DO_NOTHING, db_constraint=False, primary_key=True, related_name="+"
    )
    company = company_key()
    text = models.CharField(_("comment"), max_length=500)

    objects = CompanyOwnedQuerySet.as_manager()

    def __str__(self) -> str:
        return self.text


class CreditLot(models.Model):
    """What is left of one credit, and until when: through that day in the company's time zone."""

    entry = models.OneToOneField(
        LedgerEntry, models.DO_NOTHING, db_constraint=False, primary_key=True, related_name="+"
    )
    company = company_key()
    account = models.ForeignKey(
        Account, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="lots"
    )
    amount = AmountField(_("amount"))
    left = AmountField(_("left"))
    expires_on = models.DateField(_("expires after"), null=True)

    objects = CreditLotQuerySet.as_manager()

    class Meta:
        verbose_name = _("credit lot")
        verbose_name_plural = _("credit lots")
        constraints = [
            models.CheckConstraint(
                condition=Q(left__gte=0) & Q(left__lte=F("amount")), name="credit_lot_left"
            ),
        ]
        indexes = [
            models.Index(fields=["account"], condition=Q(left__gt=0), name="credit_lot_by_account"),
            models.Index(
                fields=["company", "expires_on"],
                condition=Q(left__gt=0, expires_on__isnull=False),
                name="credit_lot_by_expiry",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.left} of {self.amount}"


class LotUse(models.Model):
    """What an entry took from a lot; below zero what a reversal put back into it."""

    pk = models.CompositePrimaryKey("entry_id", "lot_id")
    company = company_key()
    entry = models.ForeignKey(
        LedgerEntry, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    lot = models.ForeignKey(CreditLot, models.DO_NOTHING, db_constraint=False, related_name="uses")
    amount = AmountField(_("amount"))

    objects = CompanyOwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("use of a credit lot")
        verbose_name_plural = _("uses of credit lots")
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="lot_use_not_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of {self.lot_id}"


class Hold(models.Model):
    """An amount that is set aside, until it is captured, released, or runs out."""

    class State(models.TextChoices):
        HELD = "held", _("Held")
        CAPTURED = "captured", _("Captured")
        RELEASED = "released", _("Released")
        LAPSED = "lapsed", _("Ran out")

    company = company_key()
    account = models.ForeignKey(
        Account, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="holds"
    )
    program = loose_key(Program)
    amount = AmountField(_("amount"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.HELD)
    source = models.CharField(_("source"), max_length=8, choices=LedgerEntry.Source)
    source_ref = models.CharField(max_length=100)
    created_at = models.DateTimeField(_("created"))
    expires_at = models.DateTimeField(_("until"))
    ended_at = models.DateTimeField(_("ended"), null=True)
    entry = models.ForeignKey(
        LedgerEntry,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        help_text="Of a captured hold: the debit.",
    )

    objects = HoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        constraints = [
            models.UniqueConstraint(
                fields=["company", "program", "source", "source_ref"], name="hold_cause_unique"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="hold_amount_positive"),
        ]
        indexes = [
            models.Index(fields=["account"], condition=Q(state="held"), name="hold_by_account"),
            models.Index(fields=["expires_at"], condition=Q(state="held"), name="hold_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of {self.account_id}"
