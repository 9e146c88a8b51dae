"""How much one person may give or take by hand: above it a second one decides."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from core.models import Company
from loyalty.models import Program, Terms


def above_limit(company: Company, program: Program, amount: Decimal) -> bool:
    """Whether so much of the program, given or taken, needs a second person."""
    return is_above(amount, limit_of(company, program))


def limit_of(company: Company, program: Program) -> Decimal | None:
    """Return the program's own limit, else the company's; None where there is neither.

    The company's is a number of each program's own unit: no rate turns points into pounds.
    """
    if program.adjustment_limit is not None:
        return program.adjustment_limit
    return Terms.objects.of(company).adjustment_limit


def limits_of(company: Company, programs: Iterable[int]) -> dict[int, Decimal | None]:
    """Return the limits of programs by their ids: two queries."""
    programs = list(programs)
    usual = Terms.objects.of(company).adjustment_limit
    own: dict[int, Any] = dict(
        Program.objects.for_company(company)
        .filter(pk__in=programs, adjustment_limit__isnull=False)
        .values_list("pk", "adjustment_limit")
    )
    return {program: own.get(program, usual) for program in programs}


def is_above(amount: Decimal, limit: Decimal | None) -> bool:
    return limit is not None and abs(amount) > limit
