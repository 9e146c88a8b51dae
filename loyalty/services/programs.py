"""Making and changing programs, and the company's terms."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from core.models import Company, User
from core.services.changes import heed_others, plain, record, state_of
from core.services.names import same_name
from core.texts import isolated
from guests.models import Category
from loyalty.models import Account, Program, ProgramCategory, Terms

#: What may be said of a program. Kind and currency only while nobody owns anything in it.
FIELDS = (
    "name", "code", "kind", "currency", "active_from", "active_to", "expiry", "expiry_days",
    "audience", "percentage", "is_default", "adjustment_limit",
)  # fmt: skip
FIXED = ("kind", "currency")
#: A hundred years: the calendar ends, and so does a column, for who adds more to today.
MOST_DAYS = 36_500


class HasAccounts(Exception):
    """Guests have accounts in the program: its kind and its currency stay as they are."""


@transaction.atomic
def create_program(
    *,
    company: Company,
    values: Mapping[str, Any],
    categories: list[Category],
    actor: User | None,
    source: str,
    now: datetime,
) -> Program:
    """Make a program of `values` (FIELDS). Raises ValidationError by field."""
    _check_name(company, values)
    program = Program(company=company, **{name: values[name] for name in FIELDS if name in values})
    _check(program)
    _unseat_default(program)
    program.save(force_insert=True)
    _set_categories(program, categories)
    record(
        company=company,
        actor=actor,
        source=source,
        action="create_program",
        subject=program,
        values={name: [None, plain(getattr(program, name))] for name in FIELDS},
        now=now,
    )
    return program


@transaction.atomic
def change_program(
    *,
    program: Program,
    values: Mapping[str, Any],
    categories: list[Category],
    expected: Mapping[str, Any] | None = None,
    actor: User | None,
    source: str,
    now: datetime,
) -> Program:
    """Change what `values` names. Raises ValidationError by field, HasAccounts, ChangedMeanwhile.

    Credits that were given keep the last day they were given with.
    """
    company = program.company
    # The company's lock comes before those of its rows.
    _check_name(company, values, but=program)
    locked = Program.objects.for_company(company).select_for_update().get(pk=program.pk)
    locked.company = company
    heed_others(locked, expected, {**values, "categories": categories})
    before = _state(locked)
    for name in FIELDS:
        if name in values:
            setattr(locked, name, values[name])
    if any(before[name] != getattr(locked, name) for name in FIXED) and has_accounts(locked):
        raise HasAccounts(locked.name)
    _check(locked)
    _unseat_default(locked)
    locked.save(update_fields=FIELDS)
    _set_categories(locked, categories)
    after = _state(locked)
    changed = {
        name: [plain(before[name]), plain(after[name])]
        for name in after
        if before[name] != after[name]
    }
    if changed:
        record(
            company=company,
            actor=actor,
            source=source,
            action="change_program",
            subject=locked,
            values=changed,
            now=now,
        )
    return locked


@transaction.atomic
def set_active(
    *, program: Program, is_active: bool, actor: User | None, source: str, now: datetime
) -> None:
    """Let a program give credits, or no more. What guests have in it stays theirs."""
    found = Program.objects.for_company(program.company).exclude(is_active=is_active)
    if not found.filter(pk=program.pk).update(is_active=is_active):
        return
    program.is_active = is_active
    record(
        company=program.company,
        actor=actor,
        source=source,
        action="change_program",
        subject=program,
        values={"is_active": [not is_active, is_active]},
        now=now,
    )


@transaction.atomic
def set_terms(
    *,
    company: Company,
    grace_days: int,
    adjustment_limit: Decimal | None,
    expected: Mapping[str, Any] | None = None,
    actor: User | None,
    source: str,
    now: datetime,
) -> Terms:
    """Set the company's rules for money. Raises ValidationError and ChangedMeanwhile."""
    Company.objects.select_for_update(no_key=True).get(pk=company.pk)
    terms = Terms.objects.of(company)
    before = {"grace_days": terms.grace_days, "adjustment_limit": terms.adjustment_limit}
    after = {"grace_days": grace_days, "adjustment_limit": adjustment_limit}
    heed_others(terms, expected, after)
    terms.grace_days, terms.adjustment_limit = grace_days, adjustment_limit
    terms.full_clean(exclude=["company"], validate_unique=False)
    terms.save()
    changed = {k: [plain(before[k]), plain(after[k])] for k in after if before[k] != after[k]}
    if changed:
        record(
            company=company,
            actor=actor,
            source=source,
            action="change_terms",
            subject=terms,
            values=changed,
            now=now,
        )
    return terms


def has_accounts(program: Program) -> bool:
    """Whether anybody has ever owned anything in it."""
    return Account.objects.for_company(program.company).filter(program=program).exists()


def _state(program: Program) -> dict[str, Any]:
    """Return all that is said of a program, and for whom it is: the ids of its categories."""
    return {name: getattr(program, name) for name in FIELDS} | state_of(program, ["categories"])


def _check_name(company: Company, values: Mapping[str, Any], but: Program | None = None) -> None:
    """Raise ValidationError when another program is called so, whatever its capitals."""
    programs = Program.objects.for_company(company)
    if taken := same_name(company, programs, values.get("name", ""), but=but):
        text = _("There is a program “%(name)s” already.") % {"name": isolated(taken)}
        raise ValidationError({"name": text})


def _check(program: Program) -> None:
    """Raise all that is wrong at once, by field. What one kind has no use for is put away."""
    if program.kind == Program.Kind.DISCOUNT:
        program.expiry, program.is_default = Program.Expiry.NEVER, False
        if program.audience == Program.Audience.ACCOUNT:
            program.audience = Program.Audience.EVERYONE
    else:
        program.percentage = None
    if program.kind != Program.Kind.POINTS:
        program.is_default = False
    if program.expiry != Program.Expiry.DAYS:
        program.expiry_days = None
    if (program.expiry_days or 0) > MOST_DAYS:
        raise ValidationError({"expiry_days": _("A credit lasts a hundred years at most.")})
    program.full_clean(validate_constraints=False)
    program.validate_constraints(exclude=["is_default"] if program.is_default else None)


def note_export(*, program: Program, actor: User, source: str, now: datetime) -> None:
    """Write down who took the entries of a program along: names and telephones are in them."""
    record(
        company=program.company,
        actor=actor,
        source=source,
        action="export_entries",
        subject=program,
        values={},
        now=now,
    )


def _unseat_default(program: Program) -> None:
    """Of one currency one program is the default: the one that was said last."""
    if program.is_default:
        others = Program.objects.for_company(program.company).exclude(pk=program.pk)
        others.filter(currency=program.currency, is_default=True).update(is_default=False)


def _set_categories(program: Program, categories: list[Category]) -> None:
    if program.audience != Program.Audience.CATEGORIES:
        categories = []
    elif not categories:
        raise ValidationError({"categories": ValidationError("", code="required")})
    rows = ProgramCategory.objects.filter(program=program)
    rows.exclude(category__in=categories).delete()
    present = set(rows.values_list("category_id", flat=True))
    ProgramCategory.objects.bulk_create(
        ProgramCategory(company_id=program.company_id, program=program, category=category)
        for category in categories
        if category.pk not in present
    )
