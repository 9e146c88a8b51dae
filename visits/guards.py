"""What must never point at another company's guest."""

from core import guards

guards.declare(guards.SameCompany(child="visits.Order", field="guest"))
