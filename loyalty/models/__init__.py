"""What guests own: programs, accounts and the ledger that explains every balance."""

from loyalty.models.adjustments import (
    Adjustment,
    BulkAdjustment,
    BulkAdjustmentGuest,
    Reason,
)
from loyalty.models.ledger import (
    Account,
    CreditLot,
    EntryComment,
    Hold,
    LedgerEntry,
    LotUse,
)
from loyalty.models.nightly import LedgerCheck, ProgramTotals
from loyalty.models.programs import Program, ProgramCategory, Terms

__all__ = [
    "Account",
    "Adjustment",
    "BulkAdjustment",
    "BulkAdjustmentGuest",
    "CreditLot",
    "EntryComment",
    "Hold",
    "LedgerCheck",
    "LedgerEntry",
    "LotUse",
    "Program",
    "ProgramCategory",
    "ProgramTotals",
    "Reason",
    "Terms",
]
