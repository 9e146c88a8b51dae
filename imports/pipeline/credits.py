"""What a row gives to its guest: the rules of credits, the same beside a guest and in a file of
balances.

Pure: the programs are read once a trip (`CreditRules`), what was given before is in `CreditsMet`.
Without a currency nothing is given, and a note says so; a currency without a program means the
company's default bonus program of it. A credit's cause is its batch, guest, program, expiry and
reference, never the bytes of its file: a correction belongs to the batch of its import, and
nobody is paid twice. What an undo took back can be given again: the cause tells how often it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from guests.normalize import fold
from imports.pipeline.rows import Reason, Rejected
from loyalty.money import is_rounded

#: What the rows of both kinds of files say of a credit.
VALUES = frozenset({"amount", "currency", "expires_on", "program"})


class ProgramFacts(NamedTuple):
    """What has to be known of a program to give something in it."""

    id: int
    code: str
    currency: str
    has_ledger: bool
    active_from: date | None
    active_to: date | None


class Credit(NamedTuple):
    """An amount for a guest. `sets`: it is the balance itself, and the difference is posted.

    `taken_back` is how often the very same was given in its batch and taken back.
    """

    program_id: int
    amount: Decimal
    expires_on: date | None
    reference: str = ""
    comment: str = ""
    sets: bool = False
    taken_back: int = 0


class Gift(NamedTuple):
    """A credit with what it means for its guest.

    `before` is the balance that is there, `change` what it changes by; `repeats` are the imports
    that gave the very same before; `reachable`: the guest may be told by e-mail.
    """

    credit: Credit
    change: Decimal
    before: Decimal = Decimal(0)
    repeats: Sequence[int] = ()
    reachable: bool = False


@dataclass(frozen=True)
class CreditRules:
    """What one import knows of programs. `batch` is the first import of a chain of corrections.

    `sets` is the mode in which amounts are balances; `only_new`: what any other import gave is not
    given either; `columns` are the keys of the columns by what they fill, so that a reason names
    the column of its file.
    """

    batch: int
    today: date
    by_code: Mapping[str, ProgramFacts]
    default_of: Mapping[str, ProgramFacts]
    columns: Mapping[str, str]
    sets: bool = False
    only_new: bool = False

    def cause(self, guest_id: int, credit: Credit) -> str:
        """Return the `source_ref` under which the credit is posted, once in its program."""
        return cause_of(self.batch, guest_id, credit)


def cause_of(batch: int, guest_id: int, credit: Credit) -> str:
    """Return the cause of a credit: `12/7/-/` of batch 12, `12~1/7/-/` once that was taken back."""
    day = credit.expires_on.isoformat() if credit.expires_on else "-"
    again = f"~{credit.taken_back}" if credit.taken_back else ""
    return f"{batch}{again}/{guest_id}/{day}/{credit.reference}"


def cause_for(guest_id: int, cause: str) -> str:
    """Return the cause as it would be had the credit been for this guest."""
    batch, _slash, rest = cause.partition("/")
    _guest, _slash, rest = rest.partition("/")
    return f"{batch}/{guest_id}/{rest}"


def first_cause(cause: str) -> str:
    """Return the cause under which a credit was given for the first time."""
    batch, slash, rest = cause.partition("/")
    return f"{batch.partition('~')[0]}{slash}{rest}"


def insufficient(credit: Credit, available: Decimal, column: str) -> Reason:
    """Return why a row takes nothing: there is less than it asks for."""
    params = {"available": f"{available.normalize():f}"}
    return Reason("insufficient", column, f"{credit.amount.normalize():f}", params)


def other_amount(credit: Credit, given: Decimal, column: str) -> Reason:
    """Return why a row gives nothing: the same was given before, and was another amount."""
    params = {"given": f"{given.normalize():f}"}
    return Reason("credit_other_amount", column, f"{credit.amount.normalize():f}", params)


class Given(NamedTuple):
    """What an import gave a guest before, each time; to two of them if they were merged since.

    `stands`: it was not reversed; `kept`: an undo has not taken back all of it.
    """

    amounts: tuple[Decimal, ...] = ()
    stands: bool = False
    kept: bool = False


@dataclass
class CreditsMet:
    """What the guests of a chunk have and were given by imports.

    `given` is by program and first cause, `balances` by (guest, program): what is there, and what
    of it may be spent.
    """

    given: dict[tuple[int, str], Given] = field(default_factory=dict)
    balances: dict[tuple[int, int], tuple[Decimal, Decimal]] = field(default_factory=dict)
    _known: list[int] | None = None

    def balance(self, guest_id: int, program_id: int) -> Decimal:
        return self.balances.get((guest_id, program_id), (Decimal(0), Decimal(0)))[0]

    def anew(self, guest_id: int, credit: Credit, rules: CreditRules) -> Credit | None:
        """Return the credit as it is to be given now; None if it was given before."""
        found = self.given.get((credit.program_id, rules.cause(guest_id, credit)))
        if found is None:
            return credit
        return None if found.kept else credit._replace(taken_back=len(found.amounts))

    def given_otherwise(self, guest_id: int, credit: Credit, rules: CreditRules) -> Decimal | None:
        """Return what was given before where that is not the same amount; None where it is.

        Of a balance that is set only the difference is known.
        """
        found = self.given.get((credit.program_id, rules.cause(guest_id, credit)))
        if found is None or credit.sets or credit.amount in found.amounts:
            return None
        return found.amounts[-1]

    def repeats(self, guest_id: int, credit: Credit, rules: CreditRules) -> list[int]:
        """Return the batches of other imports that gave the guest the very same."""
        others = [batch for batch in self._batches() if batch != rules.batch]
        if not others:
            return []
        _batch, _slash, rest = rules.cause(guest_id, credit).partition("/")
        return [
            batch
            for batch in others
            if (found := self.given.get((credit.program_id, f"{batch}/{rest}")))
            and found.stands
            and credit.amount in found.amounts
        ]

    def _batches(self) -> Iterable[int]:
        if self._known is None:
            causes = (cause.partition("/")[0] for _program, cause in self.given)
            self._known = sorted({int(batch) for batch in causes if batch.isdecimal()})
        return self._known


#: What a row's values come to: a credit or none, what is to be noted, and why it cannot be.
Read = tuple[Credit | None, Sequence[Reason], Sequence[Reason]]
NOTHING: Read = (None, (), ())


def read_credit(values: Mapping[str, Any], rules: CreditRules) -> Read:
    """Return the credit that a row asks for."""
    amount = values.get("amount")
    if amount is None or (not amount and not rules.sets):
        return NOTHING
    program, wrong = _program_of(values, rules)
    if wrong is not None:
        return _refusal(wrong)
    assert program is not None
    credit = Credit(
        program.id,
        amount,
        values.get("expires_on"),
        values.get("reference", ""),
        values.get("entry_comment", ""),
        rules.sets,
    )
    if _is_plain(credit, program):
        return credit, (), ()
    reasons = list(_reasons(credit, program, rules))
    return None if reasons else credit, (), reasons


def read_beside(row: Rejected, rules: CreditRules) -> Read:
    """Return what there is to say of the credit of a row that is rejected for other columns, too.

    Of one whose amount is wrong it is whether its program is right.
    """
    values, wrong, columns = row.values or {}, row.wrong, rules.columns
    if wrong & {columns.get("currency"), columns.get("program")}:
        return NOTHING
    if "amount" in values or columns.get("amount") not in wrong:
        return read_credit(values, rules)
    _program, reason = _program_of(values, rules)
    return _refusal(reason) if reason is not None else NOTHING


def _refusal(reason: Reason) -> Read:
    """Return why there is no credit: beside a guest it is a note that there is no currency."""
    is_note = reason.code == "credit_no_currency"
    return (None, [reason], ()) if is_note else (None, (), [reason])


def _program_of(
    values: Mapping[str, Any], rules: CreditRules
) -> tuple[ProgramFacts | None, Reason | None]:
    """Return the program that is meant, or why there is none."""
    columns, currency, code = rules.columns, values.get("currency"), values.get("program")
    if currency is None:
        amount = values.get("amount")
        shown = "" if amount is None else f"{amount.normalize():f}"
        return None, Reason("credit_no_currency", columns.get("amount", ""), shown, {})
    if code is None:
        program = rules.default_of.get(currency)
        if program is None:
            return None, Reason("no_default_program", columns["currency"], currency, {})
        return program, None
    program = rules.by_code.get(fold(code))
    column = columns["program"]
    if program is None:
        return None, Reason("program_unknown", column, code, {})
    if not program.has_ledger:
        return None, Reason("program_without_ledger", column, code, {})
    if program.currency != currency:
        known = {"known": program.currency, "program": program.code}
        return None, Reason("program_of_other_currency", columns["currency"], currency, known)
    return program, None


def _is_plain(credit: Credit, program: ProgramFacts) -> bool:
    """Whether there is nothing to be asked about a credit, as of nearly all."""
    return (
        credit.amount > 0
        and program.active_from is program.active_to is credit.expires_on is None
        and is_rounded(credit.amount, program.currency)
    )


def _reasons(credit: Credit, program: ProgramFacts, rules: CreditRules) -> Iterable[Reason]:
    amount, columns, today = credit.amount, rules.columns, rules.today
    starts, ends = program.active_from, program.active_to
    shown = f"{amount.normalize():f}"
    if not is_rounded(amount, program.currency):
        params = {"currency": program.currency}
        yield Reason("amount_of_currency", columns["amount"], shown, params)
    if credit.sets and amount < 0:
        yield Reason("balance_negative", columns["amount"], shown, {})
    if credit.expires_on is not None:
        if amount < 0:
            day = credit.expires_on.isoformat()
            yield Reason("debit_expires", columns["expires_on"], day, {})
        elif credit.expires_on < today:
            day = credit.expires_on.isoformat()
            yield Reason("credit_expired", columns["expires_on"], day, {})
    if amount > 0 and ((starts and today < starts) or (ends and today > ends)):
        yield Reason("program_not_active", columns["amount"], shown, {"program": program.code})
