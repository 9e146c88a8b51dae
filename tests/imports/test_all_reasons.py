"""A failed row shows all its reasons: those of its cells, of earlier lines, and of the company."""

import io

import pytest
from django.utils import timezone
from openpyxl import Workbook

from core.models import Restaurant
from guests.models import Card, ExternalId, MemberTier
from imports.columns import BALANCES, ORDERS
from imports.services import uploads
from loyalty.models import Program
from tests.imports.trips import ANNA, JOHN, MAX, guest, imported, outcomes, reasons, start
from tests.imports.web import checked

pytestmark = pytest.mark.usefixtures("inline")

#: A member number of its own keeps a row from being told by a look.
HEADER = "phone,email,number_1,external_id,member_tier,opening_total\n"


@pytest.fixture
def anna(bella):
    """A guest with a card and an external id."""
    anna = guest(bella, ANNA)
    Card.objects.create(company=bella, guest=anna, number="11")
    ExternalId.objects.create(company=bella, guest=anna, value="X-1")
    return anna


@pytest.fixture
def points(bella):
    return Program.objects.create(company=bella, name="Points", code="points", currency="GBP")


def brought(company, kind, content):
    """Bring a file of another kind in, and return its job when it has ended."""
    job = uploads.receive_upload(
        company=company,
        actor=None,
        chunks=[content.encode()],
        filename="file.csv",
        kind=kind,
    )
    job.options |= {"partial": True}
    job.save(update_fields=["options"])
    return start(job)


def test_a_bad_cell_and_a_card_of_another_guest_and_an_unknown_tier(bella, anna):
    job = imported(bella, f"{HEADER}{JOHN},john,11,,Gold,\n")
    assert reasons(job) == {
        2: [("email_at", "email"), ("tier_unknown", "member_tier"), ("number_taken", "number_1")]
    }


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_what_formulas_left_is_told_of_a_workbook_as_of_a_text_file(bella, format):
    rows = [["phone", "name", "email"], [ANNA, "#REF!", "#N/A"], [JOHN, "John", ""]]
    if format == "csv":
        content = "\n".join(map(",".join, rows)).encode()
    else:
        book, target = Workbook(), io.BytesIO()
        for row in rows:
            book.active.append(row)
        book.save(target)
        content = target.getvalue()
    job = imported(bella, content, filename=f"guests.{format}")
    assert outcomes(job) == {2: "failed", 3: "created"}
    told = [("spreadsheet_error", "name", "#REF!"), ("spreadsheet_error", "email", "#N/A")]
    row = job.rows.get(line=2)
    assert sorted(tuple(reason[:3]) for reason in row.reasons) == sorted(told)


def test_a_bad_cell_and_keys_that_lead_to_two_guests(bella, anna):
    guest(bella, JOHN)
    job = imported(bella, f"{HEADER}{JOHN},john,,X-1,,\n")
    assert reasons(job) == {2: [("email_at", "email"), ("two_guests", "external_id")]}


def test_a_row_without_a_telephone_is_nobodys_and_its_card_not_another_guests(bella, anna):
    job = imported(bella, f"{HEADER},john,11,,Gold,\n")
    assert reasons(job) == {
        2: [("phone_missing", "phone"), ("email_at", "email"), ("tier_unknown", "member_tier")]
    }


def test_a_bad_cell_and_a_telephone_of_an_earlier_line(bella):
    job = imported(bella, f"{HEADER}{JOHN},,21,,,\n{JOHN},john,21,,,\n{MAX},max,,,,\n{MAX},,,,,\n")
    assert reasons(job) == {
        3: [("email_at", "email"), ("phone_again", "phone"), ("number_again", "number_1")],
        # Line 4 is out, so that line 5 repeats nothing.
        4: [("email_at", "email")],
    }
    assert outcomes(job)[5] == "created"


def test_what_repeats_an_earlier_line_and_belongs_to_another_guest(bella, anna):
    job = imported(bella, f"{HEADER}{JOHN},,,,,\n{JOHN},,11,,,\n")
    assert reasons(job) == {3: [("phone_again", "phone"), ("number_taken", "number_1")]}


def test_what_is_right_of_a_failed_row_changes_nothing(bella, anna):
    MemberTier.objects.create(company=bella, name="Gold", rank=1)
    job = imported(bella, f"{HEADER}{ANNA},anna,12,X-2,Gold,\n")
    assert reasons(job) == {2: [("email_at", "email")]}
    anna.refresh_from_db()
    assert (anna.version, anna.member_tier_id, anna.cards.count()) == (anna.version, None, 1)


def test_a_bad_amount_and_a_program_and_a_guest_that_are_not_there(bella, anna, points):
    head = "phone,card,amount,currency,program,expires\n"
    lines = [
        f"{JOHN},,x,GBP,pints,2020-02-30",
        f"{ANNA},,x,,points,",
        f"{ANNA},,x,EUR,points,",
        f"{ANNA},,5,pounds,pints,",
        f"{ANNA},12,x,GBP,points,",
        f"{ANNA},,1.234,GBP,points,soon",
        f"{ANNA},,0.5,GBP,points,",
        f"{ANNA},,x,GBP,points,",
    ]
    job = brought(bella, BALANCES, head + "\n".join(lines))
    assert reasons(job) == {
        2: [
            ("amount_format", "amount"),
            ("date_none", "expires"),
            ("guest_unknown", "phone"),
            ("program_unknown", "program"),
        ],
        3: [("amount_format", "amount"), ("credit_no_currency", "amount")],
        4: [("amount_format", "amount"), ("program_of_other_currency", "currency")],
        5: [("currency_unknown", "currency")],
        6: [("amount_format", "amount"), ("guest_unknown", "card")],
        7: [("date_format", "expires"), ("amount_of_currency", "amount")],
        9: [("amount_format", "amount"), ("credit_again", "")],
    }


def test_a_bad_credit_beside_a_guest_names_its_program_too(bella, points):
    head = "phone,credit,credit currency,credit program\n"
    job = imported(bella, f"{head}{ANNA},x,GBP,pints\n{JOHN},x,,\n")
    assert reasons(job) == {
        2: [("amount_format", "credit_amount"), ("program_unknown", "credit_program")],
        3: [("amount_format", "credit_amount")],
    }


def test_a_bad_total_and_a_restaurant_and_a_guest_that_are_not_there(bella, anna):
    Restaurant.objects.create(company=bella, name="Bella Quay")
    head = "restaurant,order,phone,guest id,card,total,closed\n"
    moment = (timezone.now().date()).isoformat()
    lines = [
        f"Nowhere,1,,C-9,,x,{moment}",
        f"Bella Quay,2,12,C-9,,x,{moment}",
        f"Bella Quay,,{JOHN},,11,1.005,2190-01-01",
        f"Bella Quay,3,{ANNA},,,x,{moment}",
        f"Bella Quay,4,{ANNA},,,5.25,{moment}",
        f"Bella Quay,4,{ANNA},,,x,{moment}",
        "Bella Quay,5,,,,x,1899-12-30",
    ]
    job = brought(bella, ORDERS, head + "\n".join(lines))
    found = reasons(job)
    assert found.pop(3)[1:] == [("amount_format", "total")]
    assert found == {
        2: [
            ("amount_format", "total"),
            ("restaurant_unknown", "restaurant"),
            ("order_guest_unknown", "guest_id"),
        ],
        4: [
            ("order_id_missing", "order_id"),
            ("amount_of_currency", "total"),
            ("closed_later", "closed_at"),
        ],
        5: [("amount_format", "total")],
        7: [("amount_format", "total"), ("order_again", "order_id")],
        8: [("amount_format", "total"), ("date_early", "closed_at")],
    }


def test_a_check_names_them_all_too_in_groups_that_count_rows(bella, anna):
    job = checked(bella, None, f"{HEADER}{JOHN},john,11,,,\n{MAX},,11,,,\n", partial=True)
    groups = {group["key"]: group["count"] for group in job.findings["groups"]}
    assert groups == {"email_at:email": 1, "number_taken:number_1": 2}
