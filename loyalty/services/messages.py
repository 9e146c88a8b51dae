"""Telling guests what they were credited: an e-mail each, at most one for a credit."""

from collections.abc import Mapping
from datetime import datetime

from core import bulk
from core.mail import message_id
from core.models import Company, OutgoingMail
from guests.models import Guest

CREDIT_MAIL = "credit"

_FIELDS = (
    "company_id", "kind", "subject_id", "to", "message_id", "state", "attempts",
    "next_attempt_at", "error", "created_at",
)  # fmt: skip


def tell_of_credits(*, company: Company, entries: Mapping[int, int], now: datetime) -> int:
    """Have the guest of each new entry told of it; `entries` are guest ids by entry id.

    Only guests who have an address and are subscribed; whether they still are is asked again when
    the mail goes out. In the entries' own transaction, so that a credit is told of once, and none
    that was not given. Returns how many mails there will be.
    """
    if not entries:
        return 0
    guests = Guest.objects.for_company(company).active().filter(pk__any=set(entries.values()))
    wanted = guests.filter(subscribed=True).with_email(True)
    addresses = dict(wanted.values_list("pk", "email"))
    rows = [
        (
            company.pk, CREDIT_MAIL, entry, addresses[guest], message_id(CREDIT_MAIL, entry),
            OutgoingMail.State.WAITING, 0, now, "", now,
        )
        for entry, guest in entries.items()
        if guest in addresses
    ]  # fmt: skip
    bulk.insert(OutgoingMail, _FIELDS, rows)
    return len(rows)
