"""Programs, ledgers, credits and approvals on the screen: what is seen, what is done once."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.fields import LARGEST
from core.models import Company, User
from guests.models import Guest
from loyalty.models import Account, Adjustment, LedgerEntry, Program, ProgramTotals, Terms
from loyalty.services.holds import place_hold
from loyalty.services.postings import Move
from loyalty.services.totals import add_up, sums_of
from loyalty.web.program_page import outstanding, totals
from loyalty.words import shown
from tests.loyalty.conftest import NOON, new_guest

pytestmark = pytest.mark.usefixtures("books_agree")


@pytest.fixture
def client(manager: User, sign_in: Callable[[User], Client]) -> Client:
    return sign_in(manager)


@pytest.fixture
def credited(bella: Company, anna: Guest, points: Program, post: Any) -> Guest:
    """Anna, with 270 points."""
    given = Move(
        guest_id=anna.pk, program_id=points.pk, amount=Decimal(270), source="api", source_ref="a"
    )
    post(given, timezone.now())
    return anna


def balance(guest: Guest, program: Program) -> Decimal:
    row = Account.objects.filter(guest=guest, program=program).first()
    return row.balance if row else Decimal(0)


def form_of(response: Any, **values: Any) -> dict[str, Any]:
    """Return what the form on the page would send, with these values typed in."""
    form = response.context["form"]
    data = {name: form[name].value() for name in form.fields}
    data = {name: "" if value is None else str(value) for name, value in data.items()}
    return data | {name: str(value) for name, value in values.items()}


def filled(client: Client, address: str, program: Program, amount: Any, **more: Any) -> Any:
    page = client.get(address)
    restaurant = page.context["form"].fields["restaurant"].queryset.first()
    return form_of(
        page, program=program.pk, amount=amount, restaurant=restaurant.pk, reason="apology", **more
    )


# -- Credit and debit ---------------------------------------------------------------------------


def test_a_credit_is_shown_before_it_is_confirmed(client, bella, credited, points):
    address = f"/c/bella/guests/{credited.pk}/credit/"
    data = filled(client, address, points, "50")
    page = client.post(address, data)
    text = " ".join(re.sub("<[^>]+>", " ", page.content.decode()).split())
    assert "270" in text
    assert "320 points" in text
    assert "Credit 50 points in Bella" in text
    assert balance(credited, points) == 270
    done = client.post(address, data | {"confirm": "1"}, follow=True)
    assert balance(credited, points) == 320
    assert "New balance 320 points." in done.content.decode()
    entry = LedgerEntry.objects.get(source="manual")
    assert (entry.reason, entry.restaurant_id) == ("apology", int(data["restaurant"]))


@pytest.mark.parametrize(
    ("values", "limit", "said"),
    [
        ({}, None, "for ever"),
        ({"expiry": "year_end"}, None, "until 31 Dec %(year)s"),
        ({"expiry": "year_end"}, 100, "To the end of the year"),
    ],
)
def test_a_credit_says_first_how_long_it_lasts(
    client, bella, credited, points, values, limit, said
):
    """Of what waits for approval it is not known on which day it will be given."""
    said %= {"year": timezone.localdate().year}
    Program.objects.filter(pk=points.pk).update(**values)
    Terms.objects.create(company=bella, adjustment_limit=limit)
    for address in (f"/c/bella/guests/{credited.pk}/credit/", "/c/bella/guests/credit/"):
        page = client.post(address, filled(client, address, points, "101")).content.decode()
        assert f"<dt>It lasts</dt><dd>{said}</dd>" in page
    for address in (f"/c/bella/guests/{credited.pk}/debit/", "/c/bella/guests/debit/"):
        page = client.post(address, filled(client, address, points, "101")).content.decode()
        assert "It lasts" not in page


def test_what_is_over_by_now_is_not_shown_as_there(client, credited, points, post):
    """At midnight, before the clock came by: a credit is over, and another that a hold kept."""
    now = timezone.now()
    for days, amount in ((3, 30), (2, 20)):
        then = now - timedelta(days=days)
        posting = Move(
            guest_id=credited.pk, program_id=points.pk, amount=Decimal(amount), source="api",
            source_ref=str(days), expires_on=then.date(),
        )  # fmt: skip
        post(posting, then)
        place_hold(
            company=points.company, guest_id=credited.pk, program_id=points.pk,
            amount=Decimal(5), source="api", source_ref=str(days), now=then,
            expires_at=now + timedelta(days=5 - 2 * days),
        )  # fmt: skip
    assert balance(credited, points) == 295
    address = f"/c/bella/guests/{credited.pk}/credit/"
    page = client.post(address, filled(client, address, points, "50"))
    before, after = page.context["preview"]["before"], page.context["preview"]["after"]
    done = client.post(address, filled(client, address, points, "50", confirm="1"), follow=True)
    assert f"New balance {after}." in done.content.decode()
    assert (before, after) == ("275", "325 points")
    address = f"/c/bella/guests/{credited.pk}/debit/"
    page = client.post(address, filled(client, address, points, "321"))
    assert "Only 320 points can be debited." in page.content.decode()


@pytest.mark.parametrize(
    "values",
    [
        {"active_from": date(2098, 1, 1)},
        {"active_to": date(2020, 1, 1)},
    ],
)
def test_a_program_that_gives_nothing_today_says_so_at_once(client, credited, points, values):
    Program.objects.filter(pk=points.pk).update(**values)
    for address in (f"/c/bella/guests/{credited.pk}/credit/", "/c/bella/guests/credit/"):
        page = client.post(address, filled(client, address, points, "50"))
        assert "The program gives no credits on this day." in page.content.decode()
        assert page.context["preview"] is None
    address = f"/c/bella/guests/{credited.pk}/debit/"
    page = client.post(address, filled(client, address, points, "50"))
    assert page.context["preview"]["after"] == "220 points"


def test_more_than_can_be_kept_is_refused_at_once(
    client, credited, points, boris, move, monkeypatch
):
    move(LARGEST.quantize(Decimal(1), ROUND_DOWN) - 300, timezone.now())
    address = f"/c/bella/guests/{credited.pk}/credit/"
    page = client.post(address, filled(client, address, points, "50"))
    assert "The balance would be too large." in page.content.decode()
    assert page.context["preview"] is None
    # What one may type is so much less that it takes a thousand guests.
    monkeypatch.setattr("loyalty.views.bulk.LARGEST", Decimal(99))
    address = "/c/bella/guests/credit/"
    page = client.post(address, filled(client, address, points, "50"))
    assert "Together this is more than any amount kept here." in page.content.decode()
    assert page.context["preview"] is None


def test_the_history_tells_of_it(client, credited, points):
    address = f"/c/bella/guests/{credited.pk}/credit/"
    client.post(address, filled(client, address, points, "50", confirm="1"))
    page = client.get(f"/c/bella/guests/{credited.pk}/history/").content.decode()
    text = " ".join(re.sub("<[^>]+>", " ", page).split())
    assert "Maria credited" in text
    assert "Points" in text
    assert "270" in text
    assert "320" in text


def test_a_double_click_pays_once(client, credited, points):
    address = f"/c/bella/guests/{credited.pk}/credit/"
    data = filled(client, address, points, "50", confirm="1")
    first = client.post(address, data)
    again = client.post(address, data)
    assert first.status_code == again.status_code == 302
    assert first["Location"] == again["Location"]
    assert balance(credited, points) == 320


def test_nobody_is_debited_more_than_they_have(client, credited, points):
    address = f"/c/bella/guests/{credited.pk}/debit/"
    data = filled(client, address, points, "271", confirm="1")
    page = client.post(address, data)
    assert "Only 270 points can be debited." in page.content.decode()
    assert 'value="271"' in page.content.decode()
    assert balance(credited, points) == 270


def test_of_nothing_nothing_is_debited(client, credited, points, move):
    move("-270", timezone.now())
    address = f"/c/bella/guests/{credited.pk}/debit/"
    page = client.post(address, filled(client, address, points, "1")).content.decode()
    assert "There is nothing to debit." in page


@pytest.mark.parametrize(
    ("amount", "words"),
    [("1", "1 point"), ("-1", "\u22121 point"), ("0", "0 points"), ("0.50", "0.50 points")],
)
def test_one_point_is_one(points, amount, words):
    assert shown(Decimal(amount), points) == words


@pytest.mark.parametrize("text", ["1e1000000", "NaN", "-5", "0", "1,234", "0.001", "٣", "9" * 15])
def test_what_is_no_amount_is_refused_in_the_form(client, credited, points, text):
    address = f"/c/bella/guests/{credited.pk}/credit/"
    page = client.post(address, filled(client, address, points, text, confirm="1"))
    assert page.status_code == 200
    assert "amount" in page.context["form"].errors
    assert balance(credited, points) == 270


def test_what_was_typed_is_not_blamed_on_a_spreadsheet(client, credited, points):
    address = f"/c/bella/guests/{credited.pk}/credit/"
    page = client.post(address, filled(client, address, points, "1.5e3")).content.decode()
    assert "“1.5e3” is not an amount. Write it as 1234.56." in page
    assert "spreadsheet" not in page


def test_a_credit_is_reversed_once(client, credited, points):
    entry = LedgerEntry.objects.get()
    address = f"/c/bella/guests/{credited.pk}/ledger/{entry.pk}/reverse/"
    assert "Take back the credit of 270 points?" in client.get(address).content.decode()
    client.post(address, {"comment": "a slip"})
    client.post(address, {"comment": "a slip"})
    assert balance(credited, points) == 0
    assert LedgerEntry.objects.filter(reverses=entry).count() == 1


def test_of_a_spent_credit_the_person_decides_about_the_shortfall(client, credited, points, move):
    move("-100", timezone.now())
    move("500", timezone.now())
    entry = LedgerEntry.objects.filter(amount=Decimal(270)).get()
    address = f"/c/bella/guests/{credited.pk}/ledger/{entry.pk}/reverse/"
    page = client.get(address).content.decode()
    assert "Spent, expired or held of this credit: 100 points. Left of it: 170 points." in page
    assert client.post(address, {"comment": ""}).status_code == 200
    assert balance(credited, points) == 670
    client.post(address, {"comment": "", "shortfall": "from_others"})
    assert balance(credited, points) == 400


@pytest.mark.parametrize(
    ("shortfall", "said"), [("what_is_left", "Of it 100 points came from"), ("from_others", "")]
)
def test_of_a_debit_it_is_said_what_stayed_given_and_comes_back(
    client, credited, move, shortfall, said
):
    spent = move("-100", timezone.now())
    move("500", timezone.now())
    entry = LedgerEntry.objects.filter(amount=Decimal(270)).get()
    ledger = f"/c/bella/guests/{credited.pk}/ledger/"
    client.post(f"{ledger}{entry.pk}/reverse/", {"comment": "", "shortfall": shortfall})
    page = client.get(f"{ledger}{spent.entry_id}/reverse/").content.decode()
    assert "Give back 100 points in Bella" in page
    assert said in page
    assert ("stayed given" in page) is bool(said)


def test_of_a_debit_it_is_said_how_long_what_is_over_lasts(client, bella, credited, move):
    Terms.objects.create(company=bella, grace_days=10)
    then = timezone.now() - timedelta(days=5)
    move("40", then, expires_on=timezone.localdate() - timedelta(days=3))
    spent = move("-50", then)
    ledger = f"/c/bella/guests/{credited.pk}/ledger/"
    page = client.get(f"{ledger}{spent.entry_id}/reverse/").content.decode()
    assert "Of it 40 points is past its last day: that lasts 10 days from then on." in page
    client.post(f"{ledger}{spent.entry_id}/reverse/", {"comment": ""})
    last = timezone.localdate() + timedelta(days=10)
    assert f"40 left, until {last.day} {last:%b %Y}" in client.get(ledger).content.decode()


def test_a_double_click_on_a_reversal_takes_back_once_and_says_so(client, credited, points):
    address = f"/c/bella/guests/{credited.pk}/credit/"
    client.post(address, filled(client, address, points, "50", confirm="1"))
    entry = LedgerEntry.objects.get(source="manual")
    address = f"/c/bella/guests/{credited.pk}/ledger/{entry.pk}/reverse/"
    answers = [client.post(address, {"comment": ""}) for _click in range(2)]
    answers.append(client.get(address))
    reversal = LedgerEntry.objects.get(reverses=entry)
    assert {answer["Location"] for answer in answers} == {
        f"/c/bella/guests/{credited.pk}/ledger/?new={reversal.pk}"
    }
    assert balance(credited, points) == 270


def test_a_credit_that_is_all_spent_leaves_nothing_to_choose(client, credited, points, move):
    move("-270", timezone.now())
    move("500", timezone.now())
    entry = LedgerEntry.objects.filter(amount=Decimal(270)).get()
    address = f"/c/bella/guests/{credited.pk}/ledger/{entry.pk}/reverse/"
    page = client.get(address)
    assert "also from the guest&#x27;s other credits." in page.content.decode()
    assert 'type="radio"' not in page.content.decode()
    client.post(address, {"comment": "", "shortfall": page.context["form"]["shortfall"].value()})
    assert balance(credited, points) == 230


def test_the_ledger_says_why(client, credited, points, move):
    move("-100", timezone.now())
    page = client.get(f"/c/bella/guests/{credited.pk}/ledger/").content.decode()
    assert "170 left, for ever" in page
    assert "100 spent on" in page
    assert "100 from the credit of" in page


def test_the_ledger_asks_a_fixed_number_of_queries(client, credited, points, move):
    address = f"/c/bella/guests/{credited.pk}/ledger/"

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert client.get(address).status_code == 200
        return len(found)

    move("-10", timezone.now())
    client.get(address)
    few = queries()
    for _each in range(6):
        move("5", timezone.now())
        move("-3", timezone.now())
    assert queries() == few


# -- Who may --------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["operator", "host"])
def test_who_may_not_adjust_sees_no_button(request, sign_in, who, credited):
    client = sign_in(request.getfixturevalue(who))
    page = client.get(f"/c/bella/guests/{credited.pk}/ledger/")
    assert page.status_code == 200
    assert "/credit/" not in page.content.decode()
    assert client.get(f"/c/bella/guests/{credited.pk}/credit/").status_code == 403
    assert client.get("/c/bella/guests/credit/").status_code == 403
    assert client.get("/c/bella/approvals/").status_code == 403
    assert client.get("/c/bella/programs/new/").status_code == 403


def test_another_company_finds_nothing(sign_in, outsider, credited, points):
    client = sign_in(outsider)
    assert client.get(f"/c/bella/programs/{points.pk}/").status_code == 404
    assert client.get(f"/c/roma/programs/{points.pk}/").status_code == 404
    assert client.get(f"/c/roma/guests/{credited.pk}/ledger/").status_code == 404
    assert client.get(f"/c/roma/programs/{points.pk}/entries.csv").status_code == 404


# -- Approvals ------------------------------------------------------------------------------------


def test_above_the_limit_a_second_person_approves(client, sign_in, owner, bella, credited, points):
    Terms.objects.create(company=bella, adjustment_limit=Decimal(100))
    address = f"/c/bella/guests/{credited.pk}/credit/"
    data = filled(client, address, points, "101")
    assert "above the limit" in client.post(address, data).content.decode()
    sent = client.post(address, data | {"confirm": "1"}, follow=True)
    assert "waits for approval" in sent.content.decode()
    client.post(address, data | {"confirm": "1"})
    adjustment = Adjustment.objects.get()
    assert balance(credited, points) == 270
    other = sign_in(owner)
    assert "Credit 101 points" in other.get("/c/bella/approvals/").content.decode()
    other.post(f"/c/bella/approvals/{adjustment.pk}/approve/")
    other.post(f"/c/bella/approvals/{adjustment.pk}/approve/")
    assert balance(credited, points) == 371


def test_a_decline_says_why(client, sign_in, owner, bella, credited, points):
    Terms.objects.create(company=bella, adjustment_limit=Decimal(100))
    address = f"/c/bella/guests/{credited.pk}/credit/"
    client.post(address, filled(client, address, points, "101", confirm="1"))
    adjustment = Adjustment.objects.get()
    other = sign_in(owner)
    page = other.post(f"/c/bella/approvals/{adjustment.pk}/decline/", {"note": ""})
    assert "Say why not." in page.content.decode()
    page = other.post(
        f"/c/bella/approvals/{adjustment.pk}/decline/", {"note": "Too much"}, follow=True
    )
    assert "Too much" in page.content.decode()
    assert balance(credited, points) == 270
    ledger = f"/c/bella/guests/{credited.pk}/ledger/"
    told = client.get(ledger).content.decode()
    assert told.index("Not approved") < told.index("Declined by") < told.index("Too much")
    assert "Not approved" not in other.get(ledger).content.decode()


@pytest.mark.parametrize(("days", "told"), [(1, True), (6, True), (8, False)])
def test_whoever_asked_sees_for_a_while_that_it_lapsed(client, bella, credited, points, days, told):
    Terms.objects.create(company=bella, adjustment_limit=Decimal(100))
    address = f"/c/bella/guests/{credited.pk}/credit/"
    client.post(address, filled(client, address, points, "101", confirm="1"))
    Adjustment.objects.update(state="lapsed", lapses_at=timezone.now() - timedelta(days=days))
    page = client.get(f"/c/bella/guests/{credited.pk}/ledger/").content.decode()
    assert ("Not approved" in page) is told


# -- Programs -------------------------------------------------------------------------------------


def test_a_program_is_made_changed_and_ended(client, bella):
    page = client.get("/c/bella/programs/new/")
    data = form_of(page, name="Deposit", code="deposit", kind="deposit", expiry="days")
    data.pop("categories"), data.pop("is_default")
    page = client.post("/c/bella/programs/new/", data)
    assert "Say how many days a credit lasts." in page.content.decode()
    page = client.post("/c/bella/programs/new/", data | {"expiry_days": "365"}, follow=True)
    assert "“Deposit” is there." in page.content.decode()
    program = Program.objects.get(code="deposit")
    client.post(f"/c/bella/programs/{program.pk}/active/", {})
    program.refresh_from_db()
    assert not program.is_active
    assert "Ended" in client.get("/c/bella/programs/").content.decode()


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("expiry_days", "99999999999", "A credit lasts a hundred years at most."),
        ("expiry_days", "-1", "Enter 0 or more."),
        ("code", "dépôt", "Write it in letters from A to Z"),
        ("name", "BONUS POINTS", "There is a program “Bonus points” already."),
    ],
)
def test_absurd_programs_are_refused_with_a_sentence(client, bella, field, typed, said):
    Program.objects.create(company=bella, name="Bonus points", code="bonus", currency="GBP")
    page = client.get("/c/bella/programs/new/")
    data = form_of(page, name="Deposit", code="deposit", kind="deposit", expiry="days")
    data.pop("categories"), data.pop("is_default")
    data |= {"expiry_days": "30", field: typed}
    page = client.post("/c/bella/programs/new/", data)
    assert said in page.content.decode()
    assert Program.objects.count() == 1


def test_a_program_with_accounts_keeps_its_currency(client, credited, points):
    address = f"/c/bella/programs/{points.pk}/change/"
    data = form_of(client.get(address), currency="EUR", name="Stars")
    data.pop("categories"), data.pop("is_default")
    client.post(address, data)
    points.refresh_from_db()
    assert (points.name, points.currency) == ("Stars", "GBP")


def test_a_discount_shows_its_percentage_and_no_ledger(client, bella, anna):
    Program.objects.create(
        company=bella, name="Staff", code="staff", currency="GBP", kind="discount",
        percentage=Decimal("12.50"), audience="everyone",
    )  # fmt: skip
    assert "12.5%" in client.get("/c/bella/programs/").content.decode()
    assert "12.5%" in client.get(f"/c/bella/guests/{anna.pk}/ledger/").content.decode()


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({}, "Active"),
        ({"is_active": False}, "Ended"),
        ({"active_to": 0}, "Active"),
        ({"active_to": -1}, "Ended"),
        ({"active_from": 1}, "Not begun"),
    ],
)
def test_a_program_says_whether_it_gives_credits_today(client, points, values, state):
    day = timezone.localdate()
    values = {
        name: value if name == "is_active" else day + timedelta(days=value)
        for name, value in values.items()
    }
    Program.objects.filter(pk=points.pk).update(**values)
    assert state in client.get("/c/bella/programs/").content.decode()
    page = client.get(f"/c/bella/programs/{points.pk}/").content.decode()
    assert ("Nothing more is credited in it." in page) is (state == "Ended")
    assert ("End program" in page) is (state != "Ended")
    assert ("Not begun" in page) is (state == "Not begun")


def test_the_figures_of_a_program_agree(client, credited, points, move):
    spent = move("-100", timezone.now())
    move("-50", timezone.now())
    client.post(f"/c/bella/guests/{credited.pk}/ledger/{spent.entry_id}/reverse/", {"comment": ""})
    page = client.get(f"/c/bella/programs/{points.pk}/")
    shown = {each["label"]: each["value"] for each in page.context["figures"]}
    assert shown["Issued"] == "270"
    assert shown["Spent"] == "50"
    assert shown["Outstanding"] == "220 points"
    assert shown["Members"] == "1"
    assert page.context["plot"].columns[-1].shown == "220"


def test_an_export_runs_no_formula(client, bella, credited, points, move):
    move("5", timezone.now(), comment="=1+1")
    export = client.get(f"/c/bella/programs/{points.pk}/entries.csv")
    content = b"".join(export.streaming_content).decode()
    assert "'=1+1" in content
    assert ",=1+1" not in content
    assert content.count("\n") == 3


def test_the_rules_are_kept(sign_in, owner, bella):
    client = sign_in(owner)
    client.post("/c/bella/settings/balances/", {"grace_days": "10", "adjustment_limit": "1.234,50"})
    terms = Terms.objects.get()
    assert (terms.grace_days, terms.adjustment_limit) == (10, Decimal("1234.50"))


def test_a_limit_is_told_in_no_currency_for_it_counts_in_each_program_s_own(sign_in, owner, bella):
    client = sign_in(owner)
    client.post("/c/bella/settings/balances/", {"grace_days": "10", "adjustment_limit": "1500"})
    page = form_of(client.get("/c/bella/programs/new/"), name="Yen", code="yen", currency="JPY")
    page.pop("categories"), page.pop("is_default")
    client.post("/c/bella/programs/new/", page | {"adjustment_limit": "2500"})
    told = client.get("/c/bella/activity/").content.decode()
    assert told.count("Limit of credits and debits by hand") == 2
    assert "1,500" in told
    assert "2,500" in told
    assert "\u00a3" not in told


# -- The board ------------------------------------------------------------------------------------


def test_the_board_shows_what_is_unusual(client, bella, manager, credited, points):
    from loyalty.services.ledger import post_entries

    now = timezone.now()
    credited.email = manager.email
    credited.save(update_fields=["email"])
    others = [new_guest(bella, 100 + n) for n in range(10)]
    postings = [
        Move(
            guest_id=g.pk,
            program_id=points.pk,
            amount=Decimal(10),
            source="manual",
            source_ref=f"o{n}",
        )
        for n, g in enumerate(others)
    ]
    postings.append(
        Move(
            guest_id=others[0].pk,
            program_id=points.pk,
            amount=Decimal(60),
            source="manual",
            source_ref="far",
        )
    )
    postings += [
        Move(
            guest_id=others[1].pk,
            program_id=points.pk,
            amount=Decimal(1),
            source="manual",
            source_ref=f"s{n}",
        )
        for n in range(4)
    ]
    postings.append(
        Move(
            guest_id=credited.pk,
            program_id=points.pk,
            amount=Decimal(3),
            source="manual",
            source_ref="own",
        )
    )
    post_entries(company=bella, postings=postings, actor=manager, now=now)
    rows = client.get("/c/bella/programs/unusual/").context["rows"]
    found = {
        (r["guest"].pk, r["credit"].is_own, r["credit"].is_again, r["credit"].is_far) for r in rows
    }
    assert found == {
        (credited.pk, True, False, False),
        (others[1].pk, False, True, False),
        (others[0].pk, False, False, True),
    }


def test_deleting_says_what_they_hold(bella, credited, boris):
    from guests.web.consequences import of_deleting

    told = of_deleting(Guest.objects.for_company(bella).all(), bella)
    assert "1 of them holds 270 points (Points): kept, still expiring." in told


def test_figures_that_were_added_up_at_night_go_on_with_what_came_after(
    client, bella, credited, points, move
):
    move(-3)
    before = client.get(f"/c/bella/programs/{points.pk}/").context["figures"]
    add_up(bella, now=NOON + timedelta(hours=2))
    written = ProgramTotals.objects.get(program=points)
    assert (written.spent, written.through) == (3, LedgerEntry.objects.order_by("pk").last().pk)
    assert client.get(f"/c/bella/programs/{points.pk}/").context["figures"] == before
    move(20)
    entry = move(-4)
    sums = sums_of(points)
    assert sums == LedgerEntry.objects.filter(program=points).sums()
    assert sums["spent"] == 7
    add_up(bella, now=NOON + timedelta(minutes=30))
    assert ProgramTotals.objects.get(program=points).through < entry.entry_id


def test_what_never_expires_is_what_the_months_leave(client, bella, credited, points, move):
    move(5, expires_on=date(2099, 2, 3))
    move(6, expires_on=date(2099, 2, 28))
    plot = outstanding(points, totals(points), date(2098, 12, 1))
    found = {column.label: column.shown for column in plot.columns if column.shown != "0"}
    assert found == {"February 2099": "11", "For ever": "270"}
