"""The money of an import, as its pages show it: by program, the largest amounts, what is asked."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from core.fields import from_units
from core.models import User
from core.web.telephones import telephone
from imports.models import ImportJob
from imports.options import Options
from imports.pipeline.money import Money
from imports.querysets import APPROVAL_LASTS
from imports.services.money import approvers, needs_approval, repeat_of
from imports.services.trips import gives_money, is_checked
from loyalty.models import Program
from loyalty.words import figure


def checked_money(job: ImportJob, user: User) -> dict[str, Any] | None:
    """Return what the checked file gives, and what has to be answered first; None without money."""
    if not gives_money(job) or "counts" not in job.findings:
        return None
    money = Money(job.findings.get("money"))
    programs = _programs(job, money.programs)
    approval = is_checked(job) and needs_approval(job)
    asked_at = job.approval_asked_at
    has_lapsed = asked_at is None or asked_at <= timezone.now() - APPROVAL_LASTS
    asked_by = None if has_lapsed else job.approval_asked_by
    largest = [
        {
            "line": line,
            "phone": telephone(phone),
            "program": programs[program].name,
            "amount": _amount(programs[program], units),
            "is_far": money.is_far(program, units),
        }
        for line, phone, program, units in money.largest
        if program in programs
    ]
    return {
        "programs": _sums(programs, money),
        "largest": largest,
        "is_any_far": any(each["is_far"] for each in largest),
        "messages": money.messages if Options.from_json(job.options).message else 0,
        "could_tell": money.messages,
        "repeat": repeat_of(job),
        "approval": approval,
        "asked_by": asked_by if approval else None,
        "nobody_approves": approval and not asked_by and not approvers(job, besides=user),
        "may_approve": bool(
            approval
            and asked_by
            and asked_by != user
            and user.has_perm("loyalty.approve_adjustment", job.company)
        ),
    }


def given(job: ImportJob) -> list[dict[str, Any]]:
    """Return what the import gave, by program."""
    money = Money(job.money)
    return _sums(_programs(job, money.programs), money)


def sums_of_check(job: ImportJob) -> list[dict[str, Any]]:
    """Return what the checked file would give, by program."""
    money = Money(job.findings.get("money"))
    return _sums(_programs(job, money.programs), money)


def given_of_sample(job: ImportJob, gifts: Mapping[int, list[Any]]) -> dict[int, dict[str, str]]:
    """Return program, old and new balance of the lines of a check's sample, in words by line."""
    ids = {program for program, _before, _after in gifts.values()}
    programs = Program.objects.for_company(job.company).in_bulk(ids)
    return {
        line: {
            "label": programs[program].name,
            "before": _amount(programs[program], before),
            "after": _amount(programs[program], after),
        }
        for line, (program, before, after) in gifts.items()
        if program in programs
    }


def _programs(job: ImportJob, sums: Mapping[str, Any]) -> dict[int, Program]:
    return Program.objects.for_company(job.company).in_bulk([int(pk) for pk in sums])


def _sums(programs: Mapping[int, Program], money: Money) -> list[dict[str, Any]]:
    return [
        {
            "name": program.name,
            "currency": program.currency,
            "credited": _amount(program, money.programs[str(pk)]["credited"]),
            "debited": _amount(program, money.programs[str(pk)]["debited"]),
            "moved": _moved(program, money.programs[str(pk)]),
            "lines": money.programs[str(pk)]["lines"],
        }
        for pk, program in sorted(programs.items(), key=lambda item: (item[1].name, item[0]))
    ]


def _moved(program: Program, sums: Mapping[str, int]) -> str:
    """Return both sums with their signs, "+275.50, \u22125"; what is nothing is not said."""
    signed = (("+", sums["credited"]), ("\u2212", sums["debited"]))
    return ", ".join(f"{sign}{_amount(program, units)}" for sign, units in signed if units)


def _amount(program: Program, units: int) -> str:
    return figure(from_units(units), program)
