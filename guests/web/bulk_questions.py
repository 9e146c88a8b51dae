"""What is asked before a bulk change, in sentences: whom it is about, what it means for them."""

from django.utils.translation import gettext as _, ngettext

from core.models import Company
from core.texts import isolated, shortened
from guests.models import BulkChange, MemberTier
from guests.web.bulk_words import grouped, tier_called

Action = BulkChange.Action


def question(action: str, count: int) -> str:
    """Return the heading of the page that asks."""
    shown = {"count": grouped(count)}
    if action == Action.DELETE:
        return ngettext("Delete %(count)s guest?", "Delete %(count)s guests?", count) % shown
    if action == Action.RESTORE:
        return ngettext("Restore %(count)s guest?", "Restore %(count)s guests?", count) % shown
    if action == Action.SET_TIER:
        text = ngettext(
            "Set the tier of %(count)s guest", "Set the tier of %(count)s guests", count
        )
        return text % shown
    if action == Action.ADD_CATEGORY:
        text = ngettext(
            "Add %(count)s guest to a category", "Add %(count)s guests to a category", count
        )
    else:
        text = ngettext(
            "Take %(count)s guest out of a category",
            "Take %(count)s guests out of a category",
            count,
        )
    return text % shown


def promise(action: str) -> str:
    """Return what the action means for guests, for who has never done it."""
    return {
        Action.DELETE: _(
            "They leave the list and are kept: cards, orders and balances stay, and all of it "
            "can be restored. It can be undone afterwards, too."
        ),
        Action.RESTORE: _("They come back as they were when they were deleted."),
        Action.ADD_CATEGORY: _("Whoever is in the category already stays in it."),
        Action.REMOVE_CATEGORY: _("The guests themselves stay; so does the category."),
        Action.SET_TIER: _(
            "It takes the place of the tier that they have. Undo gives each the former one back."
        ),
    }[Action(action)]


def already(action: str, same: int, total: int) -> str:
    """Return whom the action leaves out of `total` guests, because they are so already; "" of none.

    Categories are of everybody: who has one is told afterwards.
    """
    shown = {"count": grouped(same), "total": grouped(total)}
    if not same or action not in (Action.DELETE, Action.RESTORE):
        return ""
    if action == Action.DELETE:
        text = ngettext(
            "%(count)s of %(total)s is deleted already.",
            "%(count)s of %(total)s are deleted already.",
            same,
        )
    else:
        text = ngettext(
            "%(count)s of %(total)s is active already.",
            "%(count)s of %(total)s are active already.",
            same,
        )
    return text % shown


def all_have(tier: MemberTier | None) -> str:
    """Return why nothing is left to do where a tier is to be set."""
    called = tier_called(tier.name if tier else "")
    return _("All of them have %(tier)s already.") % {"tier": called}


def button(action: str, count: int, company: Company) -> str:
    """Return the words of the button that commits."""
    shown = {"count": grouped(count), "company": isolated(shortened(company))}
    texts = {
        Action.DELETE: ngettext(
            "Delete %(count)s guest in %(company)s", "Delete %(count)s guests in %(company)s", count
        ),
        Action.RESTORE: ngettext(
            "Restore %(count)s guest in %(company)s",
            "Restore %(count)s guests in %(company)s",
            count,
        ),
        Action.ADD_CATEGORY: ngettext(
            "Add %(count)s guest in %(company)s", "Add %(count)s guests in %(company)s", count
        ),
        Action.REMOVE_CATEGORY: ngettext(
            "Take out %(count)s guest in %(company)s",
            "Take out %(count)s guests in %(company)s",
            count,
        ),
        Action.SET_TIER: ngettext(
            "Set the tier of %(count)s guest in %(company)s",
            "Set the tier of %(count)s guests in %(company)s",
            count,
        ),
    }
    return texts[Action(action)] % shown
