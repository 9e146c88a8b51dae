"""Bulk changes in sentences and figures: how far one is, what it did.

What is asked before it stands in bulk_questions.
"""

from datetime import datetime
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from core.models import Company, Job
from core.texts import isolated, shortened
from core.web import pace
from core.web.subjects import Subject, link
from guests.models import BulkChange

Action, State, Step = BulkChange.Action, Job.State, BulkChange.Step

#: What a page under way is called, and what the number counts.
_DOING = {
    Action.DELETE: gettext_lazy("Deleting"),
    Action.RESTORE: gettext_lazy("Restoring"),
    Action.ADD_CATEGORY: gettext_lazy("Adding to “%(category)s”"),
    Action.REMOVE_CATEGORY: gettext_lazy("Taking out of “%(category)s”"),
    Action.SET_TIER: gettext_lazy("Setting the tier"),
    Action.DELETE_CATEGORY: gettext_lazy("Deleting “%(category)s”"),
}

#: Told on the receipt, for whatever else was chosen on the page by then was not done.
SENT_BEFORE = gettext_lazy(
    "The page was sent before, and counts once: this is what was done then. Nothing was done now."
)


def grouped(number: int) -> str:
    return number_format(number, force_grouping=True)


def tier_of(change: BulkChange) -> str:
    """Return the tier that a change sets, as a sentence names it."""
    return tier_called(change.tier_name)


def tier_called(name: str) -> str:
    """Return a tier as a sentence names it; "" stands for none."""
    return _("the tier “%(name)s”") % {"name": isolated(name)} if name else _("no tier")


def sentence(change: BulkChange) -> str:
    """Return in one sentence what became of a change that is not under way."""
    if change.step == Step.UNDO and change.state == State.UNDONE:
        return _undone(change)
    n = change.changed
    if change.action == Action.DELETE_CATEGORY:
        return _category_deleted(change)
    texts = {
        Action.DELETE: ngettext(
            "%(count)s guest was deleted.", "%(count)s guests were deleted.", n
        ),
        Action.RESTORE: ngettext(
            "%(count)s guest was restored.", "%(count)s guests were restored.", n
        ),
        Action.ADD_CATEGORY: ngettext(
            "%(count)s guest was added to “%(category)s”.",
            "%(count)s guests were added to “%(category)s”.",
            n,
        ),
        Action.REMOVE_CATEGORY: ngettext(
            "%(count)s guest was taken out of “%(category)s”.",
            "%(count)s guests were taken out of “%(category)s”.",
            n,
        ),
        Action.SET_TIER: ngettext(
            "%(count)s guest has %(tier)s now.", "%(count)s guests have %(tier)s now.", n
        ),
    }
    return texts[Action(change.action)] % {
        "count": grouped(n),
        "category": isolated(change.category_name),
        "tier": tier_of(change),
    }


def _category_deleted(change: BulkChange) -> str:
    shown = {"count": grouped(change.changed), "category": isolated(change.category_name)}
    if change.category_id is not None:
        text = ngettext(
            "%(count)s guest left “%(category)s”, which is still there.",
            "%(count)s guests left “%(category)s”, which is still there.",
            change.changed,
        )
    else:
        text = ngettext(
            "“%(category)s” is deleted: %(count)s guest left it.",
            "“%(category)s” is deleted: %(count)s guests left it.",
            change.changed,
        )
    return text % shown


def undo_button(change: BulkChange, count: int) -> str:
    """Return the words of the button that takes the change back for `count` guests."""
    shown = {
        "count": grouped(count),
        "company": isolated(shortened(change.company)),
        "category": isolated(change.category_name),
    }
    if change.action == Action.DELETE_CATEGORY and change.category_id is None:
        text = ngettext(
            "Bring back “%(category)s” with %(count)s guest in %(company)s",
            "Bring back “%(category)s” with %(count)s guests in %(company)s",
            count,
        )
    else:
        text = ngettext(
            "Undo for %(count)s guest in %(company)s",
            "Undo for %(count)s guests in %(company)s",
            count,
        )
    return text % shown


def kept(change: BulkChange, count: int) -> str:
    """Return whom an undo would leave as they are, and why; "" when there are none."""
    if not count:
        return ""
    if change.action == Action.DELETE_CATEGORY:
        text = ngettext(
            "%(count)s was merged or erased since and stays out.",
            "%(count)s were merged or erased since and stay out.",
            count,
        )
    else:
        text = ngettext(
            "%(count)s was changed since and stays.",
            "%(count)s were changed since and stay.",
            count,
        )
    return text % {"count": grouped(count)}


def _undone(change: BulkChange) -> str:
    if change.action == Action.DELETE_CATEGORY:
        text = ngettext(
            "Undone: “%(category)s” is back, with %(count)s guest.",
            "Undone: “%(category)s” is back, with %(count)s guests.",
            change.undone,
        )
        return text % {"category": isolated(change.category_name), "count": grouped(change.undone)}
    if change.undone == change.changed:
        text = ngettext(
            "Undone: %(count)s guest is as before.", "Undone: all %(count)s guests are as before.",
            change.changed,
        )  # fmt: skip
        return text % {"count": grouped(change.changed)}
    text = ngettext(
        "Undone: %(undone)s of %(count)s guest is as before.",
        "Undone: %(undone)s of %(count)s guests are as before.",
        change.changed,
    )
    return text % {"undone": grouped(change.undone), "count": grouped(change.changed)}


def left_out(change: BulkChange) -> str:
    """Return what became of the others of the set; "" when there are none."""
    if change.step == Step.UNDO:
        left = change.changed - change.undone if change.state == State.UNDONE else 0
        if change.action == Action.DELETE_CATEGORY:
            return kept(change, left)
        text = ngettext(
            "%(count)s was changed since by somebody and stays as it is.",
            "%(count)s were changed since by somebody and stay as they are.",
            left,
        )
        return text % {"count": grouped(left)} if left else ""
    same, missed = change.done - change.changed, change.total - change.done
    found = []
    if same > 0:
        text = ngettext(
            "%(count)s was so already.", "%(count)s were so already.", same
        )  # fmt: skip
        found.append(text % {"count": grouped(same)})
    if missed > 0:
        text = ngettext(
            "%(count)s was not reached.", "%(count)s were not reached.", missed
        )  # fmt: skip
        found.append(text % {"count": grouped(missed)})
    return " ".join(found)


def progress(change: BulkChange, *, now: datetime) -> dict[str, Any]:
    """Return what components/under_way.html shows of a change that is under way."""
    is_undo = change.step == Step.UNDO
    total = change.changed - change.undone + change.done if is_undo else change.total
    title = _("Undoing") if is_undo else _DOING[Action(change.action)]
    words = str(title) % {"category": isolated(change.category_name)}
    return pace.progress(change, title=words, total=total, stopping=change.stop_asked, now=now)


def describe(company: Company, change: BulkChange) -> Subject:
    """Return how a history names a bulk change: by how many guests it was about."""
    url = link("guests:change", company, change.number)
    if change.action == Action.DELETE_CATEGORY:
        named = {"category": isolated(change.category_name), "number": change.number}
        return Subject(_("“%(category)s” (bulk change %(number)s)") % named, url)
    text = ngettext(
        "%(count)s guest (bulk change %(number)s)",
        "%(count)s guests (bulk change %(number)s)",
        change.total,
    )
    label = text % {"count": grouped(change.total), "number": change.number}
    words = ", ".join(map(str, change.words))
    return Subject(label, url, words)
