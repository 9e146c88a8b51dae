"""Which guests somebody opened lately: what the list offers before anything is asked for."""

from datetime import datetime

from django.db import transaction

from core.models import User
from guests.models import Guest, RecentGuest

#: How many are kept for a user in a company. The list shows five of them.
KEPT = 20


@transaction.atomic
def note_opened(user: User, guest: Guest, now: datetime) -> None:
    """Note that `user` opened the guest's record; the oldest beyond KEPT are forgotten."""
    mine = RecentGuest.objects.filter(company_id=guest.company_id, user=user)
    # Most often it is there, and then there are no more of them than before.
    if mine.filter(guest=guest).update(opened_at=now):
        return
    RecentGuest.objects.update_or_create(
        company_id=guest.company_id, user=user, guest=guest, defaults={"opened_at": now}
    )
    kept = mine.order_by("-opened_at", "-pk").values_list("pk", flat=True)[KEPT : KEPT + 50]
    if too_old := list(kept):
        mine.filter(pk__in=too_old).delete()
