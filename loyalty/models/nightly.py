"""What is added up and looked at each night. All of it could be made anew from the ledger."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.fields import AmountField
from core.querysets import CompanyOwnedQuerySet
from guests.models.keys import company_key
from loyalty.models.programs import Program


class ProgramTotals(models.Model):
    """What was issued, spent and expired in a program through an entry: added up each night.

    So that a page need not add up all that ever was: it adds what came after.
    """

    program = models.OneToOneField(Program, models.CASCADE, primary_key=True, related_name="totals")
    company = company_key()
    through = models.PositiveBigIntegerField(_("the last entry that is in them"))
    issued = AmountField(_("issued"))
    spent = AmountField(_("spent"))
    expired = AmountField(_("expired"))

    objects = CompanyOwnedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.program_id} through {self.through}"


class LedgerCheck(models.Model):
    """What a check of a company's ledger found: nothing, if all is well."""

    company = models.ForeignKey("core.Company", models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField(_("when"))
    accounts = models.PositiveBigIntegerField(_("accounts looked at"))
    wrong = models.PositiveBigIntegerField(_("accounts that do not agree"))
    findings = models.JSONField(default=list, help_text="The first hundred, as check_ledger says.")

    objects = CompanyOwnedQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["company", "-at"], name="ledger_check_by_time")]

    def __str__(self) -> str:
        return f"{self.wrong} of {self.accounts}"
