"""What a trip found, added up chunk by chunk: the counts, the groups of errors, a sample."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from core.fields import to_units
from imports.pipeline.credits import Gift
from imports.pipeline.decisions import (
    OF_RECORD,
    Completion,
    CorrectedOrder,
    Create,
    Decision,
    NewOrder,
    Post,
    Reject,
    SameOrder,
    Skip,
    Unchanged,
    Update,
)
from imports.pipeline.money import Money
from imports.pipeline.rows import Reason

#: How much of it is kept: enough to understand and to mend by, bounded whatever the file.
MAX_GROUPS = 100
SAMPLES_PER_GROUP = 5
VALUES_PER_GROUP = 50
SAMPLE_ROWS = 8

_OUTCOMES = {
    Create: "created",
    Update: "updated",
    Unchanged: "unchanged",
    Post: "updated",
    Skip: "skipped",
    Reject: "failed",
    NewOrder: "created",
    CorrectedOrder: "updated",
    SameOrder: "unchanged",
}
_NOTES = {
    "opt_out_kept": "opt_outs_kept",
    "consent_kept": "consents_kept",
    "erased": "erased",
    "credit_no_currency": "credits_left_out",
    "credit_given_before": "credits_given_before",
    "order_of_nobody": "of_nobody",
    "order_of_erased": "of_erased",
}


def count(decisions: Iterable[Decision]) -> Counter[str]:
    """Count lines by outcome, and what managers ask about: deletes, restores, a kept no."""
    decisions = list(decisions)
    counts: Counter[str] = Counter()
    for kind, number in Counter(map(type, decisions)).items():
        counts[_OUTCOMES[kind]] += number
    for decision in decisions:
        if type(decision) is Post:  # A file of balances is millions of these, and of little else.
            continue
        if isinstance(decision, Update):
            if change := decision.changes.get("is_active"):
                counts["restored" if change[1] else "deleted"] += 1
        elif isinstance(decision, Create) and decision.values.get("is_active") is False:
            counts["created_deleted"] += 1
        for note in _notes_of(decision):
            if name := _NOTES.get(note.code):
                counts[name] += 1
    return counts


def _notes_of(decision: Decision) -> Sequence[Reason]:
    if isinstance(decision, Reject | Post):
        return []
    return [decision.note] if isinstance(decision, Skip) else decision.notes


def gift_of(decision: Decision) -> Gift | None:
    """Return what a line gives, or would."""
    if isinstance(decision, Post):
        return decision.gift
    return decision.additions.gift if isinstance(decision, OF_RECORD) else None


class Findings:
    """What the check shows, kept as JSON on the job from chunk to chunk.

    `since` is when it began to look: what others wrote later it may not have seen. `approved` is
    what a second person has agreed to, of an import that is looked at anew after that.
    """

    def __init__(self, stored: dict[str, Any] | None = None) -> None:
        stored = stored or {}
        self.counts: Counter[str] = Counter(stored.get("counts", {}))
        self.groups: dict[str, dict[str, Any]] = {g["key"]: g for g in stored.get("groups", [])}
        self.groups_left_out: int = stored.get("groups_left_out", 0)
        self.sample: list[dict[str, Any]] = stored.get("sample", [])
        self.money = Money(stored.get("money"))
        self.since: str | None = stored.get("since")
        self.approved: dict[str, dict[str, int]] | None = stored.get("approved")

    def add(self, decisions: Iterable[Decision]) -> None:
        decisions = list(decisions)
        self.counts += count(decisions)
        for decision in decisions:
            if gift := gift_of(decision):
                self.money.add(decision.line, _phone_of(decision), gift)
            if isinstance(decision, Reject):
                # Rows are counted: one that names two unknown categories is one row of its group.
                for key in {self._add_reason(decision.line, it) for it in decision.reasons} - {""}:
                    self.groups[key]["count"] += 1
            elif len(self.sample) < SAMPLE_ROWS and isinstance(decision, Create | Update | Post):
                self.sample.append(_before_and_after(decision))

    def _add_reason(self, line: int, reason: Reason) -> str:
        """Return the key of the reason's group; "" where there are too many groups."""
        key = f"{reason.code}:{reason.column}"
        group = self.groups.get(key)
        if group is None:
            if len(self.groups) >= MAX_GROUPS:
                self.groups_left_out += 1
                return ""
            group = self.groups[key] = {
                "key": key, "code": reason.code, "column": reason.column,
                "count": 0, "samples": [], "values": [],
            }  # fmt: skip
        if len(group["samples"]) < SAMPLES_PER_GROUP:
            group["samples"].append([line, reason.value[:200], reason.params])
        if len(group["values"]) < VALUES_PER_GROUP and reason.value not in group["values"]:
            group["values"].append(reason.value[:200])
        return key

    def to_json(self) -> dict[str, Any]:
        return {
            "counts": dict(self.counts),
            "groups": sorted(self.groups.values(), key=lambda group: -group["count"]),
            "groups_left_out": self.groups_left_out,
            "sample": self.sample,
            "since": self.since,
            **({"approved": self.approved} if self.approved is not None else {}),
            **({"money": self.money.to_json()} if self.money else {}),
        }


def _phone_of(decision: Decision) -> str:
    if isinstance(decision, Post):
        return decision.phone
    return str(decision.values["phone"]) if isinstance(decision, OF_RECORD) else ""


def _before_and_after(decision: Create | Update | Post) -> dict[str, Any]:
    """Return a line as the check shows it: every field that changes, as text."""
    if isinstance(decision, Post):
        return {
            "line": decision.line,
            "guest": decision.guest_id,
            "phone": decision.phone,
            "changes": {},
            "cards": [],
            "gift": _gift(decision.gift),
        }
    if isinstance(decision, Create):
        changes = {name: ["", _text(value)] for name, value in decision.values.items()}
    else:
        changes = {name: [_text(old), _text(new)] for name, (old, new) in decision.changes.items()}
    added = decision.additions
    return {
        "line": decision.line,
        "guest": getattr(decision, "guest_id", None),
        "phone": decision.values["phone"],
        "changes": changes,
        "cards": [_card(*card) for card in added.cards],
        "completed": [_completed(each) for each in added.completed],
        "categories": [*added.categories, *added.new_categories],
        "gift": _gift(added.gift),
    }


def _card(track: str | None, number: str | None) -> str:
    return " / ".join(filter(None, (track, number)))


def _completed(card: Completion) -> list[str]:
    """Return a card as it is, and as it will be."""
    whole = (card.value, card.known) if card.field == "track" else (card.known, card.value)
    return [card.known, _card(*whole)]


def _gift(gift: Gift | None) -> list[Any] | None:
    """Return the program, its balance before and its balance after, in ten-thousandths."""
    if gift is None:
        return None
    return [gift.credit.program_id, to_units(gift.before), to_units(gift.before + gift.change)]


def _text(value: Any) -> str:
    return "" if value is None else str(value)
