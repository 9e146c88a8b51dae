"""Categories that a file names and nobody has yet: created in the transaction that needs them."""

from collections.abc import Sequence

from core.models import Change
from guests.models import GuestCategory
from guests.normalize import fold
from guests.services.categories import create_categories
from imports.models import ImportJob
from imports.pipeline.decisions import OF_RECORD, Decision, Update


def settle(job: ImportJob, decisions: Sequence[Decision]) -> Sequence[Decision]:
    """Return the decisions with an id for each category they name, creating those not there.

    What an earlier chunk of the file created is found again. An updated guest who is in such a
    category by now is not put into it twice.
    """
    names = {
        name
        for decision in decisions
        if isinstance(decision, OF_RECORD)
        for name in decision.additions.new_categories
    }
    if not names:
        return decisions
    ids = create_categories(
        company=job.company,
        names=names,
        actor=job.actor,
        source=Change.Source.WORKER,
        now=job.queued_at or job.created_at,
    )
    guests = [d.guest_id for d in decisions if isinstance(d, Update) and d.additions.new_categories]
    rows = GuestCategory.objects.for_company(job.company).filter(guest__any=guests)
    present = set(rows.values_list("guest_id", "category_id")) if guests else set()
    return [_settled(decision, ids, present) for decision in decisions]


def _settled(decision: Decision, ids: dict[str, int], present: set[tuple[int, int]]) -> Decision:
    if not isinstance(decision, OF_RECORD) or not decision.additions.new_categories:
        return decision
    additions = decision.additions
    guest = decision.guest_id if isinstance(decision, Update) else None
    found = (ids[fold(name)] for name in additions.new_categories)
    new = [pk for pk in found if (guest, pk) not in present]
    categories = list(dict.fromkeys((*additions.categories, *new)))
    return decision._replace(additions=additions._replace(categories=categories, new_categories=()))
