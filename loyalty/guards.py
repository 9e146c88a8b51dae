"""What must never point at another company's row, and what must never change."""

from core import guards

guards.declare(
    guards.SameCompany(child="loyalty.Account", field="guest"),
    guards.SameCompany(child="loyalty.Account", field="program"),
    guards.SameCompany(child="loyalty.LedgerEntry", field="account"),
    guards.SameCompany(child="loyalty.CreditLot", field="account"),
    guards.SameCompany(child="loyalty.Hold", field="account"),
    guards.SameCompany(child="loyalty.Adjustment", field="guest"),
    guards.SameCompany(child="loyalty.Adjustment", field="program"),
    guards.SameCompany(child="loyalty.BulkAdjustment", field="program"),
    guards.AppendOnly(table="loyalty.LedgerEntry"),
    guards.AppendOnly(table="loyalty.LotUse"),
)
