"""A company in which much has happened: for tests that look at every page."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from core.models import Company, Restaurant, User
from guests.models import Card, Category, ExternalId, Guest, GuestCategory, MemberTier, SavedView
from guests.services.bulk import create_guests
from guests.services.bulk_changes import confirm_change
from guests.services.bulk_changes_sets import mark_of
from guests.services.merging import merge_guests
from guests.services.records import Draft, update_guest
from loyalty.models import Program, Terms
from loyalty.services.adjusting import adjust_balance
from loyalty.services.ledger import post_entries
from loyalty.services.postings import Move
from tests.imports.web import MIXED, checked, draft, imported, undone
from visits.services.orders import OrderDraft, record_orders

#: Names that a page must bear: long, without a space, from right to left, with markup in them.
NAMES = (
    ("Anna", "Petrova"),
    ("Maximilian-Alexander", "von und zu Hohenlohe-Schillingsfürst-Waldenburg-Bartenstein"),
    ("Дональд", "Нечитайло-Перешейкин"),
    ("محمد", "عبد الرحمن الشريف"),
    ("<b>Bobby</b>", "O'Tables & Söhne"),
    ("W" * 100, "M" * 100),
    ("", ""),
)  # fmt: skip


def fill(company: Company, actor: User) -> Guest:
    """Let something of everything happen in `company`; return the guest with most of it."""
    now = timezone.now()
    guests = _guests(company)
    _programs(company, guests, actor)
    restaurants = list(Restaurant.objects.for_company(company).order_by("pk"))
    orders = [
        OrderDraft(
            restaurants[n % len(restaurants)].pk,
            f"T-{n}",
            guests[n % 3].pk,
            Decimal(20 + n),
            now - timedelta(days=5 * n),
        )
        for n in range(40)
    ]
    record_orders(company=company, orders=orders, actor=actor, source="command", now=now)
    anna = Guest.objects.get(pk=guests[0].pk)
    update_guest(
        company=company, guest=anna, expected=None, actor=actor, source="web", now=now,
        draft=Draft(fields={"comment": "Sits by the window.", "referrer_id": guests[2].pk}),
    )  # fmt: skip
    _merge(company, guests[3], guests[4], actor)
    active = Guest.objects.for_company(company).active().filter(pk=guests[5].pk)
    confirm_change(
        company=company, action="delete", guests=active, seen=str(mark_of(active)),
        query="q=w", words=["Search: w"], actor=actor, source="web", now=now,
    )  # fmt: skip
    SavedView.objects.create(company=company, owner=None, name="Regulars", query="orders_from=3")
    for make in (draft, checked, imported, undone):
        make(company, actor, MIXED, partial=True)
    anna.refresh_from_db()
    anna.company = company
    return anna


def _guests(company: Company) -> list[Guest]:
    now = timezone.now()
    drafts = [
        {
            "phone": f"+4420794609{n:02}",
            "first_name": first,
            "last_name": last,
            "email": f"guest{n}@example.com" if n % 2 == 0 else "",
            "birthday": (now - timedelta(days=365 * (20 + n) - n)).date(),
            "registered_at": now - timedelta(days=30 * n),
            "opening_total": Decimal("1234567.89") if n == 1 else Decimal(0),
        }
        for n, (first, last) in enumerate(NAMES)
    ]
    ids = create_guests(company.pk, drafts)
    tier = MemberTier.objects.create(company=company, name="Black", rank=3, is_vip=True)
    Guest.objects.filter(pk=ids[0]).update(member_tier=tier, member_number="M-1")
    for name, colour in (("Wine club", "violet"), ("A" * 80, "red"), ("Lunch", "teal")):
        category = Category.objects.create(company=company, name=name, colour=colour)
        GuestCategory.objects.create(company=company, guest_id=ids[0], category=category)
    Card.objects.create(company=company, guest_id=ids[0], number="7001", track="T7001")
    ExternalId.objects.create(company=company, guest_id=ids[0], value="A-1")
    found = Guest.objects.in_bulk(ids)
    return [found[pk] for pk in ids]


def _programs(company: Company, guests: list[Guest], actor: User) -> None:
    now = timezone.now()
    points = Program.objects.create(
        company=company, name="Points", code="points", currency="GBP", is_default=True,
        expiry="days", expiry_days=90,
    )  # fmt: skip
    Program.objects.create(company=company, name="Deposit", code="deposit", kind="deposit",
                           currency="GBP", audience="everyone")  # fmt: skip
    Program.objects.create(company=company, name="Family", code="family", kind="discount",
                           currency="GBP", percentage=Decimal(10))  # fmt: skip
    Terms.objects.update_or_create(company=company, defaults={"adjustment_limit": Decimal(500)})
    amounts = ("100", "-30", "45.50", "12.25")
    moves = [
        Move(
            guest_id=guests[n % 2].pk,
            program_id=points.pk,
            amount=Decimal(amount),
            source="manual",
            source_ref=f"living {n}",
            comment="By hand",
        )
        for n, amount in enumerate(amounts)
        if n != 1
    ]
    post_entries(company=company, postings=moves, actor=actor, now=now)
    for ref, amount in (("spent", Decimal(-30)), ("large", Decimal(900))):
        adjust_balance(
            company=company, guest=guests[0], program=points, amount=amount, restaurant=None,
            reason="", comment="", ref=ref, actor=actor, source="web", now=now,
        )  # fmt: skip


def _merge(company: Company, kept: Guest, merged: Guest, actor: User) -> None:
    merge_guests(
        company=company, kept=kept, merged=merged, kept_version=kept.version,
        merged_version=merged.version, choices={}, actor=actor, source="web", now=timezone.now(),
    )  # fmt: skip
