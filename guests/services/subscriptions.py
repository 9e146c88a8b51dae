"""What guests themselves say about mails."""

from datetime import datetime

from django.db import transaction

from core.models import Change
from core.services.changes import record
from guests.models import Guest


@transaction.atomic
def unsubscribe(*, guest: Guest, now: datetime) -> bool:
    """Send the guest nothing any more, by their own wish; return whether that changed anything."""
    company = guest.company
    guest = Guest.objects.for_company(company).select_for_update().get(pk=guest.pk)
    if not guest.subscribed:
        return False
    guest.subscribed = False
    guest.version += 1
    guest.save(update_fields=["subscribed", "version"])
    record(
        company=company,
        actor=None,
        source=Change.Source.WEB,
        action="unsubscribe_guest",
        subject=guest,
        values={"subscribed": [True, False]},
        now=now,
    )
    return True
