"""Matched rows -> what to do with each. The overwrite policy lives here and nowhere else.

Pure: everything it knows of the database is in `Surroundings`. The rules are those of the design:
"always", "if_empty" or "never" per field; a blank cell changes nothing; a ratchet for consent.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from guests.normalize import fold
from imports.pipeline.credits import (
    CreditRules,
    Gift,
    other_amount,
    read_credit,
)
from imports.pipeline.decisions import (
    Additions,
    Completion,
    Create,
    Decision,
    Reject,
    Skip,
    Unchanged,
    Update,
)
from imports.pipeline.met import LOCKED, Met, Surroundings
from imports.pipeline.plan_reasons import guest_of, named, taken, wrong_besides
from imports.pipeline.plan_unchanged import at_a_look
from imports.pipeline.rows import (
    CleanRow,
    Reason,
    Rejected,
    Repeated,
    external_ids,
)
from imports.pipeline.seen import Screened

#: Notes on what was left out for a mistake in the file: such rows stand in the error file, too.
MENDABLE = frozenset({"credit_no_currency"})


@dataclass(frozen=True)
class Rules:
    """What one import does with what it finds. `overwrite` is by guest field."""

    overwrite: Mapping[str, str]
    categories: tuple[int, ...]
    default_consent: str
    default_subscribed: bool
    now: datetime
    category_ids: dict[str, int]
    tier_ids: dict[str, int]
    #: The guest's fields that any line can change, and those that are always read.
    fields: tuple[str, ...]
    #: Whether any line can put its guest into a category.
    sorts_into_categories: bool
    #: Whether a category that is not there yet is created and no error.
    create_categories: bool = False
    #: What is known of programs; None where the file has no column for credits.
    credits: CreditRules | None = None

    def forget_tiers(self, ids: Collection[int]) -> None:
        """Have lines that name one of these tiers, deleted since they were read, be rejected."""
        for name in [name for name, pk in self.tier_ids.items() if pk in ids]:
            # Another thread may plan by them all the while.
            self.tier_ids.pop(name, None)


def plan(rows: Sequence[Screened], met: Surroundings, rules: Rules) -> list[Decision]:
    """Return the decision for each row, in the rows' order."""
    return [at_a_look(row, met, rules) or _plan_row(row, met, rules) for row in rows]


def _plan_row(row: Screened, met: Surroundings, rules: Rules) -> Decision:
    if isinstance(row, Rejected):
        row = row.and_also(wrong_besides(row, met, rules)) if row.values else row
        return Reject(row.line, row.cells, row.reasons)
    if isinstance(row, Repeated):
        return Skip(row.line, Reason("same_as_line", "", "", {"line": row.first}))
    phone = row.values["phone"]
    if phone in met.erased:
        return Skip(row.line, Reason("erased", "phone", "", {}))
    guest, reasons = guest_of(row, met)
    wanted, unknown = named(row, rules)
    reasons += unknown
    reasons += taken(row, guest, met)
    if rules.credits is not None:
        row, gift, wrong = _gift(row, guest, met, rules)
        reasons += wrong
    if reasons:
        return Reject(row.line, row.cells, reasons)
    additions = _additions(row, guest, met, rules)
    if rules.credits is not None and gift is not None:
        additions = additions._replace(gift=gift)
    if guest is None:
        return _create(row, wanted, additions, rules)
    if phone in met.merged_phones:
        # What a till still says of the one who was merged adds to the kept guest, and no more.
        row = row._replace(notes=[*row.notes, Reason("merged", "phone", "", {})])
        rules = replace(rules, overwrite=dict.fromkeys(wanted, "if_empty"))
    if wanted.get("member_number") in met.merged_numbers:
        # It leads to the guest already, and stays with the one who was merged.
        del wanted["member_number"]
    return _remember(_update(row, guest, wanted, additions, rules), guest, met)


def _remember(decision: Update | Unchanged, guest: Met, met: Surroundings) -> Decision:
    """Let a later line find the guest as this one leaves them: two telephones may lead to one."""
    if isinstance(decision, Update):
        guest.values = decision.values
        met.in_categories.update((guest.id, pk) for pk in decision.additions.categories)
    return decision


def _additions(row: CleanRow, guest: Met | None, met: Surroundings, rules: Rules) -> Additions:
    """Return the cards, categories and external ids of the row that the guest does not have yet."""
    values = row.values
    cards, completed = _cards(values["cards"], met) if "cards" in values else ((), ())
    categories: Sequence[int] = rules.categories
    new_categories: Sequence[str] = ()
    if "categories" in values:
        known, names = rules.category_ids, values["categories"]
        named = [known[key] for key in map(fold, names) if key in known]
        if len(named) < len(names):
            new_categories = [name for name in names if fold(name) not in known]
        categories = list(dict.fromkeys((*categories, *named)))
    if guest is not None:
        categories = [c for c in categories if (guest.id, c) not in met.in_categories]
    new_ids: Sequence[str] = ()
    if "external_id" in values:
        new_ids = [value for value in external_ids(row) if value not in met.by_external_id]
    return Additions(cards, categories, new_ids, new_categories, completed)


def _cards(
    wanted: Sequence[tuple[str | None, str | None]], met: Surroundings
) -> tuple[Sequence[tuple[str | None, str | None]], Sequence[Completion]]:
    """Return the cards that are new, and the guest's own that get the half they lacked.

    What belongs to another guest was rejected before.
    """
    new, completed, halves = [], [], met.half_cards
    for track, number in wanted:
        free_track = track if track and track not in met.track_owner else None
        free_number = number if number and number not in met.number_owner else None
        if not (free_track or free_number):
            continue
        if halves and track and free_number and (pk := halves.get(("track", track))):
            completed.append(Completion(pk, "number", free_number, track))
        elif halves and number and free_track and (pk := halves.get(("number", number))):
            completed.append(Completion(pk, "track", free_track, number))
        else:
            new.append((free_track, free_number))
    return new, completed


def _gift(
    row: CleanRow, guest: Met | None, met: Surroundings, rules: Rules
) -> tuple[CleanRow, Gift | None, Sequence[Reason]]:
    """Return what the row gives its guest, with what there is to say about it on the row."""
    assert rules.credits is not None
    credit, notes, reasons = read_credit(row.values, rules.credits)
    row = row._replace(notes=[*row.notes, *notes]) if notes else row
    if credit is None:
        return row, None, reasons
    if guest is None:
        reachable = _is_reachable(row.values, {}, rules)
        return row, Gift(credit, credit.amount, reachable=reachable), reasons
    before = Reason("credit_given_before", "", "", {})
    anew = met.credits.anew(guest.id, credit, rules.credits)
    if anew is None:
        given = met.credits.given_otherwise(guest.id, credit, rules.credits)
        if given is not None:
            column = rules.credits.columns["amount"]
            return row, None, [*reasons, other_amount(credit, given, column)]
        return row._replace(notes=[*row.notes, before]), None, reasons
    credit = anew
    repeats = met.credits.repeats(guest.id, credit, rules.credits)
    if repeats and rules.credits.only_new:
        return row._replace(notes=[*row.notes, before]), None, reasons
    reachable = _is_reachable(row.values, guest.values, rules)
    balance = met.credits.balance(guest.id, credit.program_id)
    return row, Gift(credit, credit.amount, balance, repeats, reachable), reasons


def _is_reachable(values: Mapping[str, Any], known: Mapping[str, Any], rules: Rules) -> bool:
    """Whether the guest has an address and wants mail; a no that is there stays."""
    said = known.get("subscribed", rules.default_subscribed)
    subscribed = said and values.get("subscribed", True)
    return bool(subscribed and (values.get("email") or known.get("email")))


def _mendable(row: CleanRow) -> list[str] | None:
    """Return the cells of a row of which something was left out for a mistake in the file."""
    return row.cells if any(note.code in MENDABLE for note in row.notes) else None


def _create(row: CleanRow, wanted: dict[str, Any], additions: Additions, rules: Rules) -> Create:
    values = {
        "consent": rules.default_consent,
        "subscribed": rules.default_subscribed,
        "registered_at": rules.now,
        **wanted,
    }
    return Create(row.line, values, additions, row.notes, _mendable(row))


def _update(
    row: CleanRow, guest: Met, wanted: dict[str, Any], additions: Additions, rules: Rules
) -> Update | Unchanged:
    notes = list(row.notes)
    changes = {}
    for name, new in wanted.items():
        if name in LOCKED:
            continue
        old = guest.values[name]
        if new == old:
            continue
        if held := _ratchet(name, old, new):
            notes.append(held)
            continue
        if not _may_replace(rules.overwrite.get(name, "always"), name, old, new):
            continue
        changes[name] = (old, new)
    if not _takes_consent(guest, wanted, changes):
        # Details and date of a consent that was not taken over belong to it.
        changes = {name: c for name, c in changes.items() if not name.startswith("consent")}
    if not changes and not any(additions):
        return Unchanged(row.line, guest.id, notes, _mendable(row))
    values = guest.values | {name: new for name, (_old, new) in changes.items()}
    return Update(
        row.line, guest.id, guest.version, changes, additions, notes, values, _mendable(row)
    )


def _takes_consent(guest: Met, wanted: dict[str, Any], changes: dict[str, Any]) -> bool:
    """Whether the guest's consent will be what the row says, if it says anything of it."""
    if "consent" not in wanted or "consent" in changes:
        return True
    return bool(wanted["consent"] == guest.values["consent"])


def _may_replace(rule: str, name: str, old: Any, new: Any) -> bool:
    """Apply the overwrite rule. A no is heard even where only empty fields are filled."""
    if rule == "if_empty":
        is_no = (name == "consent" and new == "revoked") or (name == "subscribed" and not new)
        return _is_empty(name, old) or is_no
    return rule == "always"


def _is_empty(name: str, value: Any) -> bool:
    """Empty means no value: 0 and no are values, consent that is not known is none."""
    return value is None or value == "" or (name == "consent" and value == "unknown")


def _ratchet(name: str, old: Any, new: Any) -> Reason | None:
    """Return the note that a no was kept: imports never subscribe or consent again for somebody."""
    if name == "subscribed" and old is False and new is True:
        return Reason("opt_out_kept", "receive_promo", "", {})
    if name == "consent" and old == "revoked":
        return Reason("consent_kept", "consent", "", {})
    return None
