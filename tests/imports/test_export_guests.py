"""Exported, imported into an empty company, exported again: the same bytes."""

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from core.formula import unguard
from guests.models import Card, Category, ExternalId, Guest, GuestCategory, MemberTier
from imports.columns import COLUMNS, CleanContext
from imports.guest_export import export_rows, write_csv, write_json, write_xlsx
from imports.pipeline.clean import Cleaner
from imports.pipeline.read import Dialect, open_rows
from imports.pipeline.rows import CleanRow, RawRow

REGISTERED = datetime(2019, 4, 24, 18, 30, 5, 123456, tzinfo=UTC)


def add_guest(company, phone, *, cards=(), ids=(), categories=(), **fields):
    fields = {"registered_at": REGISTERED, **fields}
    guest = Guest.objects.create(company=company, phone=phone, **fields)
    for track, number in cards:
        Card.objects.create(company=company, guest=guest, track=track, number=number)
    for value in ids:
        ExternalId.objects.create(company=company, guest=guest, value=value)
    for category in categories:
        GuestCategory.objects.create(company=company, guest=guest, category=category)
    return guest


@pytest.fixture
def guests(bella):
    """Guests who hold everything that a file can, and much that could go wrong in one."""
    vip = Category.objects.create(company=bella, name="VIP")
    friends = Category.objects.create(company=bella, name='Friends; "old", and new')
    gold = MemberTier.objects.create(company=bella, name="Gold")
    add_guest(
        bella,
        "+447400123456",
        cards=[(";123=456?", "11111"), (None, "00022"), ("=1+1", None)],
        ids=["C-1", "-7", "1024.0x"],
        categories=[vip, friends],
        first_name="Анна",
        last_name="'t Hooft",
        middle_name="Ζωή",
        birthday=date(1956, 5, 21),
        sex="female",
        email="anna@example.com",
        employee_id="007",
        consent="given",
        consent_details="2024-05-01, Contract No. 17, Shop, Address",
        consent_date=date(2024, 4, 30),
        comment='=HYPERLINK("x")\r\nsecond line; "quoted",\tand on',
        member_number="000123456789012345",
        member_tier=gold,
        image_url="https://example.com/a.jpg?x=1&y=2",
        opening_total=Decimal("1234.5670"),
    )
    add_guest(
        bella, "+44202128506", is_active=False, subscribed=False, consent="revoked", first_name="0"
    )
    add_guest(bella, None, first_name="Erased")
    return Guest.objects.for_company(bella)


def exported(company, **options):
    target = io.BytesIO()
    write_csv(export_rows(company, Guest.objects.for_company(company)), target)
    return target.getvalue()


def table(company):
    header, *rows = export_rows(company, Guest.objects.for_company(company))
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_there_are_as_many_columns_as_the_guest_with_most_needs(bella, guests):
    header = next(export_rows(bella, guests))
    assert header[:10] == [
        "phone", "external_id", "external_id_2", "external_id_3",
        "track_1", "number_1", "track_2", "number_2", "track_3", "number_3",
    ]  # fmt: skip


def test_without_guests_there_is_a_header(roma):
    assert list(export_rows(roma, Guest.objects.for_company(roma))) == [
        [column.key_at(1) for column in COLUMNS.values() if column.exported]
    ]


def test_deleted_guests_are_exported_and_erased_ones_are_not(bella, guests):
    rows = table(bella)
    assert [(row["phone"], row["deleted"], row["receive_promo"]) for row in rows] == [
        ("+447400123456", "0", "1"),
        ("+44202128506", "1", "0"),
    ]


def test_guests_of_another_company_are_never_exported(bella, roma, guests):
    add_guest(roma, "+39061234567", cards=[("r", "r")] * 1)
    assert len(table(roma)) == 1
    assert list(export_rows(roma, guests))[1:] == []


def test_what_is_exported_is_read_as_the_same_values(bella, guests):
    header, first, second = export_rows(bella, guests)
    context = CleanContext("US", "possible", date(2026, 11, 22), UTC)
    row = Cleaner(header, context).clean(RawRow(2, first))
    assert isinstance(row, CleanRow), row
    assert row.values == {
        "phone": "+447400123456",
        "external_id": "C-1",
        "more_external_ids": ["-7", "1024.0x"],
        "cards": [(";123=456?", "11111"), (None, "00022"), ("=1+1", None)],
        "employee_id": "007",
        "first_name": "Анна",
        "last_name": "'t Hooft",
        "middle_name": "Ζωή",
        "birthday": date(1956, 5, 21),
        "sex": "female",
        "email": "anna@example.com",
        "consent": "given",
        "consent_details": "2024-05-01, Contract No. 17, Shop, Address",
        "consent_date": date(2024, 4, 30),
        "comment": '=HYPERLINK("x")\nsecond line; "quoted",\tand on',
        "categories": ['Friends; "old", and new', "VIP"],
        "subscribed": True,
        "deleted": False,
        "member_number": "000123456789012345",
        "member_tier": "Gold",
        "image_url": "https://example.com/a.jpg?x=1&y=2",
        "registered_at": REGISTERED,
        "opening_total": Decimal("1234.567"),
    }
    assert isinstance(Cleaner(header, context).clean(RawRow(4, second)), CleanRow)


def test_a_workbook_and_a_csv_hold_the_same_cells(bella, guests, tmp_path):
    rows = list(export_rows(bella, guests))
    for name, write, dialect in (
        ("guests.csv", write_csv, Dialect(encoding="utf-8-sig", header_row=1)),
        ("guests.xlsx", write_xlsx, Dialect(format="xlsx", sheet="Guests", header_row=1)),
    ):
        path = tmp_path / name
        with path.open("wb") as target:
            write(rows, target)
        read = [row.cells for row in open_rows(path, dialect)]
        width = len(rows[0])
        assert [cells + [""] * (width - len(cells)) for cells in read] == rows[1:], name


def test_no_cell_of_a_workbook_is_a_formula(bella, guests, tmp_path):
    path = tmp_path / "guests.xlsx"
    with path.open("wb") as target:
        write_xlsx(export_rows(bella, guests), target)
    kinds = {cell.data_type for row in load_workbook(path).active for cell in row}
    assert kinds <= {"s", "n"}  # n: an empty cell
    assert kinds == {"s", "n"}


def test_a_csv_opens_in_excel_and_runs_nothing(bella, guests):
    content = exported(bella)
    assert content.startswith(b"\xef\xbb\xbfphone,")
    cells = [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "@", "\t", "\r"))]
    assert [unguard(cell) for cell in cells if cell.startswith("'=")] == [
        "=1+1",
        '=HYPERLINK("x")\nsecond line; "quoted",\tand on',
    ]


def test_json_has_an_object_for_each_guest(bella, roma, guests):
    target = io.BytesIO()
    write_json(export_rows(bella, guests), target)
    assert json.loads(target.getvalue()) == table(bella)
    empty = io.BytesIO()
    write_json(export_rows(roma, guests), empty)
    assert json.loads(empty.getvalue()) == []


def test_the_number_of_queries_does_not_grow_with_the_guests(bella, guests, monkeypatch):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            list(export_rows(bella, guests.all()))
        return len(captured)

    few = queries()
    for number in range(50):
        add_guest(bella, f"+4474000{number:05}", cards=[(f"t{number}", None)], ids=[f"x{number}"])
    assert queries() == few


# -- The command --------------------------------------------------------------------------------


def test_the_command_writes_to_standard_output(bella, guests, capfdbinary):
    call_command("export_guests", company="bella")
    assert capfdbinary.readouterr().out == exported(bella)


@pytest.mark.parametrize(
    ("name", "options", "starts"),
    [
        ("guests.csv", {}, b"\xef\xbb\xbfphone"),
        ("guests.xlsx", {}, b"PK"),
        ("guests.json", {}, b"[\n{"),
        ("guests", {}, b"\xef\xbb\xbfphone"),
        ("guests.txt", {"format": "json"}, b"[\n{"),
    ],
)
def test_the_command_writes_a_file_in_the_format_of_its_name(
    bella, guests, tmp_path, name, options, starts
):
    call_command("export_guests", company="bella", output=tmp_path / name, **options)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes().startswith(starts)


def test_the_command_says_what_is_wrong_and_leaves_nothing_behind(bella, tmp_path, monkeypatch):
    with pytest.raises(CommandError, match="no company “nobody”"):
        call_command("export_guests", company="nobody")
    with pytest.raises(CommandError, match="No such file"):
        call_command("export_guests", company="bella", output=tmp_path / "missing" / "guests.csv")
    monkeypatch.setattr("imports.guest_export.SHEET_ROWS", 0)
    with pytest.raises(CommandError, match=r"Choose \.csv"):
        call_command("export_guests", company="bella", output=tmp_path / "guests.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_what_comes_back_into_an_empty_company_goes_out_as_the_same_bytes(
    bella, roma, guests, tmp_path
):
    Category.objects.create(company=roma, name="VIP")
    Category.objects.create(company=roma, name='Friends; "old", and new')
    MemberTier.objects.create(company=roma, name="Gold")
    path = tmp_path / "guests.csv"
    call_command("export_guests", company="bella", output=path)
    with pytest.raises(SystemExit) as ended:
        call_command("import_guests", path, company="roma")
    assert ended.value.code == 0
    assert exported(roma) == path.read_bytes()
