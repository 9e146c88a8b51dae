"""Saved views: filters and an order under a name, for oneself or for the company."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction

from core.models import Company, User
from core.services.changes import record
from core.services.names import same_name
from guests.models import SavedView


class NameTaken(Exception):
    """There is a view of this name already, among one's own or among the company's."""


@transaction.atomic
def save_view(
    *,
    company: Company,
    name: str,
    query: str,
    shared: bool,
    actor: User,
    source: str,
    now: datetime,
) -> SavedView:
    """Save a view of the list: `query` is its address after the question mark.

    Raises NameTaken when the owner, or for a shared view the company, has one of that name ("vip"
    and "VIP" are one), and PermissionDenied for a shared one without `guests.share_view`.
    """
    _may_share(actor, company, shared)
    owner = None if shared else actor
    if same_name(company, SavedView.objects.for_company(company).filter(owner=owner), name):
        raise NameTaken(name)
    view = SavedView.objects.create(company=company, owner=owner, name=name, query=query)
    if shared:
        record(
            company=company, actor=actor, source=source, action="save_view", subject=view,
            values={"name": [None, name]}, now=now,
        )  # fmt: skip
    return view


@transaction.atomic
def delete_view(*, view: SavedView, actor: User, source: str, now: datetime) -> None:
    """Delete a view of one's own, or with `guests.share_view` one of the company's.

    Raises PermissionDenied for any other.
    """
    shared = view.owner_id is None
    if not shared and view.owner_id != actor.pk:
        raise PermissionDenied
    _may_share(actor, view.company, shared)
    if shared:
        record(
            company=view.company, actor=actor, source=source, action="delete_view", subject=view,
            values={"name": [view.name, None]}, now=now,
        )  # fmt: skip
    view.delete()


def _may_share(actor: User, company: Company, shared: bool) -> None:
    if shared and not actor.has_perm("guests.share_view", company):
        raise PermissionDenied
