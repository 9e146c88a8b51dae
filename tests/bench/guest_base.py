"""A company with any number of guests, in the tables at once: the same for the same count.

With the gaps that a real base has: four in ten without an e-mail address, a third without a
birthday, most without a tier or a comment, half without a card, a twentieth deleted. Other
companies share the tables, a fifth as many guests again.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from core import bulk
from core.models import Company
from guests.models import Card, Category, Guest, GuestCategory, MemberTier
from guests.normalize import fold, search_text
from guests.services.bulk import refresh_statistics
from imports.models import ImportJob, ImportRow
from tests.bench.bare_tables import bare
from visits.models import Order

OTHERS = 9
#: Guests of a company that are made one by one; more are copies of them, each with keys, an address
#: and times of its own, made in the database.
BLOCK = 100_000
CHUNK = 20_000
#: Share of guests in each category, from half of them to nobody.
CATEGORIES = {
    "Newsletter": 0.5, "Regulars": 0.3, "Wine club": 0.1, "Families": 0.03, "Corporate": 0.01,
    "Staff": 0.002, "Press": 0.0002, "Nobody yet": 0.0,
}  # fmt: skip
TIERS = {"Silver": 0.15, "Gold": 0.04, "Black": 0.005}
#: How many guests the first import brought.
IMPORTED = 2_000
NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)

_FIRST = """
    Emma Oliver Amelia George Isla Harry Ava Noah Mia Jack Zoë José Chloé Anaïs Sophie Thomas Lily
    James Emily Jacob Sofia Leo Grace Oscar Freya Arthur Charlotte Muhammad Poppy Henry Evie Alfie
""".split()
_LAST = """
    Smith Jones Taylor Brown Williams Wilson Johnson O'Neill van-Dijk Müller Davies Robinson Wright
    Thompson Evans Walker White Roberts Green Hall Wood Jackson Clarke Patel Khan Lewis Łukasz Ng
""".split()
_FIRST_CYRILLIC = """
    Анна Иван Мария Пётр Ольга Сергей Наталья Дмитрий Елена Алексей Татьяна Андрей Зоя Юрий
""".split()
_LAST_CYRILLIC = "Иванова Петров Сидорова Кузнецов Смирнова Соловьёв Волкова Фёдоров".split()
#: Beginnings and ends that make a few names as many as a telephone book has.
_ROOTS = "al ber cor dan el far gil hol ist jor kel lam mor nor ost pel quin ros sel tor".split()
_ENDS = "by den dge field ford ham hurst ington ley low man mont more ner ow ridge sey ton".split()
_ROOTS_CYRILLIC = "Бел Вер Гор Дор Жар Зим Кол Лис Мед Нов Орл Рог Сав Тих Уст Хар Чер Шал".split()
_ENDS_CYRILLIC = "енко ин ина ко ов ова овский ский ских ук".split()
_SYLLABLES = "ka lo mi ra te vu zo ne".split()
_COMMENTS = ("Window table", "Allergic to nuts", "Любит тихий зал", "Birthday cake", "Regular of")
_DOMAINS = "gmail.com gmail.com outlook.com mail.ru yahoo.co.uk example.com".split()
_GUEST_FIELDS = (
    "id", "company_id", "phone", "first_name", "middle_name", "last_name", "birthday", "sex",
    "email", "employee_id", "consent", "consent_details", "subscribed", "is_active", "comment",
    "image_url", "member_tier_id", "registered_at", "version", "opening_total", "orders_count",
    "orders_total", "last_visit_at", "last_promo_sms_at", "search_text", "name_key",
    "birthday_key",
)  # fmt: skip


def filled(guests: int) -> Company | None:
    """Return the company that `fill` gave `guests`, if it was done with it."""
    return Company.objects.filter(slug="bench-0", name=_finished(guests)).first()


def _finished(guests: int) -> str:
    return f"Bench of {guests}"


def fill(guests: int) -> Company:
    """Fill empty tables; return the company that has `guests` of them."""
    companies = Company.objects.bulk_create(
        Company(slug=f"bench-{i}", name=f"Bench {i}", timezone="Europe/London")
        for i in range(OTHERS + 1)
    )
    first = 1
    with _bare_tables():
        for i, company in enumerate(companies):
            count, block = (guests // 5 // OTHERS, BLOCK // 10) if i else (guests, BLOCK)
            _fill_company(company, first, count, min(count, block))
            first += count
        _orders(companies[0])
    _settle(first)
    companies[0].name = _finished(guests)
    companies[0].save(update_fields=["name"])
    return companies[0]


def _fill_company(company: Company, first: int, count: int, block: int) -> None:
    tiers = [
        MemberTier.objects.create(company=company, name=name, rank=i).pk
        for i, name in enumerate(TIERS)
    ]
    categories = [
        (Category.objects.create(company=company, name=name).pk, share)
        for name, share in CATEGORIES.items()
    ]
    rng = random.Random(company.pk)
    for start in range(first, first + block, CHUNK):
        ids = range(start, min(start + CHUNK, first + block))
        with transaction.atomic():
            bulk.insert(Guest, _GUEST_FIELDS, (_guest(rng, company, pk, tiers) for pk in ids))
            bulk.insert(Card, ("id", "company_id", "guest_id", "track", "number"),
                        _cards(rng, company, ids))  # fmt: skip
            bulk.insert(GuestCategory, ("company_id", "guest_id", "category_id"),
                        ((company.pk, pk, category) for pk in ids
                         for category, share in categories if rng.random() < share))  # fmt: skip
    for number, start in enumerate(range(block, count, block or 1), 1):
        _copy(first, number, shift=start, count=min(block, count - start))
    _import(company, range(first, first + min(count, IMPORTED)))


def _guest(rng: random.Random, company: Company, pk: int, tiers: list[int]) -> tuple[Any, ...]:
    chance = rng.random
    first, last, address = _name(rng)
    phone = _phone(pk)
    email = f"{address}{pk % 1000}@{rng.choice(_DOMAINS)}" if chance() < 0.6 else ""
    birthday = None
    if chance() < 0.67:
        birthday = date(1940, 1, 1) + timedelta(days=int(chance() * 24_800))
    orders = int(1 + 60 * chance() ** 6) if chance() < 0.6 else 0
    visit = NOW - timedelta(seconds=int(chance() ** 2 * 1000 * 86_400)) if orders else None
    key = fold(f"{last} {first}")
    tier, luck = None, chance()
    for each, share in zip(tiers, TIERS.values(), strict=True):
        if luck < share:
            tier = each
            break
        luck -= share
    comment = f"{rng.choice(_COMMENTS)} {pk % 5000}" if chance() < 0.15 else ""
    consent = "given" if chance() < 0.6 else "revoked" if chance() < 0.05 else "unknown"
    return (
        pk, company.pk, phone, first, "", last, birthday,
        rng.choice(("male", "female", "female", "")) if chance() < 0.995 else "other",
        email, f"E{pk}" if chance() < 0.005 else "", consent, "", chance() < 0.85,
        chance() < 0.95, comment, "", tier,
        NOW - timedelta(seconds=int(chance() * 2000 * 86_400)), 1,
        Decimal(int(chance() * 90_000)) / 100 if chance() < 0.3 else Decimal(0), orders,
        orders * Decimal(int(chance() * 9_000) + 500) / 100, visit,
        NOW - timedelta(seconds=int(chance() * 300 * 86_400)) if chance() < 0.1 else None,
        search_text(phone, key, email), key, birthday and birthday.month * 100 + birthday.day,
    )  # fmt: skip


def _name(rng: random.Random) -> tuple[str, str, str]:
    """Return a first name, a last name and how they stand in an e-mail address."""
    chance = rng.random
    cyrillic = chance() < 0.3
    first = rng.choice(_FIRST_CYRILLIC if cyrillic else _FIRST)
    if chance() < 0.4:
        last = rng.choice(_LAST_CYRILLIC if cyrillic else _LAST)
    elif cyrillic:
        last = rng.choice(_ROOTS_CYRILLIC) + rng.choice(_ENDS_CYRILLIC)
    else:
        last = (rng.choice(_ROOTS) + rng.choice(_ENDS)).title()
    if cyrillic:
        return first, last, "".join(rng.choice(_SYLLABLES) for _ in range(4))
    address = f"{fold(first)}.{fold(last)}" if chance() < 0.7 else fold(last)
    return first, last, address.replace("'", "")


def _phone(pk: int) -> str:
    """Return a number of its own for each guest, in no order: a customer base is never sorted."""
    return f"+447{pk * 48_271_993 % 100_000_007:09}"


def _cards(rng: random.Random, company: Company, ids: range) -> Iterator[tuple[Any, ...]]:
    for pk in ids:
        if rng.random() < 0.5:
            key = pk * 69_621_169 % 100_000_007
            yield (pk, company.pk, pk, f"77{key:012}", f"{key:09}")


def _import(company: Company, ids: range) -> None:
    job = ImportJob.objects.create(
        company=company, number=1, key=f"00000000-0000-0000-0000-{company.pk:012}",
        filename="guests.csv", file_size=1, file_hash="0" * 64, state="done", step="import",
    )  # fmt: skip
    bulk.insert(ImportRow, ("company_id", "job_id", "line", "outcome", "guest_id"),
                ((company.pk, job.pk, line, 1, pk) for line, pk in enumerate(ids, 1)))  # fmt: skip


def _copy(first: int, number: int, *, shift: int, count: int) -> None:
    """Copy `count` guests from `first` on, with ids that are greater by `shift`.

    Addresses get the copy's own number, not its first id: else all would end with two noughts, and
    four digits that a telephone ends with would be found in a whole copy. And copies come on days
    of their own: else the hundred of one name would stand together in every order of times.
    """
    pk = f"(g.id + {shift})"
    email = f"replace(g.email, '@', '{number}@')"
    new = {
        "id": pk,
        "phone": _in_sql(pk),
        "email": email,
        "employee_id": f"CASE WHEN g.employee_id <> '' THEN 'E' || {pk} ELSE '' END",
        "search_text": f"{_in_sql(pk)} || ' ' || g.name_key || "
                       f"CASE WHEN g.email <> '' THEN ' ' || {email} ELSE '' END",
        "registered_at": f"'{NOW}'::timestamptz - {_share(pk, 1)} * interval '2000 days'",
        "last_visit_at": "CASE WHEN g.last_visit_at IS NOT NULL THEN "
                         f"'{NOW}'::timestamptz - {_share(pk, 2)} ^ 2 * interval '1000 days' END",
        "opening_total": f"g.opening_total + CASE WHEN g.opening_total > 0 THEN {shift} ELSE 0 END",
    }  # fmt: skip
    values = ", ".join(new.get(name, f"g.{name}") for name in _GUEST_FIELDS)
    where = f"BETWEEN {first} AND {first + count - 1}"
    _execute(f"INSERT INTO guests_guest ({', '.join(_GUEST_FIELDS)}) SELECT {values} "
             f"FROM guests_guest g WHERE g.id {where}")  # fmt: skip
    _execute("INSERT INTO guests_card (id, company_id, guest_id, track, number) "
             f"SELECT id + {shift}, company_id, guest_id + {shift}, track || 'c{shift}', "
             f"number || 'c{shift}' FROM guests_card WHERE guest_id {where}")  # fmt: skip
    _execute("INSERT INTO guests_guestcategory (company_id, guest_id, category_id) "
             f"SELECT company_id, guest_id + {shift}, category_id "
             f"FROM guests_guestcategory WHERE guest_id {where}")  # fmt: skip


def _in_sql(pk: str) -> str:
    """Return the telephone of _phone() as the database makes it."""
    return f"'+447' || lpad(({pk} * 48271993 % 100000007)::text, 9, '0')"


def _share(pk: str, number: int) -> str:
    """Return a number from 0 to 1 by chance, the same for the same guest."""
    return f"((hashint8extended({pk}, {number}) & 1048575) / 1048575.0)"


def _orders(company: Company) -> None:
    """Give the guests of the company orders: two for each of a third, in two restaurants."""
    large, small = (company.restaurants.create(name=name).pk for name in ("Large", "Small"))
    _execute(f"""
        INSERT INTO visits_order
        (company_id, restaurant_id, guest_id, external_id, total, closed_at)
        SELECT company_id, CASE WHEN id % 50 = 0 THEN {small} ELSE {large} END, id,
        id || '-' || n, 100000, last_visit_at
        FROM guests_guest CROSS JOIN (SELECT 0 AS n UNION ALL SELECT 1) numbers
        WHERE company_id = {company.pk} AND orders_count > 0 AND id % 3 = 0
        ORDER BY id
    """)


@contextmanager
def _bare_tables() -> Iterator[None]:
    """Take away what is made faster when all rows are there."""
    if connection.vendor == "postgresql":
        with bare(("guests_guest", "guests_card", "guests_guestcategory", "visits_order")):
            yield
        return
    found = [(model, index) for model in (Guest, Card, GuestCategory, Order)
             for index in model._meta.indexes]  # fmt: skip
    with connection.schema_editor() as editor:
        for model, index in found:
            editor.remove_index(model, index)
    yield
    with connection.schema_editor() as editor:
        for model, index in found:
            editor.add_index(model, index)


def _settle(next_id: int) -> None:
    """Let the database know its tables, and go on counting where we ended."""
    if connection.vendor == "postgresql":
        for table in ("guests_guest", "guests_card"):
            _execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {next_id})")
        _execute("VACUUM ANALYZE")
    else:
        # What an import does: nobody else tells SQLite.
        refresh_statistics()


def _execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
