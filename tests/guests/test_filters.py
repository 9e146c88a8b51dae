"""What each filter of the list leaves in, and how it is said in words."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.http import QueryDict

from guests.filters import GuestFilter
from guests.models import Category, Guest, MemberTier
from guests.services.bulk import create_guests
from imports.models import ImportJob, ImportRow
from loyalty.models import Account, CreditLot, LedgerEntry, Program
from tests.guests.cast import card, put_in
from visits.models import Order

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 24)
#: Midnight of that day in London, which has no summer time then.
MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)


def found(company, query, today=TODAY):
    data = query if isinstance(query, QueryDict) else QueryDict(query)
    result = GuestFilter(data, company=company, today=today)
    assert result.is_valid(), result.errors
    return "".join(sorted(result.qs.values_list("first_name", flat=True)))


def words(company, query):
    return [each.label for each in _filter(company, query).descriptions()]


def errors(company, query):
    return dict(_filter(company, query).errors)


def _filter(company, query):
    return GuestFilter(QueryDict(query), company=company, today=TODAY)


@pytest.fixture
def make(bella):
    """Call it with names and what is special about each: {"A": {...}}; they are named A, B, ..."""

    def made(**guests):
        rows = [
            {"phone": f"+4420794609{n:02}", "first_name": name, "registered_at": MIDNIGHT, **fields}
            for n, (name, fields) in enumerate(guests.items(), Guest.objects.count())
        ]
        create_guests(bella.pk, rows)
        by_name = Guest.objects.for_company(bella).in_bulk(field_name="id").values()
        return {guest.first_name: guest for guest in by_name}

    return made


def test_without_a_filter_everybody_active_is_found_and_nothing_is_said(bella, roma, make):
    make(A={}, B={"is_active": False})
    create_guests(
        roma.pk, [{"phone": "+390612345678", "first_name": "R", "registered_at": MIDNIGHT}]
    )
    assert found(bella, "") == "A"
    assert found(bella, "inactive=on") == "AB"
    assert (words(bella, ""), words(bella, "inactive=on")) == ([], ["Deleted guests too"])
    assert not _filter(bella, "inactive=on").narrows
    assert _filter(bella, "q=a").narrows


# -- Categories and tiers -----------------------------------------------------------------------


def test_categories_any_of_none_of_and_without(bella, make):
    guests = make(A={}, B={}, C={}, D={})
    put_in(guests["A"], "VIP")
    put_in(guests["B"], "Wine")
    put_in(guests["C"], "VIP", "Wine")
    vip, wine = Category.objects.order_by("name")
    assert found(bella, f"category={vip.pk}") == "AC"
    assert found(bella, f"category={vip.pk}&category={wine.pk}") == "ABC"
    assert found(bella, "category=none") == "D"
    assert found(bella, f"category=none&category={wine.pk}") == "BCD"
    assert found(bella, f"not_category={vip.pk}") == "BD"
    assert words(bella, f"category={vip.pk}&category=none") == ["Category: VIP or No category"]


def test_tiers(bella, make):
    gold = MemberTier.objects.create(company=bella, name="Gold")
    make(A={"member_tier_id": gold.pk}, B={})
    assert found(bella, f"tier={gold.pk}") == "A"
    assert found(bella, "tier=none") == "B"
    assert found(bella, f"tier=none&tier={gold.pk}") == "AB"


def test_what_belongs_to_another_company_cannot_be_chosen(bella, roma, make):
    make(A={})
    category = Category.objects.create(company=roma, name="VIP")
    tier = MemberTier.objects.create(company=roma, name="Gold")
    program = Program.objects.create(company=roma, name="P", code="p", currency="EUR")
    shop = roma.restaurants.create(name="Roma")
    for query in (f"category={category.pk}", f"tier={tier.pk}", f"program={program.pk}",
                  f"restaurant={shop.pk}", f"not_category={category.pk}"):  # fmt: skip
        assert errors(bella, query)
        assert not _filter(bella, query).qs.exists()


# -- Person -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("birthday_from=28.12&birthday_to=03.01", "BCD"),
        ("birthday_from=28 Dec&birthday_to=2 January", "BC"),
        ("birthday_from=1.1&birthday_to=31.12", "ABCDE"),
        ("birthday_from=29.02&birthday_to=29/2", "E"),
        ("birthday_from=2026-12-28", "BC"),
        ("birthday_to=3.1", "CD"),
    ],
)
def test_birthdays_by_day_and_month_also_across_new_year(bella, make, query, expected):
    make(
        A={"birthday": date(1990, 12, 27)}, B={"birthday": date(1985, 12, 28)},
        C={"birthday": date(2001, 1, 1)}, D={"birthday": date(1970, 1, 3)},
        E={"birthday": date(1996, 2, 29)}, F={},
    )  # fmt: skip
    if query in ("birthday_from=2026-12-28", "birthday_to=3.1"):
        expected = {"birthday_from=2026-12-28": "B", "birthday_to=3.1": "CD"}[query]
    assert found(bella, query) == expected


def test_birthdays_today_and_in_the_next_seven_days(bella, make):
    make(
        A={"birthday": date(1990, 11, 24)}, B={"birthday": date(1990, 11, 30)},
        C={"birthday": date(1990, 12, 1)}, D={"birthday": date(1990, 11, 23)}, E={},
    )  # fmt: skip
    assert found(bella, "birthday=today") == "A"
    assert found(bella, "birthday=week") == "AB"
    assert found(bella, "birthday=week", date(2026, 12, 28)) == ""


def test_the_leap_day_is_kept_on_the_28th_in_other_years(bella, make):
    make(A={"birthday": date(1996, 2, 29)}, B={"birthday": date(1996, 2, 28)})
    assert found(bella, "birthday=today", date(2026, 2, 28)) == "AB"
    assert found(bella, "birthday=today", date(2028, 2, 28)) == "B"
    assert found(bella, "birthday=today", date(2028, 2, 29)) == "A"


def test_age_in_whole_years(bella, make):
    make(
        A={"birthday": date(2008, 11, 24)}, B={"birthday": date(2008, 11, 25)},
        C={"birthday": date(1986, 11, 24)}, D={"birthday": date(1985, 11, 24)}, E={},
    )  # fmt: skip
    assert found(bella, "age_from=18") == "ACD"
    assert found(bella, "age_to=17") == "B"
    assert found(bella, "age_from=18&age_to=40") == "AC"
    assert words(bella, "age_from=18&age_to=40") == ["Age: 18 to 40"]


def test_sex_mail_card_consent_subscription_and_employee_id(bella, make):
    guests = make(
        A={"sex": "male", "email": "a@example.com", "consent": "given", "employee_id": "E7"},
        B={"sex": "female", "subscribed": False, "consent": "revoked"},
        C={"employee_id": "Emp-12"},
    )  # fmt: skip
    card(guests["B"], "7001")
    assert found(bella, "sex=male&sex=female") == "AB"
    assert found(bella, "sex=none") == "C"
    assert (found(bella, "has_email=true"), found(bella, "has_email=false")) == ("A", "BC")
    assert (found(bella, "has_card=true"), found(bella, "has_card=false")) == ("B", "AC")
    assert (found(bella, "subscribed=true"), found(bella, "subscribed=false")) == ("AC", "B")
    assert found(bella, "consent=given&consent=unknown") == "AC"
    assert found(bella, "employee_id=e7") == "A"
    assert found(bella, "employee_id=emp-12") == found(bella, "employee_id=EMP-12") == "C"
    assert words(bella, "has_email=false&subscribed=true&consent=given") == [
        "Has no e-mail address", "Subscribed", "Consent: Given",
    ]  # fmt: skip


# -- Visits and money ---------------------------------------------------------------------------


def test_days_are_days_of_the_companys_time_zone(bella, make):
    bella.timezone = "Asia/Tokyo"
    make(
        A={"last_visit_at": datetime(2026, 11, 1, 14, 59, tzinfo=UTC)},
        B={"last_visit_at": datetime(2026, 11, 1, 15, 0, tzinfo=UTC)}, C={},
    )  # fmt: skip
    assert found(bella, "last_visit_to=2026-11-01") == "A"
    assert found(bella, "last_visit_from=2026-11-02") == "B"
    assert found(bella, "last_visit_from=2026-11-01&last_visit_to=2026-11-02") == "AB"


def test_a_day_on_which_the_clocks_change_is_whole(bella, make):
    make(
        A={"registered_at": datetime(2026, 10, 24, 23, 0, tzinfo=UTC)},
        B={"registered_at": datetime(2026, 10, 25, 23, 59, tzinfo=UTC)},
        C={"registered_at": datetime(2026, 10, 26, 0, 0, tzinfo=UTC)},
    )
    assert found(bella, "registered_from=2026-10-25&registered_to=2026-10-25") == "AB"


def test_not_visited_for_days_leaves_out_who_never_came(bella, make):
    make(
        A={"last_visit_at": MIDNIGHT - timedelta(days=90) + timedelta(hours=20)},
        B={"last_visit_at": MIDNIGHT - timedelta(days=89)}, C={},
    )  # fmt: skip
    assert found(bella, "not_visited_days=90") == "A"
    assert (found(bella, "visited=false"), found(bella, "visited=true")) == ("C", "AB")
    assert words(bella, "not_visited_days=90&visited=false") == [
        "Not visited for 90 days", "Never visited",
    ]  # fmt: skip


def test_orders_total_and_average_bill(bella, make):
    make(
        A={"orders_count": 2, "orders_total": Decimal(30), "opening_total": Decimal(100)},
        B={"orders_count": 1, "orders_total": Decimal("15.0001")}, C={},
    )  # fmt: skip
    assert found(bella, "orders_from=1&orders_to=1") == "B"
    assert found(bella, "orders_to=0") == "C"
    assert found(bella, "total_from=130") == "A"
    assert found(bella, "total_to=15") == "C"
    assert (found(bella, "average_from=15"), found(bella, "average_to=15")) == ("AB", "A")
    assert words(bella, "total_from=1234.5") == ["Total: from 1,234.50"]


def test_the_restaurants_one_has_been_in(bella, make):
    guests = make(A={}, B={}, C={}, D={})
    soho, camden = bella.restaurants.order_by("pk")
    for n, (name, shop, total) in enumerate(
        [("A", soho, 10), ("B", camden, 10), ("C", soho, 10), ("C", camden, 5), ("D", soho, -3)]
    ):
        Order.objects.create(
            company=bella, restaurant=shop, guest=guests[name], external_id=str(n),
            total=Decimal(total), closed_at=MIDNIGHT,
        )  # fmt: skip
    assert found(bella, f"restaurant={soho.pk}") == "AC"
    assert found(bella, f"restaurant={soho.pk}&restaurant={camden.pk}") == "ABC"
    assert words(bella, f"restaurant={soho.pk}") == ["Visited restaurant: Bella Soho"]


def test_those_whom_an_import_brought_or_changed(bella, roma, make):
    guests = make(A={}, B={}, C={})
    job = ImportJob.objects.create(
        company=bella, number=4, key="00000000-0000-0000-0000-000000000004", filename="g.csv",
        file_size=1, file_hash="0" * 64,
    )  # fmt: skip
    outcomes = {"A": ImportRow.Outcome.CREATED, "B": ImportRow.Outcome.UPDATED,
                "C": ImportRow.Outcome.UNCHANGED}  # fmt: skip
    for line, (name, outcome) in enumerate(outcomes.items(), 2):
        ImportRow.objects.create(
            company=bella, job=job, line=line, outcome=outcome, guest=guests[name]
        )
    assert found(bella, "from_import=4") == "AB"
    assert found(bella, "from_import=5") == ""
    assert found(roma, "from_import=4") == ""


# -- Programs -----------------------------------------------------------------------------------


@pytest.fixture
def members(bella, make):
    """A and B have accounts, C is in the category VIP, D in nothing."""
    guests = make(A={}, B={}, C={}, D={})
    put_in(guests["C"], "VIP")
    program = Program.objects.create(company=bella, name="Points", code="p", currency="GBP")
    for name, balance in (("A", "10"), ("B", "2.5")):
        Account.objects.create(
            company=bella, guest=guests[name], program=program, balance=Decimal(balance)
        )
    other = Program.objects.create(company=bella, name="Other", code="o", currency="GBP")
    Account.objects.create(company=bella, guest=guests["D"], program=other, balance=Decimal(99))
    return program


def test_who_takes_part_in_a_program(bella, members):
    assert found(bella, f"program={members.pk}") == "AB"
    members.audience = Program.Audience.CATEGORIES
    members.save()
    assert found(bella, f"program={members.pk}") == "AB"
    members.categories.add(Category.objects.get(), through_defaults={"company": bella})
    assert found(bella, f"program={members.pk}") == "ABC"
    members.audience = Program.Audience.EVERYONE
    members.save()
    assert found(bella, f"program={members.pk}") == "ABCD"
    assert words(bella, f"program={members.pk}") == ["Program: Points"]


def test_balances_from_and_to(bella, members):
    members.audience = Program.Audience.EVERYONE
    members.save()
    base = f"program={members.pk}"
    assert found(bella, f"{base}&balance_from=2.5") == "AB"
    assert found(bella, f"{base}&balance_from=2.5001") == "A"
    assert found(bella, f"{base}&balance_to=2.5") == "BCD"
    assert found(bella, f"{base}&balance_from=0&balance_to=0") == "CD"
    assert found(bella, f"{base}&balance_to=-0.01") == ""
    assert words(bella, f"{base}&balance_from=5")[1] == "Balance: from 5"


def test_credits_that_expire_within_days(bella, members):
    accounts = {each.guest.first_name: each for each in Account.objects.filter(program=members)}
    for n, (name, left, day) in enumerate(
        [("A", 5, TODAY + timedelta(days=6)), ("B", 0, TODAY), ("B", 1, TODAY + timedelta(days=7))]
    ):
        entry = LedgerEntry.objects.create(
            company=bella, account=accounts[name], program=members, at=MIDNIGHT, kind="credit",
            amount=Decimal(5), balance_after=Decimal(5), source="manual", source_ref=str(n),
        )  # fmt: skip
        CreditLot.objects.create(
            company=bella, entry=entry, account=accounts[name], amount=Decimal(5),
            left=Decimal(left), expires_on=day,
        )  # fmt: skip
    base = f"program={members.pk}"
    assert found(bella, f"{base}&expiring_days=7") == "A"
    assert found(bella, f"{base}&expiring_days=8") == "AB"
    assert found(bella, f"{base}&expiring_days=1") == ""
    assert words(bella, f"{base}&expiring_days=7")[1] == "Credits expire within 7 days"


def test_a_balance_needs_its_program_and_a_discount_has_none(bella, members):
    assert "balance_from" in errors(bella, "balance_from=5")
    assert "expiring_days" in errors(bella, "expiring_days=5")
    discount = Program.objects.create(
        company=bella, name="Ten", code="ten", currency="GBP", kind="discount", percentage=10
    )
    assert "balance_to" in errors(bella, f"program={discount.pk}&balance_to=5")
    assert not errors(bella, f"program={discount.pk}")


# -- What cannot be read ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("age_from=old", "age_from"), ("age_from=-1", "age_from"),
        ("orders_from=1.5", "orders_from"),
        ("total_from=1e99", "total_from"), ("total_from=NaN", "total_from"),
        ("birthday_from=31.02", "birthday_from"), ("birthday_from=soon", "birthday_from"),
        ("last_visit_from=2026-02-30", "last_visit_from"),
        ("registered_to=9999-12-31", "registered_to"), ("category=abc", "category"),
        ("tier=99999999999999999999", "tier"), ("program=99999999999999999999", "program"),
        ("category=-9999999999999999999", "category"), ("sex=robot", "sex"),
        ("from_import=0", "from_import"),
        ("not_visited_days=999999999", "not_visited_days"), ("age_from=40&age_to=18", "age_to"),
        ("total_from=5&total_to=4.99", "total_to"),
        ("last_visit_from=2026-02-02&last_visit_to=2026-02-01", "last_visit_to"),
    ],
)  # fmt: skip
def test_a_filter_that_cannot_be_read_finds_nobody(bella, make, query, field):
    make(A={"orders_count": 3})
    assert field in errors(bella, query)
    assert not _filter(bella, query).qs.exists()
    assert words(bella, query) == []


def test_all_filters_at_once_are_one_query(bella, members, django_assert_num_queries):
    vip = Category.objects.get()
    soho = bella.restaurants.first()
    query = (
        f"q=a&category={vip.pk}&category=none&program={members.pk}&restaurant={soho.pk}&tier=none"
        "&birthday=week&birthday_from=1.12&birthday_to=1.2&age_from=1&age_to=99&sex=none"
        "&has_email=true&last_visit_from=2026-01-01&last_visit_to=2026-12-31&not_visited_days=3"
        "&visited=true&orders_from=1&orders_to=9&total_from=1&total_to=9&average_from=1"
        "&average_to=9&balance_from=1&balance_to=9&expiring_days=9&has_card=true"
        f"&not_category={vip.pk}&registered_from=2026-01-01&registered_to=2026-12-31"
        "&subscribed=true&consent=given&employee_id=x&inactive=on"
    )
    result = _filter(bella, query)
    assert result.is_valid(), result.errors
    assert len(result.descriptions()) == len(GuestFilter.base_filters) - 9
    guests = result.qs
    with django_assert_num_queries(1):
        list(guests)
