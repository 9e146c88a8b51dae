"""What must never point at another company's guest."""

from core import guards

guards.declare(
    guards.SameCompany(child="guests.Card", field="guest"),
    guards.SameCompany(child="guests.GuestCategory", field="guest"),
    guards.SameCompany(child="guests.ExternalId", field="guest"),
)
