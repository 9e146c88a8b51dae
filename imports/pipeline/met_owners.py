"""Whom balance rows mean, as plain values: `match_balances` fills it, `plan_balances` reads it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Owner(NamedTuple):
    """A guest, as far as a balance needs to know. `reachable`: may be told by e-mail."""

    id: int
    phone: str
    reachable: bool


@dataclass
class OwnersMet:
    """Guests by what the rows know them by. Erased ones are None."""

    by_phone: dict[str, Owner | None] = field(default_factory=dict)
    by_external_id: dict[str, Owner | None] = field(default_factory=dict)
    by_card: dict[str, Owner | None] = field(default_factory=dict)
