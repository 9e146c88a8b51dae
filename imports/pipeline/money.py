"""What an import gives, added up: by program, the largest amounts, what was given before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from core.fields import from_units, to_units
from imports.pipeline.credits import Gift

LARGEST = 10
#: An amount is out of line when it is so many times the middle one of its program.
FAR = 20
#: Fewer amounts than these have no middle worth the name.
ENOUGH = 20


@lru_cache(maxsize=65_536)
def _units(amount: Decimal) -> int:
    """Return whole ten-thousandths; the same amounts come again and again."""
    return to_units(amount)


class Money:
    """Sums that are exact, kept as JSON from chunk to chunk: amounts are in ten-thousandths.

    programs    by program id: what is credited and debited, and in how many lines
    largest     the largest amounts, each with its line and guest
    spread      by program id: how many amounts there are of each size, as powers of two
    repeats     by import id: how many of the credits that import gave before
    messages    how many e-mails would tell guests, one for each credit
    """

    def __init__(self, stored: dict[str, Any] | None = None) -> None:
        stored = stored or {}
        self.programs: dict[str, dict[str, int]] = stored.get("programs", {})
        self.largest: list[list[Any]] = stored.get("largest", [])
        self.spread: dict[str, dict[str, int]] = stored.get("spread", {})
        self.repeats: Counter[str] = Counter(stored.get("repeats", {}))
        self.messages: int = stored.get("messages", 0)

    def __bool__(self) -> bool:
        return bool(self.programs)

    def add(self, line: int, phone: str, gift: Gift) -> None:
        """Count what a line gives, or takes."""
        units = self.add_sum(gift)
        if not units:
            return
        if gift.repeats:
            self.repeats.update(map(str, gift.repeats))
        self.messages += gift.reachable and units > 0
        sizes = self.spread.setdefault(str(gift.credit.program_id), {})
        size = str(abs(units).bit_length())
        sizes[size] = sizes.get(size, 0) + 1
        if len(self.largest) < LARGEST or abs(units) > abs(self.largest[-1][3]):
            self.largest.append([line, phone, gift.credit.program_id, units])
            self.largest.sort(key=lambda entry: -abs(entry[3]))
            del self.largest[LARGEST:]

    def add_sum(self, gift: Gift) -> int:
        """Count it in the sums alone, and return its ten-thousandths."""
        units = _units(gift.change)
        if units:
            self._add_units(gift.credit.program_id, [units])
        return units

    def add_amounts(self, program_id: int, amounts: Iterable[Decimal]) -> None:
        """Count what many lines move in a program in its sums."""
        if units := list(filter(None, map(_units, amounts))):
            self._add_units(program_id, units)

    def _add_units(self, program_id: int, units: Sequence[int]) -> None:
        sums = self.programs.setdefault(str(program_id), {"credited": 0, "debited": 0, "lines": 0})
        credited = [each for each in units if each > 0]
        sums["credited"] += sum(credited)
        sums["debited"] += sum(credited) - sum(units)
        sums["lines"] += len(units)

    def add_sums(self, other: Money) -> None:
        """Count the sums of another in these."""
        for program, sums in other.programs.items():
            own = self.programs.setdefault(program, dict.fromkeys(sums, 0))
            for name, number in sums.items():
                own[name] += number

    def total(self, program_id: int) -> Decimal:
        """Return what is moved in a program, credits and debits together."""
        sums = self.programs.get(str(program_id), {})
        return from_units(sums.get("credited", 0) + sums.get("debited", 0))

    @property
    def lines(self) -> int:
        """How many lines move anything, credits and debits together."""
        return sum(sums["lines"] for sums in self.programs.values())

    @property
    def takes(self) -> bool:
        """Whether any of it is a debit."""
        return any(sums["debited"] for sums in self.programs.values())

    def is_far(self, program_id: int, units: int) -> bool:
        """Whether an amount is far above the others of its program."""
        sizes = self.spread.get(str(program_id), {})
        count = sum(sizes.values())
        if count < ENOUGH:
            return False
        passed = 0
        for size in sorted(sizes, key=int):
            passed += sizes[size]
            if 2 * passed >= count:
                return abs(units) > FAR * 2 ** int(size)
        return False

    def repeated(self) -> tuple[int, int] | None:
        """Return the import that gave most of the same before, and how many; None if none did."""
        if not self.repeats:
            return None
        batch, count = max(self.repeats.items(), key=lambda item: (item[1], item[0]))
        return int(batch), count

    def to_json(self) -> dict[str, Any]:
        return {
            "programs": self.programs,
            "largest": self.largest,
            "spread": self.spread,
            "repeats": dict(self.repeats),
            "messages": self.messages,
        }
